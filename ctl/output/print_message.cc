#include "ctl/output/print_message.h"

#include <string>

#include "ctl/output/json.h"
#include "ctl/output/print.h"
#include "ctl/output/yaml.h"

namespace viaduct::ctl {

Outcome PrintValue(const Value& value, Format format) {
  return Print(format == Format::kYaml ? "---\n" + ToYaml(value) : ToJson(value) + "\n");
}

Outcome PrintMessage(const google::protobuf::Message& message, Format format) {
  const absl::StatusOr<Value> value = ValueOf(message);
  if (!value.ok()) return Failure{ExitCode::kRefused, std::string(value.status().message())};
  return PrintValue(*value, format);
}

Outcome PrintList(const Value& list, Format format) {
  if (format == Format::kYaml) return PrintValue(list, format);
  std::string text = "[";
  for (const Value& item : list.items) text.append(text.size() == 1 ? "\n" : ",\n").append(ToJson(item));
  return Print(text + (list.items.empty() ? "]\n" : "\n]\n"));
}

}  // namespace viaduct::ctl
