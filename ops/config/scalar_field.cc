#include "ops/config/scalar_field.h"

#include <array>
#include <charconv>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <system_error>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "ops/log/json_line.h"
#include "text/number.h"
#include "text/string_view.h"

namespace viaduct::ops {
namespace {

using google::protobuf::EnumDescriptor;
using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// The type of reflection's functions that set a field or add to a repeated one.
template <typename Value>
using Setter = void (Reflection::*)(Message*, const FieldDescriptor*, Value) const;

template <typename Value>
void Store(const FieldDescriptor& field, Message* message, Value value, Setter<Value> set, Setter<Value> add) {
  const Setter<Value> store = field.is_repeated() ? add : set;
  (message->GetReflection()->*store)(message, &field, value);
}

// Returns true for digits with an optional "-" and without leading zeros, which mean octal to some readers.
bool IsDecimal(std::string_view text) {
  if (!text.empty() && text[0] == '-') text.remove_prefix(1);
  if (text.empty() || (text.size() > 1 && text[0] == '0')) return false;
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

template <typename Integer>
bool StoreInteger(std::string_view text, const FieldDescriptor& field, Message* message, Setter<Integer> set,
                  Setter<Integer> add) {
  Integer value;
  if (!IsDecimal(text) || !text::ReadNumber(text, &value)) return false;
  Store(field, message, value, set, add);
  return true;
}

template <typename Float>
bool StoreFloat(std::string_view text, const FieldDescriptor& field, Message* message, Setter<Float> set,
                Setter<Float> add) {
  Float value;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return false;
  Store(field, message, value, set, add);
  return true;
}

bool StoreBool(std::string_view text, const FieldDescriptor& field, Message* message) {
  if (text != "true" && text != "false") return false;
  Store(field, message, text == "true", &Reflection::SetBool, &Reflection::AddBool);
  return true;
}

bool MayBeWritten(const EnumValueDescriptor& value) { return !absl::EndsWith(value.name(), "_UNSPECIFIED"); }

bool StoreEnum(std::string_view text, const FieldDescriptor& field, Message* message) {
  const EnumDescriptor& type = *field.enum_type();
  for (int i = 0; i < type.value_count(); ++i) {
    const EnumValueDescriptor& value = *type.value(i);
    if (MayBeWritten(value) && absl::EqualsIgnoreCase(value.name(), text::ToAbsl(text))) {
      Store(field, message, &value, &Reflection::SetEnum, &Reflection::AddEnum);
      return true;
    }
  }
  return false;
}

bool StoreString(std::string_view text, const FieldDescriptor& field, Message* message) {
  std::string value(text);
  if (field.type() == FieldDescriptor::TYPE_BYTES && !absl::Base64Unescape(std::string(text), &value)) return false;
  Store(field, message, std::move(value), &Reflection::SetString, &Reflection::AddString);
  return true;
}

bool StoreScalar(std::string_view text, const FieldDescriptor& field, Message* message) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return StoreInteger(text, field, message, &Reflection::SetInt32, &Reflection::AddInt32);
    case FieldDescriptor::CPPTYPE_INT64:
      return StoreInteger(text, field, message, &Reflection::SetInt64, &Reflection::AddInt64);
    case FieldDescriptor::CPPTYPE_UINT32:
      return StoreInteger(text, field, message, &Reflection::SetUInt32, &Reflection::AddUInt32);
    case FieldDescriptor::CPPTYPE_UINT64:
      return StoreInteger(text, field, message, &Reflection::SetUInt64, &Reflection::AddUInt64);
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return StoreFloat(text, field, message, &Reflection::SetDouble, &Reflection::AddDouble);
    case FieldDescriptor::CPPTYPE_FLOAT:
      return StoreFloat(text, field, message, &Reflection::SetFloat, &Reflection::AddFloat);
    case FieldDescriptor::CPPTYPE_BOOL:
      return StoreBool(text, field, message);
    case FieldDescriptor::CPPTYPE_ENUM:
      return StoreEnum(text, field, message);
    case FieldDescriptor::CPPTYPE_STRING:
      return StoreString(text, field, message);
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  return false;
}

template <typename Integer>
std::string ExpectedInteger() {
  return absl::StrCat("expected a whole number from ", std::numeric_limits<Integer>::min(), " to ",
                      std::numeric_limits<Integer>::max());
}

std::string ExpectedEnum(const EnumDescriptor& type) {
  std::string names;
  int count = 0;
  for (int i = 0; i < type.value_count(); ++i) {
    if (!MayBeWritten(*type.value(i))) continue;
    absl::StrAppend(&names, names.empty() ? "" : ", ", type.value(i)->name());
    ++count;
  }
  return absl::StrCat(count == 1 ? "expected " : "expected one of ", names);
}

template <typename Float>
std::string FloatText(Float value) {
  std::array<char, 32> digits;
  const char* const end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return std::string(static_cast<const char*>(digits.data()), end);
}

std::string Quoted(std::string_view text) {
  std::string quoted;
  AppendJsonString(&quoted, text);
  return quoted;
}

// Returns a field, by reflection's function for it, or one item, by the function for repeated fields.
template <typename Value>
Value Load(const Message& message, const FieldDescriptor& field, std::optional<int> index,
           Value (Reflection::*get)(const Message&, const FieldDescriptor*) const,
           Value (Reflection::*get_item)(const Message&, const FieldDescriptor*, int) const) {
  const Reflection& reflection = *message.GetReflection();
  return index.has_value() ? (reflection.*get_item)(message, &field, *index) : (reflection.*get)(message, &field);
}

}  // namespace

std::string SetScalar(std::string_view text, const FieldDescriptor& field, Message* message) {
  return StoreScalar(text, field, message) ? "" : ExpectedScalar(field);
}

std::string ExpectedScalar(const FieldDescriptor& field) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return ExpectedInteger<std::int32_t>();
    case FieldDescriptor::CPPTYPE_INT64:
      return ExpectedInteger<std::int64_t>();
    case FieldDescriptor::CPPTYPE_UINT32:
      return ExpectedInteger<std::uint32_t>();
    case FieldDescriptor::CPPTYPE_UINT64:
      return ExpectedInteger<std::uint64_t>();
    case FieldDescriptor::CPPTYPE_DOUBLE:
    case FieldDescriptor::CPPTYPE_FLOAT:
      return "expected a number";
    case FieldDescriptor::CPPTYPE_BOOL:
      return "expected true or false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return ExpectedEnum(*field.enum_type());
    case FieldDescriptor::CPPTYPE_STRING:
      return field.type() == FieldDescriptor::TYPE_BYTES ? "expected base64" : "expected text";
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  return "expected a mapping";
}

std::string ScalarText(const Message& message, const FieldDescriptor& field, std::optional<int> index) {
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_INT32:
      return std::to_string(Load(message, field, index, &Reflection::GetInt32, &Reflection::GetRepeatedInt32));
    case FieldDescriptor::CPPTYPE_INT64:
      return std::to_string(Load(message, field, index, &Reflection::GetInt64, &Reflection::GetRepeatedInt64));
    case FieldDescriptor::CPPTYPE_UINT32:
      return std::to_string(Load(message, field, index, &Reflection::GetUInt32, &Reflection::GetRepeatedUInt32));
    case FieldDescriptor::CPPTYPE_UINT64:
      return std::to_string(Load(message, field, index, &Reflection::GetUInt64, &Reflection::GetRepeatedUInt64));
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return FloatText(Load(message, field, index, &Reflection::GetDouble, &Reflection::GetRepeatedDouble));
    case FieldDescriptor::CPPTYPE_FLOAT:
      return FloatText(Load(message, field, index, &Reflection::GetFloat, &Reflection::GetRepeatedFloat));
    case FieldDescriptor::CPPTYPE_BOOL:
      return Load(message, field, index, &Reflection::GetBool, &Reflection::GetRepeatedBool) ? "true" : "false";
    case FieldDescriptor::CPPTYPE_ENUM:
      return Load(message, field, index, &Reflection::GetEnum, &Reflection::GetRepeatedEnum)->name();
    case FieldDescriptor::CPPTYPE_STRING: {
      const std::string text = Load(message, field, index, &Reflection::GetString, &Reflection::GetRepeatedString);
      return Quoted(field.type() == FieldDescriptor::TYPE_BYTES ? absl::Base64Escape(text) : text);
    }
    case FieldDescriptor::CPPTYPE_MESSAGE:
      break;
  }
  return "";
}

}  // namespace viaduct::ops
