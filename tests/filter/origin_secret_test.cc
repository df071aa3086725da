#include "filter/origin_secret.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "text/error.h"
#include "text/result.h"

namespace viaduct::filter {
namespace {

constexpr std::string_view kCurrent = "correct-horse-battery";
constexpr std::string_view kNext = "staple-correct-horse-battery-staple";

std::vector<NamedSecret> TwoValues() { return {{"current", std::string(kCurrent)}, {"next", std::string(kNext)}}; }

std::string ErrorOf(std::string_view header, const std::vector<NamedSecret>& values) {
  return OriginSecret::Create(header, values).error().message;
}

TEST(OriginSecretTest, AnyLiveValueMatchesWhole) {
  const text::Result<OriginSecret> secret = OriginSecret::Create("", TwoValues());
  ASSERT_TRUE(secret.ok()) << secret.error().message;
  EXPECT_TRUE(secret->required());
  EXPECT_EQ(secret->header(), "x-origin-verify");
  EXPECT_EQ(secret->Match(kCurrent), 0u);
  EXPECT_EQ(secret->Match(kNext), 1u);
  EXPECT_EQ(secret->NameOf(1), "next");
  EXPECT_EQ(secret->NameOf(std::nullopt), "");
}

TEST(OriginSecretTest, NothingElseMatches) {
  const text::Result<OriginSecret> secret = OriginSecret::Create("", TwoValues());
  ASSERT_TRUE(secret.ok()) << secret.error().message;
  const std::string current(kCurrent);
  // Also not one with the zeros behind the value that comparing may see.
  for (const std::string& wrong :
       {std::string(), current.substr(0, current.size() - 1), current.substr(1), current + "x", current + '\0',
        current + " ", current + ", " + current, std::string(OriginSecret::kMaxSize, '\0'), std::string(100'000, 'a'),
        current + std::string(OriginSecret::kMaxSize, '\0'), std::string("Correct-horse-battery")}) {
    EXPECT_EQ(secret->Match(wrong), std::nullopt) << wrong.size();
  }
  for (std::size_t i = 0; i < current.size(); ++i) {
    std::string wrong = current;
    wrong[i] = static_cast<char>(wrong[i] ^ 1);
    EXPECT_EQ(secret->Match(wrong), std::nullopt) << i;
  }
}

TEST(OriginSecretTest, TheFirstOfEqualValuesMatches) {
  const text::Result<OriginSecret> secret =
      OriginSecret::Create("", std::vector<NamedSecret>{{"a", std::string(kCurrent)}, {"b", std::string(kCurrent)}});
  ASSERT_TRUE(secret.ok()) << secret.error().message;
  EXPECT_EQ(secret->Match(kCurrent), 0u);
}

TEST(OriginSecretTest, TheLongestAndTheShortestValueMatch) {
  const std::string longest(OriginSecret::kMaxSize, 'z');
  const std::string shortest(OriginSecret::kMinSize, ' ');
  EXPECT_EQ(OriginSecret::Create("", std::vector<NamedSecret>{{"a", longest}})->Match(longest), 0u);
  const std::string with_spaces = "a" + shortest.substr(2) + "b";
  EXPECT_EQ(OriginSecret::Create("", std::vector<NamedSecret>{{"a", with_spaces}})->Match(with_spaces), 0u);
}

TEST(OriginSecretTest, WithoutValuesNoneIsRequired) {
  EXPECT_FALSE(OriginSecret().required());
  EXPECT_EQ(OriginSecret().header(), "");
  EXPECT_EQ(OriginSecret().Match(""), std::nullopt);
}

TEST(OriginSecretTest, TheHeaderMustBeOneThatCloudFrontAddsAndNobodyElseReads) {
  const std::vector<NamedSecret> values = TwoValues();
  EXPECT_EQ(OriginSecret::Create("X-Our-Mark", values)->header(), "x-our-mark");
  for (const std::string_view name : {"Via", "cookie", "X-Amz-Cf-Id", "x-amz-secret", "X-Edge-Secret", "X-Real-IP",
                                      "Connection", "Host", "Transfer-Encoding"}) {
    EXPECT_EQ(ErrorOf(name, values),
              "secret.header: \"" + std::string(name) + "\": cannot be a custom header of a CloudFront origin");
  }
  for (const std::string_view name : {"Origin", "X-Forwarded-Secret", "Sec-WebSocket-Key", "x-viaduct-secret"}) {
    EXPECT_EQ(ErrorOf(name, values),
              "secret.header: \"" + std::string(name) + "\": is a field that other decisions rest on");
  }
  for (const std::string_view name : {"x_secret", "x.secret", "x secret", "x:"}) {
    EXPECT_EQ(ErrorOf(name, values),
              "secret.header: has characters other than letters, digits and \"-\", which balancers may drop");
  }
  EXPECT_EQ(ErrorOf(std::string(257, 'x'), values), "secret.header: is longer than 256 characters");
}

TEST(OriginSecretTest, AnErrorNamesTheValueAndNeverShowsIt) {
  EXPECT_EQ(ErrorOf("", {}), "secret.sources: at least one must have a value");
  EXPECT_EQ(ErrorOf("", {{"current", "hunter2"}}),
            R"(secret.sources: "current": its value is shorter than 16 characters)");
  EXPECT_EQ(ErrorOf("", {{"current", std::string(OriginSecret::kMaxSize + 1, 'x')}}),
            R"(secret.sources: "current": its value is longer than 1783 characters, CloudFront's limit)");
  EXPECT_EQ(ErrorOf("", {{"current", "0123456789abcdef\n0"}}),
            R"(secret.sources: "current": its value has characters other than printable ASCII)");
  EXPECT_EQ(ErrorOf("", {{"current", "0123456789abcdef "}}),
            R"(secret.sources: "current": its value begins or ends with a space)");
  const std::string value(kCurrent);
  for (const std::string_view name : {"", "Current", "a b", "0123456789012345678901234567890123"}) {
    EXPECT_EQ(ErrorOf("", {{std::string(name), value}}),
              "secret.sources: a name must have 1 to 32 lower-case letters, digits, \"-\" and \"_\"");
  }
  EXPECT_EQ(ErrorOf("", {{"a", value}, {"a", value}}), R"(secret.sources: "a": is the name of two values)");
  EXPECT_EQ(ErrorOf("", std::vector<NamedSecret>(9, {"a", value})), "secret.sources: more than 8");
}

TEST(ParseSecretTextTest, TextIsTheValueAndPerhapsOneLineEnd) {
  const auto parsed = [](std::string_view text) { return ParseSecretText(text).value(); };
  EXPECT_EQ(parsed("abc"), "abc");
  EXPECT_EQ(parsed("abc\n"), "abc");
  EXPECT_EQ(parsed("abc\r\n"), "abc");
  EXPECT_EQ(parsed("abc\n\n"), "abc\n");
  EXPECT_EQ(parsed(" abc "), " abc ");
  EXPECT_EQ(parsed(""), "");
  EXPECT_EQ(parsed("a{not-json-at-all}"), "a{not-json-at-all}");
}

TEST(ParseSecretTextTest, PartsOfJsonAndArnsAreNoValues) {
  for (const std::string_view text : {R"({"HEADERVALUE":"s3cret")", R"(["s3cret"])", "{", "{not-json-at-all}"}) {
    EXPECT_EQ(ParseSecretText(text).error().message,
              "begins like JSON, but is not a JSON object; it may have been cut off");
  }
  EXPECT_EQ(
      ParseSecretText("arn:aws:secretsmanager:eu-west-1:123456789012:secret:x-AbCdEf").error().message,
      "is the name of a secret, not its value; in the task definition, put it in valueFrom of \"secrets\" instead of "
      "\"environment\"");
}

TEST(ParseSecretTextTest, AJsonObjectIsNoValue) {
  for (const std::string_view text : {R"({"HEADERVALUE": "s3cret"})", "{}\n"}) {
    EXPECT_EQ(ParseSecretText(text).error().message, "is a JSON object; name the member that is the value in json_key");
  }
}

TEST(ParseSecretJsonTest, TheKeyNamesTheMember) {
  constexpr std::string_view kTwo = R"({"HEADERVALUE": "abc", "NEXTVALUE": "def"})";
  EXPECT_EQ(ParseSecretJson(kTwo, "HEADERVALUE").value(), "abc");
  EXPECT_EQ(ParseSecretJson(kTwo, "NEXTVALUE").value(), "def");
  EXPECT_EQ(ParseSecretJson(kTwo, "next").error(),
            (text::Error{"has no member \"next\"", text::Error::Code::kNotFound}));
}

TEST(ParseSecretJsonTest, AnErrorIsARuleAndNothingOfTheText) {
  const auto parsed = [](std::string_view text) { return ParseSecretJson(text, "HEADERVALUE"); };
  EXPECT_EQ(parsed(R"({"HEADERVALUE": "abc"})").value(), "abc");
  EXPECT_EQ(parsed("\n{\"a\": {\"HEADERVALUE\": 7}, \"HEADERVALUE\": \"a\\u0062c\"}\n").value(), "abc");
  const auto error_of = [&](std::string_view text) { return parsed(text).error().message; };
  EXPECT_EQ(error_of("s3cret"), "is not JSON");
  EXPECT_EQ(error_of(""), "is not JSON");
  EXPECT_EQ(error_of(R"({"HEADERVALUE": "s3cret)"), "is not JSON");
  EXPECT_EQ(error_of(R"({"HEADERVALUE": "s3cret"} x)"), "is not JSON");
  EXPECT_EQ(error_of(R"("s3cret")"), "is not a JSON object");
  EXPECT_EQ(error_of(R"({"headervalue": "s3cret"})"), R"(has no member "HEADERVALUE")");
  EXPECT_EQ(error_of(R"({"a": {"HEADERVALUE": "s3cret"}})"), R"(has no member "HEADERVALUE")");
  EXPECT_EQ(error_of(R"({"HEADERVALUE": "s3cret", "HEADERVALUE": "other"})"), R"(has "HEADERVALUE" twice)");
  EXPECT_EQ(error_of(R"({"HEADERVALUE": 7})"), R"(its "HEADERVALUE" is not a string)");
  EXPECT_EQ(error_of(std::string(60'000, '[')), "is not JSON");
}

}  // namespace
}  // namespace viaduct::filter
