#include "sidecar/config/ranges/ranges_list.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "filter/builtin_ranges.h"
#include "ops/config/bounded_file.h"
#include "text/field_error.h"
#include "text/status.h"
#include "text/string_view.h"

namespace viaduct::sidecar {
namespace {

std::string_view WithoutLeadingZeros(std::string_view digits) {
  return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
}

}  // namespace

absl::StatusOr<RangesList> ReadRangesList(const std::string& file) {
  if (file.empty()) return RangesList{RangesSource::kBuiltin, filter::BuiltinRanges()};
  const absl::StatusOr<std::string> text = ops::ReadBoundedFile(file, kMaxRangesBytes);
  if (!text.ok()) return text.status();
  absl::StatusOr<filter::IpRanges> ranges = ReadRangesText(*text);
  if (!ranges.ok()) {
    return text::InvalidValue(file, text::ToStd(ranges.status().message()));
  }
  return RangesList{RangesSource::kFile, *std::move(ranges)};
}

absl::StatusOr<filter::IpRanges> ReadRangesText(std::string_view text) {
  absl::StatusOr<filter::IpRanges> ranges = text::ToStatusOr(filter::ParseIpRangesJson(text));
  if (ranges.ok() && !RangesTime(ranges->create_date).has_value()) {
    return absl::InvalidArgumentError(absl::StrCat("\"createDate\" is not a date: \"", ranges->create_date, "\""));
  }
  return ranges;
}

std::optional<std::chrono::system_clock::time_point> RangesTime(std::string_view create_date) {
  // The format is "YYYY-MM-DD-hh-mm-ss", as the parser has ensured.
  std::array<int, 6> parts{};
  const char* at = create_date.data();
  const char* const end = at + create_date.size();
  for (int& part : parts) {
    const auto [stop, error] = std::from_chars(at, end, part);
    if (error != std::errc()) return std::nullopt;
    at = stop + (stop != end);
  }
  const auto [year, month, day, hour, minute, second] = parts;
  const std::chrono::year_month_day date(std::chrono::year{year}, std::chrono::month{static_cast<unsigned>(month)},
                                         std::chrono::day{static_cast<unsigned>(day)});
  if (!date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return std::chrono::sys_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} +
         std::chrono::seconds{second};
}

bool IsOlder(const filter::IpRanges& a, const filter::IpRanges& b) {
  const std::string_view x = WithoutLeadingZeros(a.sync_token);
  const std::string_view y = WithoutLeadingZeros(b.sync_token);
  return x.size() != y.size() ? x.size() < y.size() : x < y;
}

}  // namespace viaduct::sidecar
