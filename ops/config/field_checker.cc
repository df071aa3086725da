#include "ops/config/field_checker.h"

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "text/string_view.h"

namespace viaduct::ops {
namespace {

using std::chrono::seconds;

FieldChecker::Duration FromProto(const google::protobuf::Duration& duration) {
  return seconds(duration.seconds()) + std::chrono::milliseconds(duration.nanos() / 1'000'000);
}

}  // namespace

void FieldChecker::Fail(std::string_view path, std::string_view rule) {
  if (status_.ok()) status_ = absl::InvalidArgumentError(absl::StrCat(text::ToAbsl(path), ": ", text::ToAbsl(rule)));
}

net::SocketAddress FieldChecker::Address(std::string_view path, std::string* text, std::string_view fallback) {
  if (text->empty()) *text = fallback;
  if (text->empty()) {
    Fail(path, "required");
    return {};
  }
  absl::StatusOr<net::SocketAddress> address = net::SocketAddress::Parse(*text);
  if (!address.ok()) {
    const absl::string_view message = address.status().message();
    Fail(path, text::ToStd(message));
    return {};
  }
  return *address;
}

FieldChecker::Duration FieldChecker::Positive(std::string_view path, bool present, google::protobuf::Duration* field,
                                              Duration fallback) {
  const std::optional<Duration> value = OrOff(path, present, field, fallback);
  if (!value.has_value()) Fail(path, "must be longer than 0s");
  return value.value_or(fallback);
}

std::optional<FieldChecker::Duration> FieldChecker::OrOff(std::string_view path, bool present,
                                                          google::protobuf::Duration* field, Duration fallback) {
  if (!present) {
    const auto whole = std::chrono::floor<seconds>(fallback);
    field->set_seconds(whole.count());
    field->set_nanos(static_cast<std::int32_t>(std::chrono::nanoseconds(fallback - whole).count()));
  }
  const Duration value = FromProto(*field);
  if (value > std::chrono::hours(24 * 365)) Fail(path, "must be at most a year");
  if (value == Duration::zero() && (field->seconds() != 0 || field->nanos() != 0)) Fail(path, "at least 1ms");
  if (value == Duration::zero()) return std::nullopt;
  return value;
}

std::uint32_t FieldChecker::Number(std::string_view path, std::uint32_t value, std::uint32_t fallback,
                                   std::uint32_t least, std::uint32_t most) {
  if (value == 0) value = fallback;
  if (value < least || value > most) {
    Fail(path, absl::StrCat("\"", value, "\": must be ", least, " to ", most));
  }
  return value;
}

}  // namespace viaduct::ops
