#include "sidecar/authorize/server/grpc_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "filter/policy.h"
#include "sidecar/authorize/check.h"

namespace viaduct::sidecar {
namespace {

namespace v3 = envoy::service::auth::v3;

using ::testing::ElementsAre;

constexpr std::string_view kSecret = "0123456789abcdef";

constexpr std::pair<std::string_view, std::string_view> kEdge[] = {
    {":authority", "chat.example.com"},
    {":path", "/a?b"},
    {"x-forwarded-for", "203.0.113.7,130.176.114.52"},
    {"via", "1.1 ece5d4a731ece5ff46c564ab2b946ede.cloudfront.net (CloudFront)"},
    {"x-amz-cf-id", "3QinF8qURdlfjvILoXcZZqalpUXpxOCEI4nLyjxNpODDTK1thF1D7w=="},
    {"x-origin-verify", kSecret},
};

class GrpcCheckTest : public testing::Test {
 protected:
  GrpcCheckTest() {
    spec_.trusted_peers = {"10.10.8.0/24"};
    spec_.extra_edges = {"130.176.0.0/16"};
    spec_.hosts = {"chat.example.com"};
    spec_.secret = filter::SecretSpec{.header = "", .values = {{"current", std::string(kSecret)}}};
    request_.mutable_attributes()->mutable_source()->mutable_address()->mutable_socket_address()->set_address(
        "10.10.8.4");
    http().set_method("GET");
    http().set_path("/a?b");
    http().set_host("chat.example.com");
  }

  v3::AttributeContext::HttpRequest& http() {
    return *request_.mutable_attributes()->mutable_request()->mutable_http();
  }
  void AddRaw(std::string_view name, std::string_view value) {
    v3::HeaderValue* header = http().mutable_header_map()->add_headers();
    header->set_key(std::string(name));
    header->set_raw_value(std::string(value));
  }
  void AddEdgeRaw() {
    for (const auto& [name, value] : kEdge) AddRaw(name, value);
  }
  void AddEdgeMap() {
    for (const auto& [name, value] : kEdge) (*http().mutable_headers())[std::string(name)] = std::string(value);
  }
  CheckDecision Decide() { return DecideCheck(ReadGrpcCheck(request_), **filter::Policy::Create(spec_)); }
  v3::CheckResponse Answer() { return GrpcAnswer(Decide(), **filter::Policy::Create(spec_)); }

  filter::PolicySpec spec_;
  v3::CheckRequest request_;
};

// A response without status would mean yes.
void ExpectDenial(const v3::CheckResponse& response) {
  ASSERT_TRUE(response.has_status());
  EXPECT_EQ(response.status().code(), 7);
  ASSERT_TRUE(response.has_denied_response());
  EXPECT_EQ(response.denied_response().status().code(), 403);
  EXPECT_EQ(response.denied_response().body(), "forbidden\n");
  EXPECT_EQ(response.denied_response().headers_size(), 0);
}

TEST_F(GrpcCheckTest, RawHeadersAreReadLineByLine) {
  AddEdgeRaw();
  const Check check = ReadGrpcCheck(request_);
  EXPECT_EQ(check.form, CheckForm::kGrpc);
  EXPECT_EQ(check.method, "GET");
  EXPECT_EQ(check.target, "/a?b");
  EXPECT_EQ(check.peer, "10.10.8.4");
  ASSERT_EQ(check.fields.size(), 5u);
  EXPECT_EQ(check.fields[0].known, http::FieldName::kHost);
  EXPECT_TRUE(Decide().allowed) << Decide().deny_reason();
  AddRaw("via", "1.1 other");
  EXPECT_EQ(Decide().deny_reason(), "via_not_cloudfront");
}

TEST_F(GrpcCheckTest, AMapOfHeadersIsReadToo) {
  AddEdgeMap();
  EXPECT_TRUE(Decide().allowed) << Decide().deny_reason();
  (*http().mutable_headers())["x-amz-cf-id"] = "one,";
  EXPECT_EQ(Decide().deny_reason(), "cf_id_repeated");
}

TEST_F(GrpcCheckTest, AnAllowedRequestGetsItsViewerAndLosesItsSecret) {
  AddEdgeRaw();
  AddRaw("x-viaduct-viewer-address", "1.2.3.4");
  const v3::CheckResponse response = Answer();
  ASSERT_TRUE(response.has_status());
  EXPECT_EQ(response.status().code(), 0);
  ASSERT_EQ(response.ok_response().headers_size(), 1);
  const v3::HeaderValueOption& option = response.ok_response().headers(0);
  EXPECT_EQ(option.header().key(), "x-viaduct-viewer-address");
  EXPECT_EQ(option.header().value(), "203.0.113.7");
  EXPECT_EQ(option.append_action(), v3::HeaderValueOption::OVERWRITE_IF_EXISTS_OR_ADD);
  // A field that is set and removed would be gone.
  EXPECT_THAT(response.ok_response().headers_to_remove(), ElementsAre("x-origin-verify"));
}

TEST_F(GrpcCheckTest, WithoutAProvenViewerItsOwnWordIsRemoved) {
  spec_.enforcements.edge_range = filter::Enforcement::kMonitor;
  spec_.extra_edges = {"192.0.2.0/24"};
  AddEdgeRaw();
  const v3::CheckResponse response = Answer();
  EXPECT_EQ(response.status().code(), 0);
  EXPECT_EQ(response.ok_response().headers_size(), 0);
  EXPECT_THAT(response.ok_response().headers_to_remove(), ElementsAre("x-viaduct-viewer-address", "x-origin-verify"));
}

TEST_F(GrpcCheckTest, EveryOtherAnswerIsADenialWithAStatus) {
  ExpectDenial(GrpcDenial());
  ExpectDenial(Answer());
  ExpectDenial(GrpcAnswer(CheckDecision(), **filter::Policy::Create(spec_)));
  for (const CheckFault fault : kCheckFaults) {
    ExpectDenial(GrpcAnswer(DenyCheck(fault), **filter::Policy::Create(spec_)));
  }
  AddEdgeRaw();
  request_.mutable_attributes()->mutable_source()->clear_address();
  EXPECT_EQ(Decide().deny_reason(), "peer_missing");
  ExpectDenial(Answer());
  request_.Clear();
  ExpectDenial(Answer());
}

TEST_F(GrpcCheckTest, HostIsTheAuthority) {
  AddEdgeRaw();
  http().mutable_header_map()->mutable_headers(0)->set_raw_value("other.example.com");
  EXPECT_EQ(Decide().deny_reason(), "host_not_allowed");
  http().mutable_header_map()->mutable_headers()->DeleteSubrange(0, 1);
  EXPECT_TRUE(Decide().allowed) << "Envoy's own word is left";
  AddRaw("host", "chat.example.com");
  AddRaw(":authority", "chat.example.com");
  EXPECT_EQ(Decide().deny_reason(), "host_not_allowed") << "there are two";
}

TEST_F(GrpcCheckTest, AnUpgradeIsSeen) {
  spec_.origins = {"https://chat.example.com"};
  AddEdgeRaw();
  AddRaw("origin", "https://evil.example");
  EXPECT_TRUE(Decide().allowed);
  AddRaw("upgrade", "websocket");
  EXPECT_EQ(Decide().deny_reason(), "origin_not_allowed");
}

}  // namespace
}  // namespace viaduct::sidecar
