#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "filter/ip_ranges_json.h"
#include "text/closed_list.h"

namespace viaduct::sidecar {

// The source of a list of CloudFront's ranges.
enum class RangesSource : std::uint8_t {
  kBuiltin,  // the program itself
  kFile,     // edge_ranges.file
  kFetched,  // edge_ranges.refresh
};
inline constexpr auto kRangesSources = text::ClosedListOf<RangesSource>({
    {RangesSource::kBuiltin, "builtin"},
    {RangesSource::kFile, "file"},
    {RangesSource::kFetched, "fetched"},
});

// A list and its source. A value.
struct RangesList {
  RangesSource source = RangesSource::kBuiltin;
  filter::IpRanges ranges;

  friend bool operator==(const RangesList&, const RangesList&) = default;
};

// Twenty times the size of AWS's file in 2026.
inline constexpr std::size_t kMaxRangesBytes = std::size_t{52} << 20;

// Reads the list in `file`, or the built-in list if `file` is empty. Errors quote the path, and name line and column if
// known.
absl::StatusOr<RangesList> ReadRangesList(const std::string& file);

// Reads the text of an ip-ranges.json. Fails as ParseIpRangesJson does, and if createDate is not a date.
absl::StatusOr<filter::IpRanges> ReadRangesText(std::string_view text);

// Returns the time of a createDate, when AWS made the list; nullopt if it is not a date.
std::optional<std::chrono::system_clock::time_point> RangesTime(std::string_view create_date);

// Returns true if AWS made `a` before `b`, by their sync tokens.
bool IsOlder(const filter::IpRanges& a, const filter::IpRanges& b);

}  // namespace viaduct::sidecar
