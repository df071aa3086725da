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

// Where a list of CloudFront's ranges came from.
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

// A list and where it came from. A value.
struct RangesList {
  RangesSource source = RangesSource::kBuiltin;
  filter::IpRanges ranges;

  friend bool operator==(const RangesList&, const RangesList&) = default;
};

// Twenty times the size of AWS's file in 2026.
inline constexpr std::size_t kMaxRangesBytes = std::size_t{52} << 20;

// The list in `file`; without a file the built-in one. Errors quote the path, and tell line and column if there are
// any.
absl::StatusOr<RangesList> ReadRangesList(const std::string& file);

// The list in the text of an ip-ranges.json. Errors as ParseIpRangesJson's; also for a createDate that is no date.
absl::StatusOr<filter::IpRanges> ReadRangesText(std::string_view text);

// When AWS made the list: its createDate. nullopt for what is no date.
std::optional<std::chrono::system_clock::time_point> RangesTime(std::string_view create_date);

// Returns true if AWS made `a` before `b`, by their sync tokens.
bool IsOlder(const filter::IpRanges& a, const filter::IpRanges& b);

}  // namespace viaduct::sidecar
