#include "ops/config/duration_field.h"

#include "text/duration_text.h"

namespace viaduct::ops {

using google::protobuf::Descriptor;
using google::protobuf::Duration;
using google::protobuf::Message;
using google::protobuf::Reflection;

bool IsDuration(const google::protobuf::FieldDescriptor& field) {
  return field.message_type() != nullptr && field.message_type()->full_name() == Duration::descriptor()->full_name();
}

std::chrono::nanoseconds GetDuration(const Message& duration) {
  const Descriptor& type = *duration.GetDescriptor();
  const Reflection& reflection = *duration.GetReflection();
  Duration proto;
  proto.set_seconds(reflection.GetInt64(duration, type.FindFieldByNumber(Duration::kSecondsFieldNumber)));
  proto.set_nanos(reflection.GetInt32(duration, type.FindFieldByNumber(Duration::kNanosFieldNumber)));
  return text::ToChrono(proto);
}

void SetDuration(std::chrono::nanoseconds value, Message* duration) {
  const Descriptor& type = *duration->GetDescriptor();
  const Reflection& reflection = *duration->GetReflection();
  const Duration proto = text::ToProto(value);
  reflection.SetInt64(duration, type.FindFieldByNumber(Duration::kSecondsFieldNumber), proto.seconds());
  reflection.SetInt32(duration, type.FindFieldByNumber(Duration::kNanosFieldNumber), proto.nanos());
}

std::chrono::milliseconds ToMilliseconds(const Duration& duration) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(text::ToChrono(duration));
}

std::optional<std::chrono::milliseconds> ToMillisecondsOrOff(const Duration& duration) {
  const std::chrono::milliseconds value = ToMilliseconds(duration);
  if (value == std::chrono::milliseconds::zero()) return std::nullopt;
  return value;
}

}  // namespace viaduct::ops
