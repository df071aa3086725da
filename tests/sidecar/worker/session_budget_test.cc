#include "sidecar/worker/session_budget.h"

#include <gtest/gtest.h>

#include <string>

#include "api/sidecar/v1/sidecar.pb.h"
#include "ops/config/config_file.h"
#include "sidecar/config/config.h"

namespace viaduct::sidecar {
namespace {

SidecarConfig Config(const std::string& further) {
  sidecar::v1::SidecarConfig proto;
  const std::string text =
      "listen: 127.0.0.1:0\nvpc_origin: {mode: ALB, trusted_peers: [10.0.0.0/8]}\nupstream: {address: "
      "\"127.0.0.1:1\"}\n" +
      further;
  ops::ConfigFile::Parse("test.yaml", text, &proto).value();
  return SidecarConfig::Create(&proto).value();
}

TEST(SessionBudgetTest, SessionsHaveTwoDescriptorsEachAndTheRestIsCountedToo) {
  const SidecarConfig config = Config("workers: 2\nlimits: {max_sessions: 1000}\n");
  const ops::DescriptorBudget budget = DescriptorBudgetOf(config);
  // Operators and one probe; for each worker its loop and listener, its pipe, the reserve and idle upstream
  // connections.
  EXPECT_EQ(budget.own, ops::DescriptorBudget::kOperators + 1u + 2u * (3u + 2u + 32u + 32u));
  EXPECT_EQ(budget.Need(1000), budget.own + 2000u);
}

TEST(SessionBudgetTest, EnoughDescriptorsLeaveTheConfigAsItIs) {
  const SidecarConfig config =
      Config("workers: 1\nlimits: {max_sessions: 1000, max_tunnels_per_viewer: 900, max_requests_per_viewer: 0}\n");
  const SessionLimits limits = LimitsInForce(config, DescriptorBudgetOf(config).Need(1000));
  EXPECT_EQ(limits, (SessionLimits{.max_sessions = 1000, .max_tunnels_per_viewer = 900, .max_requests_per_viewer = 0}));
}

TEST(SessionBudgetTest, FewerSessionsLeaveAViewerNoMoreThanItsShareOfThem) {
  const SidecarConfig config =
      Config("workers: 1\nlimits: {max_sessions: 20000, max_tunnels_per_viewer: 9000, max_requests_per_viewer: 150}\n");
  const SessionLimits limits = LimitsInForce(config, DescriptorBudgetOf(config).Need(2000));
  EXPECT_EQ(limits,
            (SessionLimits{.max_sessions = 2000, .max_tunnels_per_viewer = 1000, .max_requests_per_viewer = 150}));
}

TEST(SessionBudgetTest, AnyNumberStaysAnyNumber) {
  const SidecarConfig config = Config("workers: 1\nlimits: {max_tunnels_per_viewer: 0, max_requests_per_viewer: 0}\n");
  const SessionLimits limits = LimitsInForce(config, 1024);
  EXPECT_LT(limits.max_sessions, 512);
  EXPECT_EQ(limits.max_tunnels_per_viewer, 0);
  EXPECT_EQ(limits.max_requests_per_viewer, 0);
}

}  // namespace
}  // namespace viaduct::sidecar
