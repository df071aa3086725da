#include "filter/builtin_ranges.h"

#include <gtest/gtest.h>

#include <string_view>

#include "ip/address_ranges.h"
#include "tests/filter/request_builder.h"

namespace viaduct::filter {
namespace {

TEST(BuiltinRangesTest, SaysWhenItWasMade) {
  EXPECT_EQ(BuiltinRanges().create_date, "2026-08-22-15-17-05");
  EXPECT_EQ(BuiltinRanges().sync_token, "1787411825");
}

TEST(BuiltinRangesTest, HasEveryOriginFacingPrefixOfItsDate) { EXPECT_EQ(BuiltinRanges().prefixes.size(), 46u + 3u); }

TEST(BuiltinRangesTest, ContainsEdgesThatWereSeen) {
  const ip::AddressRanges ranges(BuiltinRanges().prefixes);
  const std::string_view edges[] = {"130.176.119.40", "130.176.116.164", "130.176.118.52", "130.176.114.52",
                                    // Regions other than GLOBAL: ap-northeast-2 and me-central-1.
                                    "13.124.199.1", "3.29.57.1",
                                    // Newest prefix, and one a family.
                                    "24.110.128.1", "2600:9000:1000::1", "2600:9000:5200::1", "2600:9000:6000::1"};
  for (const std::string_view edge : edges) EXPECT_TRUE(ranges.Contains(AddressOf(edge))) << edge;
}

TEST(BuiltinRangesTest, LeavesOutWhatOnlyServesViewers) {
  const ip::AddressRanges ranges(BuiltinRanges().prefixes);
  // Some blocks of 130.176.0.0/16 are not origin-facing; 3.29.57.64 follows a /26; the others are CLOUDFRONT only.
  const std::string_view others[] = {"130.176.77.1", "130.176.84.1",     "130.176.138.1", "130.176.224.1",
                                     "3.29.57.64",   "23.228.249.1",     "10.10.8.96",    "127.0.0.1",
                                     "::1",          "2600:9000:2000::1"};
  for (const std::string_view other : others) EXPECT_FALSE(ranges.Contains(AddressOf(other))) << other;
}

}  // namespace
}  // namespace viaduct::filter
