#include "http/fields.h"

#include <gtest/gtest.h>

#include <cctype>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace viaduct::http {
namespace {

constexpr std::string_view kNames[] = {"connection",
                                       "content-length",
                                       "expect",
                                       "host",
                                       "http2-settings",
                                       "keep-alive",
                                       "origin",
                                       "proxy-authenticate",
                                       "proxy-connection",
                                       "sec-websocket-accept",
                                       "sec-websocket-extensions",
                                       "sec-websocket-key",
                                       "sec-websocket-version",
                                       "te",
                                       "trailer",
                                       "transfer-encoding",
                                       "upgrade",
                                       "user-agent",
                                       "via",
                                       "x-amz-cf-id",
                                       "x-amzn-trace-id",
                                       "x-forwarded-for",
                                       "x-viaduct-viewer-address"};

TEST(FieldNameTest, TellsAllItsNamesApart) {
  std::set<FieldName> found;
  for (const std::string_view name : kNames) found.insert(FieldNameOf(name));
  EXPECT_EQ(found.size(), kFieldNames - 1);
  EXPECT_FALSE(found.contains(FieldName::kOther));
}

// Changes each byte of each name to each other value: only another letter case leaves it the same name.
TEST(FieldNameTest, TakesNoNameForOneThatDiffersInAByte) {
  for (const std::string_view name : kNames) {
    std::string changed(name);
    for (char& c : changed) {
      const char own = c;
      for (int value = 0; value < 256; ++value) {
        c = static_cast<char>(value);
        const bool same = std::isalpha(static_cast<unsigned char>(own)) != 0 ? (value | 0x20) == own : c == own;
        EXPECT_EQ(FieldNameOf(changed), same ? FieldNameOf(name) : FieldName::kOther) << name << " with " << value;
      }
      c = own;
    }
  }
}

TEST(FieldNameTest, KnowsItsNamesInAnyLetterCase) {
  EXPECT_EQ(FieldNameOf("te"), FieldName::kTe);
  EXPECT_EQ(FieldNameOf("Via"), FieldName::kVia);
  EXPECT_EQ(FieldNameOf("x-AMZ-cf-ID"), FieldName::kXAmzCfId);
  EXPECT_EQ(FieldNameOf("Sec-WebSocket-Extensions"), FieldName::kSecWebSocketExtensions);
  EXPECT_EQ(FieldNameOf("x-viaduct-viewer-address"), FieldName::kXViaductViewerAddress);
}

TEST(FieldNameTest, TakesNothingElseForOne) {
  for (const std::string_view name : {"", "t", "ve", "vi a", "viaa", "x_amz_cf_id", "x-amz-cf-id ", "content-lengtg",
                                      "host\r", "x-viaduct-viewer-addresss"}) {
    EXPECT_EQ(FieldNameOf(name), FieldName::kOther) << name;
  }
}

TEST(FieldsTest, FindsTheOnlyFieldOfAName) {
  const std::vector<Field> lines = {{"Via", "1"}, {"X-Amz-Cf-Id", "abc"}, {"via", "2"}, {"origin", ""}};
  const Fields fields(lines);
  EXPECT_EQ(fields.Single(FieldName::kXAmzCfId), "abc");
  EXPECT_EQ(fields.Single(FieldName::kVia), std::nullopt);
  EXPECT_EQ(fields.Single(FieldName::kHost), std::nullopt);
  EXPECT_EQ(fields.Single(FieldName::kOrigin), "");
  EXPECT_EQ(Fields().Single(FieldName::kVia), std::nullopt);
}

TEST(FieldsTest, FindsTheFirstFieldOfAName) {
  const std::vector<Field> lines = {{"Accept", "*"}, {"Via", "1"}, {"via", "2"}};
  const Fields fields(lines);
  EXPECT_EQ(fields.First(FieldName::kVia), "1");
  EXPECT_TRUE(fields.Has(FieldName::kVia));
  EXPECT_EQ(fields.First(FieldName::kTe), "");
  EXPECT_FALSE(fields.Has(FieldName::kTe));
  EXPECT_EQ(Fields().First(FieldName::kVia), "");
}

// A head may have more lines than a byte can count.
TEST(FieldsTest, FindsAFieldBehindManyOthers) {
  std::vector<Field> lines(300, Field("X-Other", "value"));
  lines.emplace_back("Via", "1");
  EXPECT_EQ(Fields(lines).Single(FieldName::kVia), "1");
}

}  // namespace
}  // namespace viaduct::http
