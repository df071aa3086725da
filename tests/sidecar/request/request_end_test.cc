#include "sidecar/request/request_end.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>

namespace viaduct::sidecar {
namespace {

TEST(RequestEndTest, EveryNameIsInLogSpelling) {
  for (const RequestEnd end : kRequestEnds) {
    const std::string_view name = kRequestEnds.Name(end);
    EXPECT_TRUE(std::all_of(name.begin(), name.end(), [](char c) { return c == '_' || (c >= 'a' && c <= 'z'); }))
        << name;
  }
}

// Logs and dashboards are searched by these names.
TEST(RequestEndTest, NamesAreStable) {
  EXPECT_EQ(kRequestEnds.Name(RequestEnd::kCompleted), "completed");
  EXPECT_EQ(kRequestEnds.Name(RequestEnd::kBadWebSocketVersion), "bad_websocket_version");
  EXPECT_EQ(kRequestEnds.Name(RequestEnd::kUpstreamResponseTimeout), "upstream_response_timeout");
  EXPECT_EQ(kRequestEnds.Name(RequestEnd::kCut), "cut");
}

}  // namespace
}  // namespace viaduct::sidecar
