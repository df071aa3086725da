#include "ops/config/field_rules.h"

#include <re2/re2.h>

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "api/config/v1/field_rules.pb.h"
#include "net/address.h"
#include "ops/config/duration_field.h"
#include "ops/config/scalar_field.h"
#include "text/duration_text.h"
#include "text/string_view.h"

namespace viaduct::ops {
namespace {

using config::v1::FieldRules;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

const FieldRules& RulesOf(const FieldDescriptor& field) { return field.options().GetExtension(config::v1::rules); }

absl::Status BrokenRule(const std::string& path, const std::string& rule) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", rule));
}

// Returns the field's value in quotes, as errors show it.
std::string Shown(const Message& message, const FieldDescriptor& field) {
  if (IsDuration(field)) {
    const Message& duration = message.GetReflection()->GetMessage(message, &field);
    return absl::StrCat("\"", text::DurationText(GetDuration(duration)), "\"");
  }
  const std::string text = ScalarText(message, field);
  return field.cpp_type() == FieldDescriptor::CPPTYPE_STRING ? text : absl::StrCat("\"", text, "\"");
}

void SetDefault(const FieldDescriptor& field, Message* message) {
  const std::string& text = RulesOf(field).default_();
  if (IsDuration(field)) {
    SetDuration(text::ParseDuration(text).value(), message->GetReflection()->MutableMessage(message, &field));
  } else {
    SetScalar(text, field, message);
  }
}

// Returns the quantity that `min` and `max` bound: a number, or a duration in nanoseconds.
std::int64_t QuantityOf(const Message& message, const FieldDescriptor& field) {
  const Reflection& reflection = *message.GetReflection();
  if (IsDuration(field)) return GetDuration(reflection.GetMessage(message, &field)).count();
  return reflection.GetUInt32(message, &field);
}

std::int64_t ParseQuantity(const FieldDescriptor& field, const std::string& text) {
  if (IsDuration(field)) return text::ParseDuration(text).value().count();
  std::int64_t value = 0;
  return absl::SimpleAtoi(text, &value) ? value : 0;
}

absl::Status CheckQuantity(const std::string& path, const Message& message, const FieldDescriptor& field) {
  const FieldRules& rules = RulesOf(field);
  const std::int64_t value = QuantityOf(message, field);
  if (value == 0 && rules.zero_is_off()) return absl::OkStatus();
  if (IsDuration(field) && value <= 0 && rules.min().empty()) return BrokenRule(path, "must be longer than 0s");
  const std::string least = !rules.min().empty() ? rules.min() : IsDuration(field) ? "1ms" : "0";
  const std::string most = !rules.max().empty() ? rules.max() : IsDuration(field) ? "8760h" : "4294967295";
  const bool too_small = value < ParseQuantity(field, least);
  if (!too_small && value <= ParseQuantity(field, most)) return absl::OkStatus();
  const std::string rule = !rules.min().empty() && !rules.max().empty() ? absl::StrCat("must be ", least, " to ", most)
                           : too_small                                  ? absl::StrCat("must be at least ", least)
                                                                        : absl::StrCat("must be at most ", most);
  return BrokenRule(path, absl::StrCat(Shown(message, field), ": ", rule));
}

absl::Status CheckText(const std::string& path, const Message& message, const FieldDescriptor& field) {
  const FieldRules& rules = RulesOf(field);
  const std::string text = message.GetReflection()->GetString(message, &field);
  if (rules.format() != config::v1::FORMAT_UNSPECIFIED) {
    const auto use = rules.format() == config::v1::PEER_ADDRESS ? net::AddressUse::kConnect : net::AddressUse::kListen;
    const absl::StatusOr<net::SocketAddress> address = net::SocketAddress::Parse(text, use);
    if (!address.ok()) return BrokenRule(path, std::string(address.status().message()));
    if (rules.format() == config::v1::TCP_ADDRESS && address->is_unix()) {
      return BrokenRule(path, absl::StrCat(Shown(message, field), ": must be a TCP address"));
    }
  }
  if (!rules.pattern().empty() && !RE2::FullMatch(text, rules.pattern())) {
    return BrokenRule(path, absl::StrCat(Shown(message, field), ": ", rules.pattern_rule()));
  }
  return absl::OkStatus();
}

absl::Status ApplyToList(const std::string& path, const FieldDescriptor& field, Message* message) {
  const Reflection& reflection = *message->GetReflection();
  const int size = reflection.FieldSize(*message, &field);
  const std::string& max = RulesOf(field).max();
  if (!max.empty() && size > ParseQuantity(field, max)) {
    return BrokenRule(path, absl::StrCat("must have at most ", max, " items"));
  }
  if (field.message_type() == nullptr || IsDuration(field)) return absl::OkStatus();
  for (int i = 0; i < size; ++i) {
    const std::string item_path = absl::StrCat(path, "[", i, "]");
    absl::Status status = ApplyFieldRules(item_path, reflection.MutableRepeatedMessage(message, &field, i));
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status ApplyToField(const std::string& path, const FieldDescriptor& field, Message* message) {
  if (field.is_map()) return absl::OkStatus();
  if (field.is_repeated()) return ApplyToList(path, field, message);
  const FieldRules& rules = RulesOf(field);
  const Reflection& reflection = *message->GetReflection();
  const bool is_group = field.message_type() != nullptr && !IsDuration(field);
  if (!reflection.HasField(*message, &field)) {
    if (rules.required()) return BrokenRule(path, "required");
    if (!rules.default_().empty()) SetDefault(field, message);
    if (!rules.always_present()) return absl::OkStatus();
  }
  if (is_group) return ApplyFieldRules(path, reflection.MutableMessage(message, &field));
  if (IsDuration(field) || field.cpp_type() == FieldDescriptor::CPPTYPE_UINT32) {
    return CheckQuantity(path, *message, field);
  }
  return field.type() == FieldDescriptor::TYPE_STRING ? CheckText(path, *message, field) : absl::OkStatus();
}

}  // namespace

absl::Status ApplyFieldRules(std::string_view path, Message* message) {
  const google::protobuf::Descriptor& type = *message->GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const std::string field_path = path.empty() ? field.name() : absl::StrCat(text::ToAbsl(path), ".", field.name());
    if (absl::Status status = ApplyToField(field_path, field, message); !status.ok()) return status;
  }
  return absl::OkStatus();
}

std::string_view DefaultOf(const google::protobuf::Descriptor& type, const char* name) {
  return RulesOf(*type.FindFieldByName(name)).default_();
}

std::uint32_t MaxOf(const google::protobuf::Descriptor& type, const char* name) {
  const FieldDescriptor& field = *type.FindFieldByName(name);
  return static_cast<std::uint32_t>(ParseQuantity(field, RulesOf(field).max()));
}

}  // namespace viaduct::ops
