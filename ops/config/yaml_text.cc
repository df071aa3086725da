#include "ops/config/yaml_text.h"

#include <google/protobuf/descriptor.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ops/config/duration_field.h"
#include "ops/config/scalar_field.h"
#include "text/duration_text.h"

namespace viaduct::ops {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

void AppendFields(const Message& message, int indent, std::string* out);

std::string Indentation(int indent) { return std::string(static_cast<std::size_t>(indent), ' '); }

const Message& MessageOf(const Message& message, const FieldDescriptor& field, std::optional<int> index) {
  const Reflection& reflection = *message.GetReflection();
  return index.has_value() ? reflection.GetRepeatedMessage(message, &field, *index)
                           : reflection.GetMessage(message, &field);
}

// Appends the text after "key:" or "-" with its line end; the fields of a message are on separate lines.
void AppendValue(const Message& message, const FieldDescriptor& field, std::optional<int> index, int indent,
                 std::string* out) {
  if (field.cpp_type() != FieldDescriptor::CPPTYPE_MESSAGE) {
    absl::StrAppend(out, " ", ScalarText(message, field, index), "\n");
    return;
  }
  const Message& value = MessageOf(message, field, index);
  if (IsDuration(field)) {
    absl::StrAppend(out, " ", text::DurationText(GetDuration(value)), "\n");
    return;
  }
  std::string fields;
  AppendFields(value, indent, &fields);
  absl::StrAppend(out, fields.empty() ? " {}\n" : "\n", fields);
}

void AppendList(const Message& message, const FieldDescriptor& field, int indent, std::string* out) {
  const int size = message.GetReflection()->FieldSize(message, &field);
  for (int i = 0; i < size; ++i) {
    absl::StrAppend(out, Indentation(indent), "-");
    AppendValue(message, field, i, indent + 2, out);
  }
}

void AppendMap(const Message& message, const FieldDescriptor& field, int indent, std::string* out) {
  const Reflection& reflection = *message.GetReflection();
  std::vector<std::pair<std::string, const Message*>> entries;
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    const Message& entry = reflection.GetRepeatedMessage(message, &field, i);
    entries.emplace_back(ScalarText(entry, *field.message_type()->map_key()), &entry);
  }
  std::sort(entries.begin(), entries.end());
  for (const auto& [key, entry] : entries) {
    absl::StrAppend(out, Indentation(indent), key, ":");
    AppendValue(*entry, *field.message_type()->map_value(), std::nullopt, indent + 2, out);
  }
}

void AppendFields(const Message& message, int indent, std::string* out) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    absl::StrAppend(out, Indentation(indent), field->name(), ":");
    if (field->is_map()) {
      out->push_back('\n');
      AppendMap(message, *field, indent + 2, out);
    } else if (field->is_repeated()) {
      out->push_back('\n');
      AppendList(message, *field, indent + 2, out);
    } else {
      AppendValue(message, *field, std::nullopt, indent + 2, out);
    }
  }
}

}  // namespace

std::string ToYaml(const Message& message) {
  std::string text;
  AppendFields(message, 0, &text);
  return text;
}

}  // namespace viaduct::ops
