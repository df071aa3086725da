#include "sidecar/config/ranges/ranges_list.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <fstream>
#include <iostream>
#include <sstream>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "filter/builtin_ranges.h"

namespace viaduct::sidecar {
namespace {

using std::chrono::steady_clock;

constexpr std::string_view kExtract = "filter/data/ip-ranges-cloudfront.json";

// Returns an ip-ranges.json with AWS's shape and layout, of at least `bytes`: CloudFront's real prefixes between those
// of other services.
std::string FullFile(std::size_t bytes) {
  std::ifstream file{std::string(kExtract)};
  std::stringstream content;
  content << file.rdbuf();
  std::string text = content.str();
  const auto fill = [&text, bytes](std::string_view list, std::string_view key, auto prefix) {
    const std::size_t begin = text.find('[', text.find(absl::StrCat("\"", std::string(list), "\""))) + 1;
    std::string entries;
    for (std::size_t i = 0; entries.size() < bytes / 2; ++i) {
      absl::StrAppend(&entries, "\n    {\n      \"", std::string(key), "\": \"", prefix(i),
                      "\",\n      \"region\": \"ap-northeast-2\",\n      \"service\": \"",
                      i % 3 == 0 ? "EC2" : "AMAZON", "\",\n      \"network_border_group\": \"ap-northeast-2\"\n    },");
    }
    text.insert(begin, entries);
  };
  fill("prefixes", "ip_prefix", [](std::size_t i) { return absl::StrCat("3.", i / 256 % 256, ".", i % 256, ".0/24"); });
  fill("ipv6_prefixes", "ipv6_prefix",
       [](std::size_t i) { return absl::StrCat("2600:1f14:", absl::Hex(i & 0xffff), "::/48"); });
  return text;
}

TEST(RangesListTest, WithoutAFileItIsTheBuiltInList) {
  const RangesList list = ReadRangesList("").value();
  EXPECT_EQ(list.source, RangesSource::kBuiltin);
  EXPECT_EQ(list.ranges, filter::BuiltinRanges());
}

// AWS's file has 2.6 MB, and lists have been ten times as long for hours. The time is printed, not tested.
TEST(RangesListTest, AFullFileAndTenTimesAsMuchAreRead) {
  for (const std::size_t bytes : {2'600'000, 26'000'000}) {
    const std::string text = FullFile(bytes);
    ASSERT_GE(text.size(), bytes);
    const auto begin = steady_clock::now();
    const absl::StatusOr<filter::IpRanges> ranges = ReadRangesText(text);
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - begin);
    ASSERT_TRUE(ranges.ok()) << ranges.status();
    EXPECT_EQ(ranges->prefixes, filter::BuiltinRanges().prefixes);
    std::cout << text.size() << " bytes were read in " << took.count() << " ms\n";
  }
}

TEST(RangesListTest, TellsWhenAListWasMade) {
  using namespace std::chrono_literals;
  EXPECT_EQ(RangesTime("1970-01-01-00-00-01"), std::chrono::system_clock::time_point(1s));
  EXPECT_EQ(RangesTime("2026-08-22-15-17-05"), std::chrono::system_clock::time_point(1'787'411'825s));
  EXPECT_EQ(RangesTime("2024-02-29-23-59-59"), std::chrono::system_clock::time_point(1'709'251'199s));
  for (const char* wrong : {"2023-02-29-00-00-00", "2026-13-01-00-00-00", "2026-00-01-00-00-00", "2026-01-01-24-00-00",
                            "2026-01-01-00-60-00", "2026-01-01-00-00-61", "", "x"}) {
    EXPECT_EQ(RangesTime(wrong), std::nullopt) << wrong;
  }
}

TEST(RangesListTest, AListThatWasMadeOnNoDayIsRefused) {
  std::string text = FullFile(0);
  const std::string date = filter::BuiltinRanges().create_date;
  text.replace(text.find(date), date.size(), "2026-02-30-15-17-05");
  EXPECT_EQ(ReadRangesText(text).status().message(), "\"createDate\" is not a date: \"2026-02-30-15-17-05\"");
}

TEST(RangesListTest, TheSyncTokenTellsWhichIsOlder) {
  const auto with_token = [](std::string token) {
    filter::IpRanges ranges;
    ranges.sync_token = std::move(token);
    return ranges;
  };
  EXPECT_TRUE(IsOlder(with_token("9"), with_token("10")));
  EXPECT_TRUE(IsOlder(with_token("1787411824"), with_token("1787411825")));
  EXPECT_FALSE(IsOlder(with_token("1787411825"), with_token("1787411825")));
  EXPECT_FALSE(IsOlder(with_token("1787411825"), with_token("1787411824")));
  EXPECT_FALSE(IsOlder(with_token("007"), with_token("7")));
  EXPECT_TRUE(IsOlder(with_token("0"), with_token("99999999999999999999999")));
}

}  // namespace
}  // namespace viaduct::sidecar
