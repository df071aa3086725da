#include "filter/ip_ranges_json.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "ip/address_ranges.h"
#include "tests/filter/request_builder.h"
#include "text/result.h"

namespace viaduct::filter {
namespace {

constexpr std::string_view kSmall = R"({
  "syncToken": "1787411825",
  "createDate": "2026-08-22-15-17-05",
  "prefixes": [
    {"ip_prefix": "130.176.96.0/19", "region": "GLOBAL", "service": "CLOUDFRONT_ORIGIN_FACING"},
    {"ip_prefix": "23.228.249.0/24", "region": "GLOBAL", "service": "CLOUDFRONT"},
    {"service": "CLOUDFRONT_ORIGIN_FACING", "region": "ap-northeast-2", "ip_prefix": "13.124.199.0/24"}
  ],
  "ipv6_prefixes": [
    {"ipv6_prefix": "2600:9000:1000::/36", "region": "GLOBAL", "service": "CLOUDFRONT_ORIGIN_FACING"}
  ]
})";

// Returns kSmall with the first occurrence of `from` replaced.
std::string With(std::string_view from, std::string_view to) {
  std::string text(kSmall);
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string ErrorOf(std::string_view json) {
  const text::Result<IpRanges> ranges = ParseIpRangesJson(json);
  return ranges.ok() ? "no error" : ranges.error().message;
}

TEST(IpRangesJsonTest, KeepsThePrefixesOfTheServiceOfBothFamiliesAndAllRegions) {
  const text::Result<IpRanges> ranges = ParseIpRangesJson(kSmall);
  ASSERT_TRUE(ranges.ok()) << ranges.error().message;
  EXPECT_EQ(ranges->sync_token, "1787411825");
  EXPECT_EQ(ranges->create_date, "2026-08-22-15-17-05");
  ASSERT_EQ(ranges->prefixes.size(), 3u);
  EXPECT_EQ(ranges->prefixes[0].first(), AddressOf("130.176.96.0"));
  EXPECT_EQ(ranges->prefixes[1].first(), AddressOf("13.124.199.0"));
  EXPECT_EQ(ranges->prefixes[2].last(), AddressOf("2600:9000:1fff:ffff:ffff:ffff:ffff:ffff"));
}

TEST(IpRangesJsonTest, IgnoresKeysThatItDoesNotKnow) {
  for (const std::string_view extra :
       {R"("x": null, )", R"("x": {"prefixes": 7, "y": [[{}]]}, )", R"("x": [{"service": 1}, [], "s", 2.5, true], )",
        R"("x": "prefixes", )", R"("x": [], )", R"("x": -1, )"}) {
    EXPECT_EQ(ErrorOf(With("\"syncToken\"", absl::StrCat(std::string(extra), "\"syncToken\""))), "no error") << extra;
    EXPECT_EQ(ErrorOf(With("\"ip_prefix\"", absl::StrCat(std::string(extra), "\"ip_prefix\""))), "no error") << extra;
  }
}

TEST(IpRangesJsonTest, NestedKeysOfTheSameNameMeanNothing) {
  const std::string text = With("\"region\": \"GLOBAL\"", R"("x": {"service": "S3", "ip_prefix": "10.0.0.0/8"})");
  const text::Result<IpRanges> ranges = ParseIpRangesJson(text);
  ASSERT_TRUE(ranges.ok()) << ranges.error().message;
  EXPECT_EQ(ranges->prefixes.size(), 3u);
  EXPECT_FALSE(ip::AddressRanges(ranges->prefixes).Contains(AddressOf("10.0.0.1")));
}

TEST(IpRangesJsonTest, ErrorsSayWhereAndWhat) {
  struct Case {
    std::string text;
    std::string_view message;
  };
  const Case cases[] = {
      {"[]", "line 1, column 1: the document must be an object, not an array"},
      {"\n  7", "line 2, column 3: the document must be an object, not a number"},
      {"\"x\"", "line 1, column 1: the document must be an object, not a string"},
      {"{}", R"(line 1, column 1: the document has no "syncToken")"},
      {With("\"1787411825\"", "1787411825"), R"(line 2, column 16: "syncToken" must be a string, not a number)"},
      {With("\"1787411825\"", "\"x\""), R"(line 2, column 16: "x": "syncToken" must be decimal digits)"},
      {With("\"1787411825\"", "\"\""), R"(line 2, column 16: "": "syncToken" must be decimal digits)"},
      {With("2026-08-22-15-17-05", "2026-08-22"),
       R"(line 3, column 17: "2026-08-22": "createDate" must have the form YYYY-MM-DD-hh-mm-ss)"},
      {With("\"createDate\"", "\"created\""), R"(line 1, column 1: the document has no "createDate")"},
      {With("\"2026-08-22-15-17-05\"", "{}"), R"(line 3, column 17: "createDate" must be a string, not an object)"},
      {With("\"2026-08-22-15-17-05\"", "[\"\"]"), R"(line 3, column 17: "createDate" must be a string, not an array)"},
      {With("\"ipv6_prefixes\": [", "\"ipv6_prefixes\": {\"x\": ["),
       R"(line 9, column 20: "ipv6_prefixes" must be an array, not an object)"},
      {With("\"prefixes\": [", "\"prefixes\": null, \"x\": ["),
       R"(line 4, column 15: "prefixes" must be an array, not null)"},
      {With("\"prefixes\": [", "\"prefixes\": \"\", \"x\": ["),
       R"(line 4, column 15: "prefixes" must be an array, not a string)"},
      {With("\"prefixes\": [", "\"prefixes\": [7, "),
       R"(line 4, column 16: an element of "prefixes" must be an object, not a number)"},
      {With("\"prefixes\": [", "\"prefixes\": [[], "),
       R"(line 4, column 16: an element of "prefixes" must be an object, not an array)"},
      {With("\"prefixes\": [", "\"prefixes\": [\"10.0.0.0/8\", "),
       R"(line 4, column 16: an element of "prefixes" must be an object, not a string)"},
      {With("\"130.176.96.0/19\"", "true"), R"(line 5, column 19: "ip_prefix" must be a string, not a boolean)"},
      {With("\"CLOUDFRONT\"", "1.5"), R"(line 6, column 69: "service" must be a string, not a number)"},
      {With("130.176.96.0/19", "130.176.96.0/33"), R"(line 5, column 19: "130.176.96.0/33": prefix length exceeds 32)"},
      {With("130.176.96.0/19", "2600:9000::/28"),
       R"(line 5, column 19: "2600:9000::/28": is not of the address family of "prefixes")"},
      {With("2600:9000:1000::/36", "10.0.0.0/8"),
       R"(line 10, column 21: "10.0.0.0/8": is not of the address family of "ipv6_prefixes")"},
      {With("130.176.96.0/19", "0.0.0.0/0"),
       R"(line 5, column 19: "0.0.0.0/0": is too wide for CloudFront: a prefix of this list has at least /8)"},
      {With("130.176.96.0/19", "128.0.0.0/7"),
       R"(line 5, column 19: "128.0.0.0/7": is too wide for CloudFront: a prefix of this list has at least /8)"},
      {With("130.176.96.0/19", "130.0.0.0/8"), "no error"},
      {With("2600:9000:1000::/36", "2600:8000::/18"),
       R"(line 10, column 21: "2600:8000::/18": is too wide for CloudFront: a prefix of this list has at least /19)"},
      {With("2600:9000:1000::/36", "2600:8000::/19"), "no error"},
      {With("23.228.249.0/24", "0.0.0.0/0"), "no error"},  // of another service
      {With("\"ip_prefix\"", "\"prefix\""), R"(line 5, column 5: this element has no "ip_prefix")"},
      {With("\"ipv6_prefix\"", "\"ip_prefix\""), R"(line 10, column 5: this element has no "ipv6_prefix")"},
      {With("\"service\"", "\"Service\""), R"(line 5, column 5: this element has no "service")"},
      {With("\"region\": \"GLOBAL\"", "\"ip_prefix\": \"10.0.0.0/8\""),
       R"(line 5, column 38: "ip_prefix" is repeated)"},
      {With("\"region\": \"GLOBAL\"", "\"service\": \"S3\""), R"(line 5, column 55: "service" is repeated)"},
      {With("\"ipv6_prefixes\"", "\"prefixes\""), R"(line 9, column 3: "prefixes" is repeated)"},
      {With("\"createDate\"", "\"syncToken\""), R"(line 3, column 3: "syncToken" is repeated)"},
      // Numbers are read one byte too far; places behind them are right all the same.
      {With("\"region\": \"GLOBAL\"", "\"x\":7,\"service\": 8"),
       R"(line 5, column 55: "service" must be a string, not a number)"},
  };
  for (const Case& c : cases) EXPECT_EQ(ErrorOf(c.text), c.message) << c.text;
}

TEST(IpRangesJsonTest, AListWithoutThePrefixesIsAnErrorNotAnEmptyList) {
  std::string text(kSmall);
  for (std::size_t at; (at = text.find("CLOUDFRONT_ORIGIN_FACING")) != std::string::npos;) text.replace(at, 24, "S3");
  EXPECT_EQ(ErrorOf(text), "line 1, column 1: the document has no prefix of service CLOUDFRONT_ORIGIN_FACING");
  EXPECT_EQ(ErrorOf(R"({"syncToken": "1", "createDate": "2026-08-22-15-17-05", "prefixes": [], "ipv6_prefixes": []})"),
            "line 1, column 1: the document has no prefix of service CLOUDFRONT_ORIGIN_FACING");
}

TEST(IpRangesJsonTest, EveryTruncationIsAnError) {
  for (std::size_t size = 0; size < kSmall.size(); ++size) {
    const std::string error = ErrorOf(kSmall.substr(0, size));
    ASSERT_EQ(error.find("line "), 0u) << size << error;
    ASSERT_NE(error.find(": not JSON: "), std::string::npos) << size << error;
  }
}

TEST(IpRangesJsonTest, TextThatIsNotJsonIsAnErrorWithItsPlace) {
  struct Case {
    std::string text;
    std::string_view message;
  };
  const Case cases[] = {
      {"", "line 1, column 1: not JSON: syntax error while parsing value - unexpected end of input"},
      {"<html>", "line 1, column 1: not JSON: syntax error while parsing value - invalid literal"},
      {"{\n\"syncToken\" 1", "line 2, column 13: not JSON: syntax error while parsing object separator"},
      {"{'syncToken'", "line 1, column 2: not JSON: syntax error while parsing object key - invalid literal"},
      {"{\"a\": \"\xff\"", "line 1, column 8: not JSON: syntax error while parsing value - invalid string: ill-formed"},
      {"{\"a\": \"\n\"", "line 1, column 8: not JSON: syntax error while parsing value - invalid string: control"},
      // A number's error is placed at its end.
      {"{\"a\": 1e400000}", "line 1, column 14: not JSON: number overflow"},
      {std::string(kSmall) + "x", "line 12, column 2: not JSON: syntax error while parsing value - invalid literal"},
  };
  for (const Case& c : cases) EXPECT_EQ(ErrorOf(c.text).substr(0, c.message.size()), c.message) << ErrorOf(c.text);
}

TEST(IpRangesJsonTest, AnErrorRepeatsNothingOfWhatIsNotJson) {
  for (const std::string_view text :
       {"{\"secret", "secret", "{\"a\": secret}", "{\"a\": \"secret\xff\"}", "{\"secret\" 1}"}) {
    EXPECT_EQ(ErrorOf(text).find("secret"), std::string::npos) << ErrorOf(text);
  }
}

TEST(IpRangesJsonTest, AnErrorIsShortHoweverLongTheText) {
  EXPECT_LT(ErrorOf("{\"" + std::string(1 << 20, 'x')).size(), 200u);
  EXPECT_LT(ErrorOf("{\"x\": " + std::string(1 << 20, '9') + "e9}").size(), 200u);
}

TEST(IpRangesJsonTest, DeepNestingIsNoDanger) {
  const std::string deep =
      With("\"syncToken\"", "\"x\": " + std::string(1 << 20, '[') + std::string(1 << 20, ']') + ", \"syncToken\"");
  EXPECT_EQ(ErrorOf(deep), "no error");
}

// Returns a file ten times as large as AWS's in 2026.
std::string TenfoldFile() {
  std::string text = R"({"syncToken": "1", "createDate": "2026-08-22-15-17-05", "prefixes": [)";
  for (int i = 0; i < 168'000; ++i) {
    const bool ours = i % 200 == 0;
    absl::StrAppend(&text, i == 0 ? "" : ",", "\n    {\n      \"ip_prefix\": \"", i >> 16, ".", i >> 8 & 255, ".",
                    i & 255, ".0/24\",\n      \"region\": \"us-east-1\",\n      \"service\": \"",
                    ours ? "CLOUDFRONT_ORIGIN_FACING" : "AMAZON",
                    "\",\n      \"network_border_group\": \"us-east-1-wl1-bos-wlz-1\"\n    }");
  }
  text += "], \"ipv6_prefixes\": []}";
  return text;
}

TEST(IpRangesJsonTest, ReadsTenTimesTheSizeOfTheRealFile) {
  const std::string text = TenfoldFile();
  ASSERT_GT(text.size(), 24'000'000u);
  const text::Result<IpRanges> ranges = ParseIpRangesJson(text);
  ASSERT_TRUE(ranges.ok()) << ranges.error().message;
  EXPECT_EQ(ranges->prefixes.size(), 840u);
}

}  // namespace
}  // namespace viaduct::filter
