#include "sidecar/authorize/server/authorize_server.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

#include "api/authorize/v3/external_auth.grpc.pb.h"
#include "net/address.h"
#include "tests/support/log_lines.h"
#include "tests/support/scripted_peer.h"
#include "tests/support/sidecar_fixture.h"
#include "tests/support/socket_path.h"

namespace viaduct::sidecar {
namespace {

namespace v3 = envoy::service::auth::v3;

v3::CheckRequest Question(const std::string& peer) {
  v3::CheckRequest request;
  request.mutable_attributes()->mutable_source()->mutable_address()->mutable_socket_address()->set_address(peer);
  v3::AttributeContext::HttpRequest& http = *request.mutable_attributes()->mutable_request()->mutable_http();
  http.set_method("GET");
  http.set_path("/a");
  http.set_host("chat.example.com");
  auto& headers = *http.mutable_headers();
  headers["x-forwarded-for"] = "203.0.113.7, 130.176.114.52";
  headers["via"] = "1.1 ece5d4a731ece5ff46c564ab2b946ede.cloudfront.net (CloudFront)";
  headers["x-amz-cf-id"] = "3QinF8qURdlfjvILoXcZZqalpUXpxOCEI4nLyjxNpODDTK1thF1D7w==";
  return request;
}

// A sidecar, with a server of questions beside it.
class AuthorizeServerTest : public SidecarTest {
 protected:
  void StartServing(const std::string& address, const std::string& more = "") {
    Start({.yaml = "authorize: {grpc_listen: '" + address + "'" + more + "}\n"});
    server_ = AuthorizeServer::Start(
                  net::SocketAddress::Parse(address).value(), [this] { return sidecar().server().config(); },
                  sidecar().server().check_log())
                  .value();
    stub_ = v3::Authorization::NewStub(
        grpc::CreateChannel(server_->address().ToString(), grpc::InsecureChannelCredentials()));
  }
  void TearDown() override {
    stub_.reset();
    server_.reset();
  }

  v3::CheckResponse Ask(const v3::CheckRequest& question) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    context.set_wait_for_ready(true);
    v3::CheckResponse response;
    const grpc::Status status = stub_->Check(&context, question, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }

  std::unique_ptr<AuthorizeServer> server_;
  std::unique_ptr<v3::Authorization::Stub> stub_;
};

TEST_F(AuthorizeServerTest, QuestionsAreAnsweredLoggedAndCounted) {
  StartServing("127.0.0.1:0");
  const v3::CheckResponse yes = Ask(Question("127.0.0.9"));
  EXPECT_TRUE(yes.has_status());
  EXPECT_EQ(yes.status().code(), 0);
  EXPECT_EQ(yes.ok_response().headers(0).header().value(), "203.0.113.7");
  const v3::CheckResponse no = Ask(Question("10.0.0.9"));
  EXPECT_EQ(no.status().code(), 7);
  EXPECT_EQ(no.denied_response().status().code(), 403);
  EXPECT_EQ(Ask(v3::CheckRequest()).status().code(), 7);

  LogRecord line = sidecar().log().Wait({{"msg", "authorize"}, {"verdict", "allow"}});
  EXPECT_EQ(line.at("peer"), "127.0.0.9");
  EXPECT_EQ(line.at("viewer"), "203.0.113.7");
  EXPECT_EQ(line.at("form"), "grpc");
  EXPECT_EQ(line.at("proxy").substr(0, 10), "127.0.0.1:");
  line = sidecar().log().Wait({{"msg", "authorize"}, {"denyReason", "untrusted_peer"}});
  EXPECT_EQ(line.at("status"), "403");
  EXPECT_EQ(sidecar().Metric("viaduct_authorize_allowed_total{form=\"grpc\"}"), 1);
  EXPECT_EQ(sidecar().Metric("viaduct_authorize_denied_total{form=\"grpc\",reason=\"untrusted_peer\"}"), 1);
  EXPECT_EQ(sidecar().Metric("viaduct_authorize_denied_total{form=\"grpc\",reason=\"peer_missing\"}"), 1);
}

TEST_F(AuthorizeServerTest, AProxyFromElsewhereIsDenied) {
  StartServing("127.0.0.1:0", ", trusted_proxies: [10.0.0.0/8]");
  EXPECT_EQ(Ask(Question("127.0.0.9")).status().code(), 7);
  EXPECT_FALSE(sidecar().log().Wait({{"msg", "authorize"}, {"denyReason", "untrusted_proxy"}}).empty());
}

TEST_F(AuthorizeServerTest, WhoeverMayOpenTheUnixSocketMayAsk) {
  const SocketPath socket;
  StartServing("unix:" + socket.path(), ", trusted_proxies: [10.0.0.0/8]");
  EXPECT_EQ(Ask(Question("127.0.0.9")).status().code(), 0);
  EXPECT_EQ(sidecar().log().Wait({{"msg", "authorize"}}).at("proxy"), "unix:");
}

TEST_F(AuthorizeServerTest, AnAddressThatCannotBeOpenedIsNamed) {
  StartServing("127.0.0.1:0");
  const auto second = AuthorizeServer::Start(
      server_->address(), [this] { return sidecar().server().config(); }, sidecar().server().check_log());
  EXPECT_NE(std::string(second.status().message()).find(server_->address().ToString()), std::string::npos)
      << second.status();
}

}  // namespace
}  // namespace viaduct::sidecar
