#include "filter/trusted_fields.h"

#include <gtest/gtest.h>

#include <string_view>

namespace viaduct::filter {
namespace {

TEST(NamesTrustedFieldTest, FindsThemAnywhereInTheList) {
  const std::string_view values[] = {
      "X-Amz-Cf-Id",
      "x-AMZ-cf-id",
      "upgrade, x-amz-cf-id",
      "keep-alive,via",
      "Via , close",
      "X-Forwarded-For",
      "x-forwarded-proto",
      "x-viaduct-viewer-address",
      "host",
      "Origin",
      "Content-Length",
      "transfer-encoding",
      "upgrade, Sec-WebSocket-Key",
      "sec-websocket-version",
      // Not in the grammar, but a server may read it so.
      "\"X-Amz-Cf-Id\"",
      "\"x, x-amz-cf-id",
      "upgrade; x-amz-cf-id",
      "upgrade x-amz-cf-id",
      "(x-amz-cf-id)",
      "X_Amz_Cf_Id",
  };
  for (const std::string_view value : values) EXPECT_TRUE(NamesTrustedField(value, "x-origin-verify")) << value;
}

TEST(NamesTrustedFieldTest, LeavesOthersAlone) {
  const std::string_view values[] = {"",         "upgrade",      "Upgrade",      "keep-alive, Upgrade",
                                     "close",    "te, trailers", "viaduct",      "x-via",
                                     "hostname", "x-amz",        "x-forwarded",  ",,, ,",
                                     "cookie",   "X-Amz-Date",   "websocket-key"};
  for (const std::string_view value : values) EXPECT_FALSE(NamesTrustedField(value, "x-origin-verify")) << value;
}

TEST(NamesTrustedFieldTest, FindsTheSecretsNameIfThereIsOne) {
  for (const std::string_view value : {"X-Origin-Verify", "upgrade, x_origin_verify", "\"x-origin-verify\""}) {
    EXPECT_TRUE(NamesTrustedField(value, "x-origin-verify")) << value;
    EXPECT_FALSE(NamesTrustedField(value, "")) << value;
  }
}

TEST(IsFieldOrAliasTest, FindsTheNameInAnyLettersAndSeparators) {
  for (const std::string_view name : {"x-origin-verify", "X-Origin-Verify", "X_ORIGIN_VERIFY", "x.origin-verify"}) {
    EXPECT_TRUE(IsFieldOrAlias(name, "x-origin-verify")) << name;
  }
  for (const std::string_view name : {"", "x-origin", "x-origin-verify2", "xoriginverify", "x-origin-verifx"}) {
    EXPECT_FALSE(IsFieldOrAlias(name, "x-origin-verify")) << name;
  }
}

TEST(IsTrustedFieldAliasTest, FindsOtherSeparators) {
  const std::string_view names[] = {"X_Amz_Cf_Id",
                                    "x_amz_cf_id",
                                    "X.Amz.Cf.Id",
                                    "X-Amz-Cf_Id",
                                    "X.Forwarded.For",
                                    "x_forwarded_for",
                                    "X-Forwarded_Host",
                                    "Sec_WebSocket_Key",
                                    "Content_Length",
                                    "Transfer.Encoding",
                                    "X_Viaduct_Viewer_Address",
                                    "X!Forwarded~For",
                                    "X-Amz-Cf-Id "};
  for (const std::string_view name : names) EXPECT_TRUE(IsTrustedFieldAlias(name)) << name;
}

TEST(IsTrustedFieldAliasTest, LeavesTheNamesThemselvesAndOthersAlone) {
  const std::string_view names[] = {
      "X-Amz-Cf-Id", "x-forwarded-for", "via",        "Host",        "content-length", "",
      "My_Header",   "x_request_id",    "X_Amz_Date", "X-Forwarded", "user-agent",     "Via_"};
  for (const std::string_view name : names) EXPECT_FALSE(IsTrustedFieldAlias(name)) << name;
}

}  // namespace
}  // namespace viaduct::filter
