// The ports of the admin API and their access control.
#include "ops/admin/admin_server.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <future>
#include <memory>
#include <string>
#include <utility>

#include "api/admin/v1/chat_admin.grpc.pb.h"
#include "net/listener.h"
#include "ops/admin/admin_credentials.h"
#include "ops/admin/admin_refusals.h"
#include "ops/log/log_sink.h"
#include "ops/log/logger.h"
#include "ops/metrics/reload_counts.h"
#include "tests/support/log_lines.h"
#include "tests/support/raw_peer.h"
#include "tests/support/socket_path.h"
#include "tests/support/test_certificates.h"
#include "third_party/grpc/health/v1/health.grpc.pb.h"

namespace viaduct::ops {
namespace {

constexpr char kToken[] = "0123456789abcdef";

// Answers GetStats, and so stands for any service.
class Stats final : public admin::v1::ChatAdmin::Service {
  grpc::Status GetStats(grpc::ServerContext*, const admin::v1::GetStatsRequest*,
                        admin::v1::GetStatsResponse*) override {
    return grpc::Status::OK;
  }
};

// A server and its parameters.
struct Served {
  std::unique_ptr<LogCatcher> log;
  std::unique_ptr<LogSink> sink;
  std::unique_ptr<const Logger> logger;
  std::unique_ptr<AdminRefusals> refusals;
  std::unique_ptr<ReloadCounts> reloads;
  std::unique_ptr<AdminCredentials> credentials;
  std::unique_ptr<AdminServer> server;

  const AdminServer* operator->() const { return server.get(); }
  void reset() { server.reset(); }
};

absl::StatusOr<Served> Serve(Stats* stats, const AdminListener& listener) {
  Served served;
  served.log = std::make_unique<LogCatcher>();
  served.sink = std::make_unique<LogSink>(served.log->write_fd());
  served.logger = std::make_unique<const Logger>(served.sink.get());
  served.refusals = std::make_unique<AdminRefusals>(served.logger.get());
  served.reloads = std::make_unique<ReloadCounts>();
  served.credentials = std::make_unique<AdminCredentials>(listener, served.logger.get(), served.reloads.get());
  absl::StatusOr<std::unique_ptr<AdminServer>> server =
      AdminServer::Start(listener, {stats}, 1 << 20, served.credentials.get(), served.refusals.get());
  if (!server.ok()) return server.status();
  served.server = *std::move(server);
  return served;
}

AdminListener OnSocket(const SocketPath& socket) {
  AdminListener config;
  config.unix_socket = *net::SocketAddress::Parse("unix:" + socket.path());
  return config;
}

AdminListener OnTcp(const std::string& token) {
  AdminListener config;
  config.tcp.emplace();
  config.tcp->listen = *net::SocketAddress::Parse("127.0.0.1:0");
  if (!token.empty()) config.tcp->tokens = AdminTokens::Parse(token).value();
  return config;
}

void Prepare(grpc::ClientContext* context, const std::string& authorization) {
  context->set_deadline(std::chrono::system_clock::now() + RawPeer::kTimeout);
  if (!authorization.empty()) context->AddMetadata("authorization", authorization);
}

// Returns the code of a GetStats call.
grpc::StatusCode CallWith(const std::string& target, const std::shared_ptr<grpc::ChannelCredentials>& credentials,
                          const std::string& authorization = "") {
  const auto stub = admin::v1::ChatAdmin::NewStub(grpc::CreateChannel(target, credentials));
  grpc::ClientContext context;
  Prepare(&context, authorization);
  admin::v1::GetStatsResponse response;
  return stub->GetStats(&context, admin::v1::GetStatsRequest(), &response).error_code();
}

grpc::StatusCode HealthWith(const std::string& target, const std::string& authorization = "") {
  const auto stub = grpc::health::v1::Health::NewStub(grpc::CreateChannel(target, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  Prepare(&context, authorization);
  grpc::health::v1::HealthCheckResponse response;
  const grpc::Status status = stub->Check(&context, grpc::health::v1::HealthCheckRequest(), &response);
  if (status.ok()) EXPECT_EQ(response.status(), grpc::health::v1::HealthCheckResponse::SERVING);
  return status.error_code();
}

// Returns the code of a channelz call. Its request has no field that must be set, and no stub of it is installed.
grpc::StatusCode ChannelzWith(const std::string& target, const std::string& authorization = "") {
  grpc::GenericStub stub(grpc::CreateChannel(target, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  Prepare(&context, authorization);
  const grpc::Slice empty;
  const grpc::ByteBuffer request(&empty, 1);
  grpc::ByteBuffer response;
  std::promise<grpc::Status> status;
  stub.UnaryCall(&context, "/grpc.channelz.v1.Channelz/GetServers", grpc::StubOptions(), &request, &response,
                 [&status](grpc::Status s) { status.set_value(std::move(s)); });
  return status.get_future().get().error_code();
}

std::shared_ptr<grpc::ChannelCredentials> Tls(const std::string& authority, const TestIdentity& identity) {
  grpc::SslCredentialsOptions options;
  options.pem_root_certs = authority;
  options.pem_private_key = identity.private_key;
  options.pem_cert_chain = identity.certificate;
  return grpc::SslCredentials(options);
}

mode_t ModeOf(const std::string& path) {
  struct stat file{};
  EXPECT_EQ(::lstat(path.c_str(), &file), 0) << path;
  return file.st_mode;
}

// ---- On a Unix socket.

TEST(AdminServerTest, TheSocketIsForOwnerAndGroupOnlyAndGoesWithTheServer) {
  Stats stats;
  const SocketPath socket;
  const mode_t before = ::umask(0);
  auto admin = Serve(&stats, OnSocket(socket));
  EXPECT_EQ(::umask(before), 0u) << "the umask is put back";
  ASSERT_TRUE(admin.ok()) << admin.status();
  EXPECT_EQ(ModeOf(socket.path()) & 07777, 0660u);
  EXPECT_EQ((*admin)->unix_address(), "unix:" + socket.path());
  EXPECT_EQ((*admin)->tcp_address(), "");
  EXPECT_EQ(CallWith("unix:" + socket.path(), grpc::InsecureChannelCredentials()), grpc::StatusCode::OK);
  EXPECT_EQ(HealthWith("unix:" + socket.path()), grpc::StatusCode::OK);
  EXPECT_EQ(ChannelzWith("unix:" + socket.path()), grpc::StatusCode::OK);
  admin->reset();
  struct stat file{};
  EXPECT_NE(::lstat(socket.path().c_str(), &file), 0);
}

TEST(AdminServerTest, TheModeDoesNotDependOnANarrowerUmask) {
  Stats stats;
  const SocketPath socket;
  const mode_t before = ::umask(0077);
  auto admin = Serve(&stats, OnSocket(socket));
  ::umask(before);
  ASSERT_TRUE(admin.ok()) << admin.status();
  EXPECT_EQ(ModeOf(socket.path()) & 07777, 0660u);
}

TEST(AdminServerTest, AStaleSocketIsReplaced) {
  Stats stats;
  const SocketPath socket;
  {
    auto dead = net::BindListener(*net::SocketAddress::Parse("unix:" + socket.path()));
  }
  ASSERT_TRUE(S_ISSOCK(ModeOf(socket.path())));
  auto admin = Serve(&stats, OnSocket(socket));
  ASSERT_TRUE(admin.ok()) << admin.status();
  EXPECT_EQ(CallWith("unix:" + socket.path(), grpc::InsecureChannelCredentials()), grpc::StatusCode::OK);
}

TEST(AdminServerTest, ALivingServersSocketIsNot) {
  Stats stats;
  const SocketPath socket;
  auto first = Serve(&stats, OnSocket(socket));
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = Serve(&stats, OnSocket(socket));
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.status().ToString().find("cannot listen on unix:" + socket.path()), std::string::npos);
  EXPECT_EQ(CallWith("unix:" + socket.path(), grpc::InsecureChannelCredentials()), grpc::StatusCode::OK);
}

TEST(AdminServerTest, AFileThatIsNoSocketIsLeftAlone) {
  Stats stats;
  const SocketPath socket;
  std::ofstream(socket.path()) << "precious";
  const auto admin = Serve(&stats, OnSocket(socket));
  ASSERT_FALSE(admin.ok());
  EXPECT_NE(admin.status().ToString().find("cannot listen on unix:" + socket.path()), std::string::npos);
  std::string content;
  std::ifstream(socket.path()) >> content;
  EXPECT_EQ(content, "precious");
}

TEST(AdminServerTest, ADirectoryThatIsMissingIsAnError) {
  Stats stats;
  AdminListener config;
  config.unix_socket = *net::SocketAddress::Parse("unix:/nowhere/at/all");
  const auto admin = Serve(&stats, config);
  ASSERT_FALSE(admin.ok());
  EXPECT_NE(admin.status().ToString().find("unix:/nowhere/at/all"), std::string::npos);
}

// ---- On TCP.

TEST(AdminServerTest, WithoutTheTokenNothingIsServedOnTcp) {
  Stats stats;
  auto admin = Serve(&stats, OnTcp(kToken));
  ASSERT_TRUE(admin.ok()) << admin.status();
  const std::string target = (*admin)->tcp_address();
  const auto plain = grpc::InsecureChannelCredentials();
  const std::string right = std::string("Bearer ") + kToken;
  EXPECT_EQ(CallWith(target, plain, right), grpc::StatusCode::OK);
  EXPECT_EQ(HealthWith(target, right), grpc::StatusCode::OK);
  for (const std::string& wrong : {std::string(), std::string(kToken), std::string("Bearer"), std::string("Bearer "),
                                   right + "0", right.substr(0, right.size() - 1), "Basic " + std::string(kToken),
                                   std::string("Bearer 0123456789abcdeF"), right + " "}) {
    EXPECT_EQ(CallWith(target, plain, wrong), grpc::StatusCode::UNAUTHENTICATED) << wrong;
    EXPECT_EQ(HealthWith(target, wrong), grpc::StatusCode::UNAUTHENTICATED) << wrong;
    EXPECT_EQ(ChannelzWith(target, wrong), grpc::StatusCode::UNAUTHENTICATED) << wrong;
  }
}

TEST(AdminServerTest, TwoTokensAreNoToken) {
  Stats stats;
  auto admin = Serve(&stats, OnTcp(kToken));
  ASSERT_TRUE(admin.ok()) << admin.status();
  const auto stub =
      admin::v1::ChatAdmin::NewStub(grpc::CreateChannel((*admin)->tcp_address(), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  Prepare(&context, std::string("Bearer ") + kToken);
  context.AddMetadata("authorization", "Bearer another-token-0123");
  admin::v1::GetStatsResponse response;
  EXPECT_EQ(stub->GetStats(&context, admin::v1::GetStatsRequest(), &response).error_code(),
            grpc::StatusCode::UNAUTHENTICATED);
}

TEST(AdminServerTest, APortThatIsTakenIsAnError) {
  Stats stats;
  auto first = Serve(&stats, OnTcp(kToken));
  ASSERT_TRUE(first.ok()) << first.status();
  AdminListener config = OnTcp(kToken);
  config.tcp->listen = *net::SocketAddress::Parse((*first)->tcp_address());
  const auto second = Serve(&stats, config);
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.status().ToString().find("cannot listen on " + (*first)->tcp_address()), std::string::npos)
      << second.status();
}

TEST(AdminServerTest, OnlyClientsWithACertificateOfTheAuthorityAreServed) {
  Stats stats;
  const TestAuthority ours("ours");
  const TestAuthority theirs("theirs");
  const TestIdentity server = ours.Issue("server");
  AdminListener config = OnTcp("");
  config.tcp->tls = {
      .certificate = server.certificate, .private_key = server.private_key, .client_ca = ours.certificate()};
  auto admin = Serve(&stats, config);
  ASSERT_TRUE(admin.ok()) << admin.status();
  const std::string target = (*admin)->tcp_address();
  EXPECT_EQ(CallWith(target, Tls(ours.certificate(), ours.Issue("client"))), grpc::StatusCode::OK);
  EXPECT_NE(CallWith(target, Tls(ours.certificate(), theirs.Issue("client"))), grpc::StatusCode::OK);
  EXPECT_NE(CallWith(target, Tls(ours.certificate(), {})), grpc::StatusCode::OK);
  EXPECT_NE(CallWith(target, Tls(theirs.certificate(), ours.Issue("client"))), grpc::StatusCode::OK);
  EXPECT_NE(CallWith(target, grpc::InsecureChannelCredentials()), grpc::StatusCode::OK);
}

TEST(AdminServerTest, CertificateAndTokenMayBothBeRequired) {
  Stats stats;
  const TestAuthority authority("ca");
  const TestIdentity server = authority.Issue("server");
  AdminListener config = OnTcp(kToken);
  config.tcp->tls = {
      .certificate = server.certificate, .private_key = server.private_key, .client_ca = authority.certificate()};
  auto admin = Serve(&stats, config);
  ASSERT_TRUE(admin.ok()) << admin.status();
  const std::string target = (*admin)->tcp_address();
  const std::string right = std::string("Bearer ") + kToken;
  EXPECT_EQ(CallWith(target, Tls(authority.certificate(), authority.Issue("client")), right), grpc::StatusCode::OK);
  EXPECT_EQ(CallWith(target, Tls(authority.certificate(), authority.Issue("client"))),
            grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_NE(CallWith(target, Tls(authority.certificate(), {}), right), grpc::StatusCode::OK);
}

TEST(AdminServerTest, ATokenOverTlsNeedsNoClientCertificate) {
  Stats stats;
  const TestAuthority authority("ca");
  const TestIdentity server = authority.Issue("server");
  AdminListener config = OnTcp(kToken);
  config.tcp->tls = {.certificate = server.certificate, .private_key = server.private_key, .client_ca = {}};
  auto admin = Serve(&stats, config);
  ASSERT_TRUE(admin.ok()) << admin.status();
  const std::string right = std::string("Bearer ") + kToken;
  EXPECT_EQ(CallWith((*admin)->tcp_address(), Tls(authority.certificate(), {}), right), grpc::StatusCode::OK);
  EXPECT_EQ(CallWith((*admin)->tcp_address(), Tls(authority.certificate(), {})), grpc::StatusCode::UNAUTHENTICATED);
}

TEST(AdminServerTest, NothingIsServedIfNothingIsConfigured) {
  Stats stats;
  auto admin = Serve(&stats, {});
  ASSERT_TRUE(admin.ok()) << admin.status();
  EXPECT_EQ((*admin)->unix_address(), "");
  EXPECT_EQ((*admin)->tcp_address(), "");
}

}  // namespace
}  // namespace viaduct::ops
