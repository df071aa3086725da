// The caller in the audit log, on each kind of port.
#include "ops/admin/admin_audit.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "api/admin/v1/chat_admin.grpc.pb.h"
#include "net/address.h"
#include "ops/admin/admin_credentials.h"
#include "ops/admin/admin_listener.h"
#include "ops/admin/admin_refusals.h"
#include "ops/admin/admin_server.h"
#include "ops/log/log_sink.h"
#include "tests/support/log_lines.h"
#include "tests/support/raw_peer.h"
#include "tests/support/socket_path.h"
#include "tests/support/test_certificates.h"

namespace viaduct::ops {
namespace {

constexpr char kToken[] = "0123456789abcdef";

// Records each CloseConnection, and answers it with NOT_FOUND.
class Closing final : public admin::v1::ChatAdmin::Service {
 public:
  explicit Closing(const AdminAudit* audit) : audit_(audit) {}

  grpc::Status CloseConnection(grpc::ServerContext* context, const admin::v1::CloseConnectionRequest* request,
                               admin::v1::CloseConnectionResponse*) override {
    return audit_->Note(*context, {.method = "CloseConnection", .resource = request->name(), .count = 7},
                        grpc::Status(grpc::StatusCode::NOT_FOUND, "gone"));
  }

 private:
  const AdminAudit* const audit_;
};

class AdminAuditTest : public testing::Test {
 protected:
  void Serve(const AdminListener& listener) {
    credentials_ = std::make_unique<AdminCredentials>(listener, &logger_, &reloads_);
    audit_ = std::make_unique<AdminAudit>(&logger_, credentials_.get());
    service_ = std::make_unique<Closing>(audit_.get());
    auto server = AdminServer::Start(listener, {{service_.get(), "service"}}, 1 << 20, credentials_.get(), &refusals_);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }

  // Makes a call, and takes its line out of the log.
  LogRecord LineOf(const std::string& target, const std::shared_ptr<grpc::ChannelCredentials>& credentials,
                   const std::string& name, const std::string& token = "") {
    const auto stub = admin::v1::ChatAdmin::NewStub(grpc::CreateChannel(target, credentials));
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + RawPeer::kTimeout);
    if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
    admin::v1::CloseConnectionRequest request;
    request.set_name(name);
    request.set_reason("a secret");
    admin::v1::CloseConnectionResponse response;
    EXPECT_EQ(stub->CloseConnection(&context, request, &response).error_code(), grpc::StatusCode::NOT_FOUND);
    LogRecord line = log_.Wait({{"msg", "admin call"}});
    EXPECT_EQ(line["method"], "CloseConnection");
    EXPECT_EQ(line["result"], "NOT_FOUND");
    EXPECT_EQ(line["count"], "7");
    EXPECT_EQ(line.count("reason"), 0u);
    return line;
  }

  static AdminListener OnTcp() {
    AdminListener listener;
    listener.tcp.emplace();
    listener.tcp->listen = *net::SocketAddress::Parse("127.0.0.1:0");
    return listener;
  }

  LogCatcher log_;
  LogSink sink_{log_.write_fd()};
  const Logger logger_{&sink_};
  AdminRefusals refusals_{&logger_};
  ReloadCounts reloads_;
  std::unique_ptr<AdminCredentials> credentials_;
  std::unique_ptr<AdminAudit> audit_;
  std::unique_ptr<Closing> service_;
  std::unique_ptr<AdminServer> server_;
};

TEST_F(AdminAuditTest, OnTheSocketItIsTheSocket) {
  const SocketPath socket;
  Serve({.unix_socket = *net::SocketAddress::Parse("unix:" + socket.path()), .tcp = {}});
  LogRecord line = LineOf("unix:" + socket.path(), grpc::InsecureChannelCredentials(), "connections/1");
  EXPECT_EQ(line["resource"], "connections/1");
  EXPECT_EQ(line["caller"], "socket");
  EXPECT_EQ(line["callerName"], "");
  EXPECT_EQ(line["peer"].substr(0, 5), "unix:");
}

TEST_F(AdminAuditTest, ATokenIsToldByItsName) {
  AdminListener listener = OnTcp();
  listener.tcp->tokens = AdminTokens::Parse(std::string("deploy-bot ") + kToken + "\n" + kToken + "-other").value();
  Serve(listener);
  const auto plain = grpc::InsecureChannelCredentials();
  LogRecord line = LineOf(server_->tcp_address(), plain, "x", kToken);
  EXPECT_EQ(line["caller"], "token");
  EXPECT_EQ(line["callerName"], "deploy-bot");
  EXPECT_EQ(line["peer"].substr(0, 15), "ipv4:127.0.0.1:");
  EXPECT_EQ(LineOf(server_->tcp_address(), plain, "x", std::string(kToken) + "-other")["callerName"], "unnamed");
}

TEST_F(AdminAuditTest, ACertificateIsToldByItsName) {
  const TestAuthority authority("ours");
  const TestIdentity server = authority.Issue("server");
  AdminListener listener = OnTcp();
  listener.tcp->tls = {
      .certificate = server.certificate, .private_key = server.private_key, .client_ca = authority.certificate()};
  Serve(listener);
  const TestIdentity alice = authority.Issue("alice");
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = authority.certificate();
  options.pem_private_key = alice.private_key;
  options.pem_cert_chain = alice.certificate;
  LogRecord line = LineOf(server_->tcp_address(), grpc::SslCredentials(options), "x");
  EXPECT_EQ(line["caller"], "certificate");
  EXPECT_EQ(line["callerName"], "alice");
}

TEST_F(AdminAuditTest, ACallWithoutAGoodTokenIsTold) {
  AdminListener listener = OnTcp();
  listener.tcp->tokens = AdminTokens::Parse(kToken).value();
  Serve(listener);
  const auto stub =
      admin::v1::ChatAdmin::NewStub(grpc::CreateChannel(server_->tcp_address(), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + RawPeer::kTimeout);
  context.AddMetadata("authorization", "Bearer a-guess-of-somebody");
  admin::v1::CloseConnectionResponse response;
  EXPECT_EQ(stub->CloseConnection(&context, {}, &response).error_code(), grpc::StatusCode::UNAUTHENTICATED);
  LogRecord line = log_.Wait({{"msg", "admin call refused"}});
  EXPECT_EQ(line["level"], "warn");
  EXPECT_EQ(line["method"], "/viaduct.admin.v1.ChatAdmin/CloseConnection");
  EXPECT_EQ(line["reason"], "wrong_token");
  EXPECT_TRUE(log_.rest().empty()) << "the call did not get to the service";
}

TEST_F(AdminAuditTest, OnlyTheBeginningOfALongResourceIsLogged) {
  const SocketPath socket;
  Serve({.unix_socket = *net::SocketAddress::Parse("unix:" + socket.path()), .tcp = {}});
  LogRecord line =
      LineOf("unix:" + socket.path(), grpc::InsecureChannelCredentials(), std::string(100'000, 'x') + "\n");
  EXPECT_EQ(line["resource"], std::string(256, 'x'));
}

}  // namespace
}  // namespace viaduct::ops
