#include <gmock/gmock.h>

#include "tests/filter/envoy_module/hooks_test_case.h"

namespace viaduct::filter {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::Pair;

TEST_F(HooksTest, ARequestOfOurVpcOriginGoesOn) {
  ASSERT_TRUE(Configure(kSettings));
  EXPECT_EQ(Ask(), AbiHeadersStatus::kContinue);
  EXPECT_EQ(TheEnvoy().replies, 0);
  EXPECT_THAT(TheEnvoy().headers, Contains(Pair("x-viaduct-viewer-address", "2001:db8::7334")));
  EXPECT_THAT(TheEnvoy().counters, ElementsAre(Pair("allowed", 1)));
  EXPECT_EQ(TheEnvoy().metadata["viaduct.vpc_origin:edge"], "130.176.114.52");
}

TEST_F(HooksTest, AnotherIsAnswered) {
  ASSERT_TRUE(Configure(kSettings));
  TheEnvoy().headers.emplace_back("x-amz-cf-id", "forged");
  EXPECT_EQ(Ask(), AbiHeadersStatus::kStopIteration);
  EXPECT_EQ(TheEnvoy().replies, 1);
  EXPECT_EQ(TheEnvoy().status, 403u);
  EXPECT_EQ(TheEnvoy().details, "vpc_origin_denied{cf_id_repeated}");
  EXPECT_THAT(TheEnvoy().counters, ElementsAre(Pair("denied{cf_id_repeated}", 1)));
}

TEST_F(HooksTest, BadSettingsAreRefusedInWords) {
  EXPECT_FALSE(Configure(R"({"mode": "ALB", "trusted_peers": ["10.0.0.0/33"]})"));
  EXPECT_THAT(TheEnvoy().log,
              ElementsAre("viaduct vpc_origin: trusted_peers[0]: \"10.0.0.0/33\": prefix length exceeds 32"));
}

TEST_F(HooksTest, WithoutCountersThereIsNoConfiguration) {
  TheEnvoy().defines_counters = false;
  EXPECT_FALSE(Configure(kSettings));
}

TEST_F(HooksTest, AnExceptionIsAnsweredAndGoesNoFurther) {
  ASSERT_TRUE(Configure(kSettings));
  TheEnvoy().fails = true;
  EXPECT_EQ(Ask(), AbiHeadersStatus::kStopIteration);
  EXPECT_EQ(TheEnvoy().replies, 1);
  EXPECT_EQ(TheEnvoy().status, 500u);
  EXPECT_EQ(TheEnvoy().details, "vpc_origin_error");
  EXPECT_THAT(TheEnvoy().log, ElementsAre("viaduct vpc_origin: an error that must not be: a fault of the test"));
}

TEST_F(HooksTest, HeadersThatCannotBeReadAreDenied) {
  ASSERT_TRUE(Configure(kSettings));
  TheEnvoy().headers.clear();
  EXPECT_EQ(Ask(), AbiHeadersStatus::kStopIteration);
  EXPECT_EQ(TheEnvoy().status, 403u);
}

// Envoy calls some hooks for requests that it has answered itself before any filter has seen them.
TEST_F(HooksTest, EveryHookWorksOnAStreamWithoutRequestHeaders) {
  ASSERT_TRUE(Configure(kSettings));
  void* const stream = &TheEnvoy();
  const void* const filter = envoy_dynamic_module_on_http_filter_new(config_, stream);
  ASSERT_NE(filter, nullptr);
  EXPECT_EQ(envoy_dynamic_module_on_http_filter_request_body(stream, filter, true), AbiBodyStatus::kContinue);
  EXPECT_EQ(envoy_dynamic_module_on_http_filter_request_trailers(stream, filter), AbiTrailersStatus::kContinue);
  EXPECT_EQ(envoy_dynamic_module_on_http_filter_local_reply(stream, filter, 400, {}, false),
            AbiLocalReplyStatus::kContinue);
  EXPECT_EQ(envoy_dynamic_module_on_http_filter_response_headers(stream, filter, false), AbiHeadersStatus::kContinue);
  EXPECT_EQ(envoy_dynamic_module_on_http_filter_response_body(stream, filter, true), AbiBodyStatus::kContinue);
  EXPECT_EQ(envoy_dynamic_module_on_http_filter_response_trailers(stream, filter), AbiTrailersStatus::kContinue);
  envoy_dynamic_module_on_http_filter_stream_complete(stream, filter);
  envoy_dynamic_module_on_http_filter_destroy(filter);
  EXPECT_EQ(TheEnvoy().replies, 0);
}

TEST_F(HooksTest, Envoy140ShowsTheBalancerBehindAProxyHeader) {
  EXPECT_STREQ(envoy_dynamic_module_on_program_init(), "v0.2.0");
  ASSERT_TRUE(Configure(R"({"mode": "NLB", "trusted_peers": ["10.10.8.0/24"]})"));
  for (auto& [name, value] : TheEnvoy().headers) {
    if (name == "x-forwarded-for") value = "2001:db8::7334";
  }
  TheEnvoy().client = "130.176.114.52:46532";
  TheEnvoy().client_port = 46532;
  EXPECT_EQ(Ask(), AbiHeadersStatus::kContinue);
  EXPECT_EQ(TheEnvoy().metadata["viaduct.vpc_origin:edge"], "130.176.114.52");
}

}  // namespace
}  // namespace viaduct::filter
