#include "ctl/output/yaml.h"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace viaduct::ctl {
namespace {

// Field names need no quotes; keys of a map may look like numbers.
std::string KeyText(std::string_view key) {
  const bool plain =
      !key.empty() && std::all_of(key.begin(), key.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
  // YAML 1.1 readers take these for truth values and null.
  const bool word = key == "y" || key == "n" || key == "yes" || key == "no" || key == "on" || key == "off" ||
                    key == "true" || key == "false" || key == "null";
  return plain && !word ? std::string(key) : Value::Text(key).scalar;
}

bool IsEmpty(const Value& value) { return value.items.empty() && value.members.empty(); }

// Appends a value that begins on the line that `yaml` ends with, behind "key:" or "-".
void Append(const Value& value, std::size_t indent, bool in_list, std::string* yaml) {
  if (value.kind == Value::Kind::kScalar) {
    *yaml += " " + value.scalar + "\n";
    return;
  }
  if (IsEmpty(value)) {
    *yaml += value.kind == Value::Kind::kList ? " []\n" : " {}\n";
    return;
  }
  // The first line of a list's item stands behind its dash.
  bool behind_dash = in_list;
  if (!behind_dash) *yaml += "\n";
  const auto begin = [&] {
    *yaml += behind_dash ? " " : std::string(indent, ' ');
    behind_dash = false;
  };
  for (const Value& item : value.items) {
    begin();
    *yaml += "-";
    Append(item, indent + 2, true, yaml);
  }
  for (const auto& [name, member] : value.members) {
    begin();
    *yaml += KeyText(name) + ":";
    Append(member, indent + 2, false, yaml);
  }
}

}  // namespace

std::string ToYaml(const Value& value) {
  std::string yaml;
  // As if behind a dash at column -2, so that the first line has no line end before it.
  Append(value, 0, true, &yaml);
  return yaml.substr(1);
}

}  // namespace viaduct::ctl
