#include "ops/admin/admin_call.h"

#include <google/protobuf/util/time_util.h>

#include <algorithm>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "ops/admin/admin_error.h"
#include "text/result.h"
#include "text/utf8.h"

namespace viaduct::ops {
namespace {

using google::protobuf::util::TimeUtil;

constexpr std::int32_t kDefaultPageSize = 100;
constexpr std::int32_t kMaxPageSize = 1000;
// Marks our tokens, so that others are not taken for ours.
constexpr std::string_view kTokenPrefix = "after:";
constexpr auto kLongestCall = std::chrono::seconds(10);

}  // namespace

std::chrono::steady_clock::time_point DeadlineOf(const grpc::ServerContext& context) {
  const auto left = context.deadline() - std::chrono::system_clock::now();
  return std::chrono::steady_clock::now() + std::min<std::chrono::nanoseconds>(left, kLongestCall);
}

google::protobuf::Timestamp ToTimestamp(std::chrono::system_clock::time_point time) {
  return TimeUtil::NanosecondsToTimestamp(
      std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count());
}

google::protobuf::Duration ToDuration(std::chrono::nanoseconds duration) {
  return TimeUtil::NanosecondsToDuration(duration.count());
}

std::string ToUtf8(std::string text) {
  if (text::IsUtf8(text)) return text;
  std::replace_if(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  return text;
}

grpc::Status ReadSpan(const std::string& field, bool is_set, const google::protobuf::Duration& value,
                      std::chrono::nanoseconds* span) {
  if (!is_set) return grpc::Status::OK;
  if (value.seconds() < 0 || value.nanos() < 0) return InvalidField(field, "must not be negative");
  // Nothing here is older than an int64_t of nanoseconds can say.
  *span = std::chrono::seconds(std::min<std::int64_t>(value.seconds(), std::int64_t{1} << 32)) +
          std::chrono::nanoseconds(value.nanos());
  return grpc::Status::OK;
}

grpc::Status ReadSpread(bool is_set, const google::protobuf::Duration& value, std::chrono::nanoseconds* spread) {
  constexpr auto kMaxSpread = std::chrono::hours(24);
  if (grpc::Status status = ReadSpan("spread", is_set, value, spread); !status.ok()) return status;
  return *spread > kMaxSpread ? InvalidField("spread", "longer than 24h") : grpc::Status::OK;
}

std::string DurationText(const google::protobuf::Duration& duration) {
  return std::to_string(duration.seconds() + (duration.nanos() > 0 ? 1 : 0)) + "s";
}

grpc::Status ReadRange(const std::string& field, const std::string& text, std::optional<ip::AddressPrefix>* range) {
  if (text.empty()) return grpc::Status::OK;
  const text::Result<ip::AddressPrefix> parsed = ip::AddressPrefix::ParseOrAddress(text);
  if (!parsed.ok()) {
    return InvalidField(field,
                        absl::StrCat("\"", ToUtf8(text.substr(0, 64)),
                                     "\": must be an IP address, or a prefix without bits behind it: 10.0.0.0/8"));
  }
  *range = *parsed;
  return grpc::Status::OK;
}

std::size_t PageSize(std::int32_t page_size) {
  return static_cast<std::size_t>(page_size == 0 ? kDefaultPageSize : std::min(page_size, kMaxPageSize));
}

std::string MakePageToken(std::string_view position) {
  return absl::WebSafeBase64Escape(std::string(kTokenPrefix).append(position));
}

std::optional<std::string> ReadPageToken(const std::string& token) {
  if (token.empty()) return "";
  std::string text;
  if (!absl::WebSafeBase64Unescape(token, &text) || !text.starts_with(kTokenPrefix)) return std::nullopt;
  return text.substr(kTokenPrefix.size());
}

}  // namespace viaduct::ops
