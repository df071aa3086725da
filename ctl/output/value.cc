#include "ctl/output/value.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/message.h>
#include <google/protobuf/timestamp.pb.h>
#include <google/protobuf/util/time_util.h>

#include <algorithm>
#include <map>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "text/terminal_safe.h"
#include "text/utf8.h"

namespace viaduct::ctl {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using google::protobuf::util::TimeUtil;

// A double has 53 bits of mantissa.
constexpr std::uint64_t kMaxExact = (std::uint64_t{1} << 53) - 1;

std::string Quoted(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    const text::Utf8Step next = text::ReadUtf8(text);
    const std::size_t length = next.valid ? next.length : 1;
    const std::string_view bytes = text.substr(0, length);
    text.remove_prefix(length);
    if (!next.valid) {
      out += "\\ufffd";
    } else if (bytes == "\"" || bytes == "\\") {
      absl::StrAppend(&out, "\\", std::string(bytes));
    } else if (bytes == "\n") {
      out += "\\n";
    } else if (text::IsTerminalSafe(next.code_point)) {
      out.append(bytes);
    } else if (next.code_point < 0x10000) {
      absl::StrAppendFormat(&out, "\\u%04x", static_cast<unsigned>(next.code_point));
    } else {
      const unsigned offset = static_cast<unsigned>(next.code_point) - 0x10000;
      absl::StrAppendFormat(&out, "\\u%04x\\u%04x", 0xD800 + (offset >> 10), 0xDC00 + (offset & 0x3FF));
    }
  }
  return out + "\"";
}

template <typename Integer>
Value Exact(Integer number) {
  const std::string text = absl::StrCat(number);
  const std::uint64_t magnitude =
      number < 0 ? ~static_cast<std::uint64_t>(number) + 1 : static_cast<std::uint64_t>(number);
  if (magnitude > kMaxExact) return Value::Text(text);
  return {.scalar = text};
}

absl::Status OutOfRange(const char* what) {
  return absl::DataLossError(absl::StrCat("the answer is not valid: it has a ", what, " out of range"));
}

absl::StatusOr<Value> MessageValue(const Message& message) {
  if (const auto* time = dynamic_cast<const google::protobuf::Timestamp*>(&message)) {
    const bool valid = time->seconds() >= TimeUtil::kTimestampMinSeconds &&
                       time->seconds() <= TimeUtil::kTimestampMaxSeconds && time->nanos() >= 0 &&
                       time->nanos() <= 999'999'999;
    if (!valid) return OutOfRange("time");
    return Value::Text(TimeUtil::ToString(*time));
  }
  if (const auto* duration = dynamic_cast<const google::protobuf::Duration*>(&message)) {
    const bool valid = duration->seconds() >= TimeUtil::kDurationMinSeconds &&
                       duration->seconds() <= TimeUtil::kDurationMaxSeconds && duration->nanos() >= -999'999'999 &&
                       duration->nanos() <= 999'999'999;
    if (!valid) return OutOfRange("duration");
    return Value::Text(TimeUtil::ToString(*duration));
  }
  return ValueOf(message);
}

Value EnumValue(const FieldDescriptor& field, int number) {
  const google::protobuf::EnumValueDescriptor* value = field.enum_type()->FindValueByNumber(number);
  return value == nullptr ? Value::Number(number) : Value::Text(value->name());
}

// Reads one element of a repeated field, or with `index` -1 a single field.
absl::StatusOr<Value> FieldValue(const Message& message, const FieldDescriptor& field, int index) {
  const Reflection& reflection = *message.GetReflection();
  const auto get = [&](auto single, auto repeated) {
    return index < 0 ? (reflection.*single)(message, &field) : (reflection.*repeated)(message, &field, index);
  };
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return Value::Bool(get(&Reflection::GetBool, &Reflection::GetRepeatedBool));
    case FieldDescriptor::CPPTYPE_INT32:
      return Exact(get(&Reflection::GetInt32, &Reflection::GetRepeatedInt32));
    case FieldDescriptor::CPPTYPE_INT64:
      return Exact(get(&Reflection::GetInt64, &Reflection::GetRepeatedInt64));
    case FieldDescriptor::CPPTYPE_UINT32:
      return Exact(get(&Reflection::GetUInt32, &Reflection::GetRepeatedUInt32));
    case FieldDescriptor::CPPTYPE_UINT64:
      return Exact(get(&Reflection::GetUInt64, &Reflection::GetRepeatedUInt64));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return Value{.scalar = absl::StrCat(get(&Reflection::GetDouble, &Reflection::GetRepeatedDouble))};
    case FieldDescriptor::CPPTYPE_FLOAT:
      return Value{.scalar = absl::StrCat(get(&Reflection::GetFloat, &Reflection::GetRepeatedFloat))};
    case FieldDescriptor::CPPTYPE_ENUM:
      return EnumValue(field, get(&Reflection::GetEnumValue, &Reflection::GetRepeatedEnumValue));
    case FieldDescriptor::CPPTYPE_STRING: {
      const std::string text = get(&Reflection::GetString, &Reflection::GetRepeatedString);
      return Value::Text(field.type() == FieldDescriptor::TYPE_BYTES ? absl::Base64Escape(text) : text);
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return MessageValue(index < 0 ? reflection.GetMessage(message, &field)
                                    : reflection.GetRepeatedMessage(message, &field, index));
  }
  return Value{};
}

// Returns a map's entries in the order of their keys: numbers by value, texts by bytes.
absl::StatusOr<Value> MapValue(const Message& message, const FieldDescriptor& field) {
  const FieldDescriptor& key_field = *field.message_type()->map_key();
  const FieldDescriptor& value_field = *field.message_type()->map_value();
  const Reflection& reflection = *message.GetReflection();
  std::map<std::pair<std::int64_t, std::string>, Value> sorted;
  for (int i = 0; i < reflection.FieldSize(message, &field); ++i) {
    const Message& entry = reflection.GetRepeatedMessage(message, &field, i);
    const Reflection& of_entry = *entry.GetReflection();
    std::pair<std::int64_t, std::string> key = {0, ""};
    if (key_field.cpp_type() == FieldDescriptor::CPPTYPE_INT32) {
      key = {of_entry.GetInt32(entry, &key_field), absl::StrCat(of_entry.GetInt32(entry, &key_field))};
    } else if (key_field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
      key.second = of_entry.GetString(entry, &key_field);
    } else {
      // The admin API has no maps with other keys.
      return absl::DataLossError("the answer is not valid: it has a map with an unknown kind of key");
    }
    absl::StatusOr<Value> value = FieldValue(entry, value_field, -1);
    if (!value.ok()) return value;
    sorted.insert_or_assign(std::move(key), *std::move(value));
  }
  Value object{.kind = Value::Kind::kObject};
  for (auto& [key, value] : sorted) object.members.emplace_back(key.second, std::move(value));
  return object;
}

absl::StatusOr<Value> ListValue(const Message& message, const FieldDescriptor& field) {
  Value list{.kind = Value::Kind::kList};
  for (int i = 0; i < message.GetReflection()->FieldSize(message, &field); ++i) {
    absl::StatusOr<Value> item = FieldValue(message, field, i);
    if (!item.ok()) return item;
    list.items.push_back(*std::move(item));
  }
  return list;
}

}  // namespace

Value Value::Text(std::string_view text) { return {.scalar = Quoted(text)}; }

Value Value::Number(std::int64_t number) { return Exact(number); }

Value Value::Bool(bool value) { return {.scalar = value ? "true" : "false"}; }

Value Value::Object(std::vector<std::pair<std::string, Value>> members) {
  return {.kind = Kind::kObject, .members = std::move(members)};
}

absl::StatusOr<Value> ValueOf(const Message& message) {
  const google::protobuf::Descriptor& descriptor = *message.GetDescriptor();
  Value object{.kind = Value::Kind::kObject};
  for (int i = 0; i < descriptor.field_count(); ++i) {
    const FieldDescriptor& field = *descriptor.field(i);
    if (field.has_presence() && !message.GetReflection()->HasField(message, &field)) continue;
    absl::StatusOr<Value> value = field.is_map()        ? MapValue(message, field)
                                  : field.is_repeated() ? ListValue(message, field)
                                                        : FieldValue(message, field, -1);
    if (!value.ok()) return value;
    object.members.emplace_back(field.name(), *std::move(value));
  }
  return object;
}

}  // namespace viaduct::ctl
