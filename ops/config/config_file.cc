#include "ops/config/config_file.h"

#include <memory>

#include "absl/strings/str_cat.h"
#include "ops/config/config_source.h"
#include "ops/config/yaml_tree.h"

namespace viaduct::ops {
namespace {

using google::protobuf::Message;

// Returns true if the text begins with something like `a.b[2]: ` or `a["key"]: `.
bool BeginsWithPath(std::string_view text) {
  constexpr std::string_view kPathCharacters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-.[]";
  const std::size_t end = text.find_first_not_of(kPathCharacters);
  if (end == 0 || end == std::string_view::npos) return false;
  return text.substr(end, 2) == ": " || (text[end] == '"' && text[end - 1] == '[');
}

// Returns true if `path` is the path at the front of `text`, or a prefix of that path.
bool LeadsTo(std::string_view path, std::string_view text) {
  if (path.empty()) return true;
  return text.starts_with(path) && text.size() > path.size() &&
         std::string_view(".[:").find(text[path.size()]) != std::string_view::npos;
}

}  // namespace

absl::StatusOr<ConfigFile> ConfigFile::Load(const std::string& source, Message* out) {
  ConfigSource config(source);
  const absl::StatusOr<std::string> text = config.Read(ConfigSource::Files::kAny);
  if (!text.ok()) return text.status();
  return Parse(config.name(), *text, out);
}

absl::StatusOr<ConfigFile> ConfigFile::Parse(std::string name, std::string_view text, Message* out) {
  const absl::StatusOr<YamlTree> tree = YamlTree::Parse(name, text);
  if (!tree.ok()) return tree.status();
  const std::unique_ptr<Message> message(out->New());
  FieldPositions positions;
  if (absl::Status status = ReadMessage(name, tree->root(), message.get(), &positions); !status.ok()) return status;
  out->GetReflection()->Swap(message.get(), out);
  return ConfigFile(std::move(name), std::move(positions));
}

absl::Status ConfigFile::Locate(const absl::Status& status) const {
  if (status.ok()) return status;
  const std::string text(status.message());
  std::string place = name_;
  if (BeginsWithPath(text)) {
    // The paths are sorted, so the last one that leads there is the longest.
    TextPosition position;
    for (const auto& [path, at] : positions_) {
      if (LeadsTo(path, text)) position = at;
    }
    absl::StrAppend(&place, ":", position.line, ":", position.column);
  }
  return absl::Status(status.code(), absl::StrCat(place, ": ", text));
}

}  // namespace viaduct::ops
