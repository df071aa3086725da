#include "sidecar/request/tunnel_end.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>

namespace viaduct::sidecar {
namespace {

TEST(TunnelEndTest, EveryNameIsInLogSpelling) {
  for (const TunnelEnd end : kTunnelEnds) {
    const std::string_view name = kTunnelEnds.Name(end);
    EXPECT_TRUE(std::all_of(name.begin(), name.end(), [](char c) { return c == '_' || (c >= 'a' && c <= 'z'); }))
        << name;
  }
}

// Logs and dashboards are searched by these names.
TEST(TunnelEndTest, NamesAreStable) {
  EXPECT_EQ(kTunnelEnds.Name(TunnelEnd::kViewerClose), "viewer_close");
  EXPECT_EQ(kTunnelEnds.Name(TunnelEnd::kIdleTimeout), "idle_timeout");
  EXPECT_EQ(kTunnelEnds.Name(TunnelEnd::kUpstreamProtocolError), "upstream_protocol_error");
  EXPECT_EQ(kTunnelEnds.Name(TunnelEnd::kCut), "cut");
}

}  // namespace
}  // namespace viaduct::sidecar
