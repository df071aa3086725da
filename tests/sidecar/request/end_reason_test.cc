#include "sidecar/request/end_reason.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string_view>

namespace viaduct::sidecar {
namespace {

TEST(EndReasonTest, NamesDifferAndAreOneLowerCaseWord) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kEndReasonCount; ++i) {
    const std::string_view name = EndReasonName(static_cast<EndReason>(i));
    EXPECT_TRUE(names.insert(name).second) << name << " is there twice";
    EXPECT_NE(name, "unknown") << i;
    EXPECT_TRUE(std::all_of(name.begin(), name.end(), [](char c) { return c == '_' || (c >= 'a' && c <= 'z'); }))
        << name;
  }
  EXPECT_EQ(names.size(), kEndReasonCount);
}

// Logs and dashboards are searched by these.
TEST(EndReasonTest, NamesAreStable) {
  EXPECT_EQ(EndReasonName(EndReason::kCompleted), "completed");
  EXPECT_EQ(EndReasonName(EndReason::kBadWebSocketVersion), "bad_websocket_version");
  EXPECT_EQ(EndReasonName(EndReason::kUpstreamResponseTimeout), "upstream_response_timeout");
  EXPECT_EQ(EndReasonName(EndReason::kIdleTimeout), "idle_timeout");
  EXPECT_EQ(EndReasonName(EndReason::kCut), "cut");
}

}  // namespace
}  // namespace viaduct::sidecar
