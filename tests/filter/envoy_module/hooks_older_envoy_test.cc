// The module in an Envoy that lacks what 1.40 has added.

#include <gmock/gmock.h>

#include "tests/filter/envoy_module/hooks_test_case.h"

namespace viaduct::filter {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

using HooksOlderEnvoyTest = HooksTest;

TEST_F(HooksOlderEnvoyTest, ThePeerIsTheClient) {
  EXPECT_STREQ(envoy_dynamic_module_on_program_init(), "v0.1.0");
  ASSERT_TRUE(Configure(kSettings));
  EXPECT_EQ(Ask(), AbiHeadersStatus::kContinue);
}

TEST_F(HooksOlderEnvoyTest, AHiddenPeerIsDenied) {
  ASSERT_TRUE(Configure(kSettings));
  TheEnvoy().client_port = 0;
  EXPECT_EQ(Ask(), AbiHeadersStatus::kStopIteration);
  EXPECT_EQ(TheEnvoy().details, "vpc_origin_denied{peer_not_visible}");
  EXPECT_THAT(TheEnvoy().log, ElementsAre(HasSubstr("use_remote_address: true")));
}

TEST_F(HooksOlderEnvoyTest, ModeNlbIsRefused) {
  EXPECT_FALSE(Configure(R"({"mode": "NLB", "trusted_peers": ["10.10.8.0/24"]})"));
  EXPECT_THAT(TheEnvoy().log, ElementsAre(HasSubstr("mode: NLB needs Envoy 1.40")));
}

}  // namespace
}  // namespace viaduct::filter
