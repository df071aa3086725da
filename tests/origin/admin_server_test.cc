// Where and to whom the admin API is served.
#include "origin/admin_server.h"

#include <grpcpp/grpcpp.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <memory>
#include <string>

#include "api/admin/v1/chat_admin.grpc.pb.h"
#include "net/listener.h"
#include "tests/origin/running_chat.h"
#include "tests/support/raw_peer.h"
#include "tests/support/socket_path.h"
#include "tests/support/test_certificates.h"
#include "third_party/grpc/health/v1/health.grpc.pb.h"

namespace viaduct {
namespace {

constexpr char kToken[] = "0123456789abcdef";

absl::StatusOr<std::unique_ptr<AdminServer>> Serve(RunningChat* running, const OriginConfig& config) {
  return AdminServer::Start(config, &running->chat().control(), &running->chat().feed());
}

OriginConfig OnSocket(const SocketPath& socket) {
  OriginConfig config = RunningChat::Config();
  config.admin_unix_socket = *SocketAddress::Parse("unix:" + socket.path());
  return config;
}

OriginConfig OnTcp(const std::string& token) {
  OriginConfig config = RunningChat::Config();
  config.admin_tcp.emplace();
  config.admin_tcp->listen = *SocketAddress::Parse("127.0.0.1:0");
  config.admin_tcp->bearer_token = token;
  return config;
}

void Prepare(grpc::ClientContext* context, const std::string& authorization) {
  context->set_deadline(std::chrono::system_clock::now() + RawPeer::kTimeout);
  if (!authorization.empty()) context->AddMetadata("authorization", authorization);
}

// The code of a GetStats call.
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
  RunningChat running;
  const SocketPath socket;
  const mode_t before = ::umask(0);
  auto admin = Serve(&running, OnSocket(socket));
  EXPECT_EQ(::umask(before), 0u) << "the umask is put back";
  ASSERT_TRUE(admin.ok()) << admin.status();
  EXPECT_EQ(ModeOf(socket.path()) & 07777, 0660u);
  EXPECT_EQ((*admin)->unix_address(), "unix:" + socket.path());
  EXPECT_EQ((*admin)->tcp_address(), "");
  EXPECT_EQ(CallWith("unix:" + socket.path(), grpc::InsecureChannelCredentials()), grpc::StatusCode::OK);
  EXPECT_EQ(HealthWith("unix:" + socket.path()), grpc::StatusCode::OK);
  admin->reset();
  struct stat file{};
  EXPECT_NE(::lstat(socket.path().c_str(), &file), 0);
}

TEST(AdminServerTest, TheModeDoesNotDependOnANarrowerUmask) {
  RunningChat running;
  const SocketPath socket;
  const mode_t before = ::umask(0077);
  auto admin = Serve(&running, OnSocket(socket));
  ::umask(before);
  ASSERT_TRUE(admin.ok()) << admin.status();
  EXPECT_EQ(ModeOf(socket.path()) & 07777, 0660u);
}

TEST(AdminServerTest, AStaleSocketIsReplaced) {
  RunningChat running;
  const SocketPath socket;
  {
    auto dead = BindListener(*SocketAddress::Parse("unix:" + socket.path()));
  }
  ASSERT_TRUE(S_ISSOCK(ModeOf(socket.path())));
  auto admin = Serve(&running, OnSocket(socket));
  ASSERT_TRUE(admin.ok()) << admin.status();
  EXPECT_EQ(CallWith("unix:" + socket.path(), grpc::InsecureChannelCredentials()), grpc::StatusCode::OK);
}

TEST(AdminServerTest, ALivingServersSocketIsNot) {
  RunningChat running;
  const SocketPath socket;
  auto first = Serve(&running, OnSocket(socket));
  ASSERT_TRUE(first.ok()) << first.status();
  const auto second = Serve(&running, OnSocket(socket));
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.status().ToString().find("cannot listen on unix:" + socket.path()), std::string::npos);
  EXPECT_EQ(CallWith("unix:" + socket.path(), grpc::InsecureChannelCredentials()), grpc::StatusCode::OK);
}

TEST(AdminServerTest, AFileThatIsNoSocketIsLeftAlone) {
  RunningChat running;
  const SocketPath socket;
  std::ofstream(socket.path()) << "precious";
  const auto admin = Serve(&running, OnSocket(socket));
  ASSERT_FALSE(admin.ok());
  EXPECT_NE(admin.status().ToString().find("cannot listen on unix:" + socket.path()), std::string::npos);
  std::string content;
  std::ifstream(socket.path()) >> content;
  EXPECT_EQ(content, "precious");
}

TEST(AdminServerTest, ADirectoryThatIsMissingIsAnError) {
  RunningChat running;
  OriginConfig config = RunningChat::Config();
  config.admin_unix_socket = *SocketAddress::Parse("unix:/nowhere/at/all");
  const auto admin = Serve(&running, config);
  ASSERT_FALSE(admin.ok());
  EXPECT_NE(admin.status().ToString().find("unix:/nowhere/at/all"), std::string::npos);
}

// ---- On TCP.

TEST(AdminServerTest, WithoutTheTokenNothingIsServedOnTcp) {
  RunningChat running;
  auto admin = Serve(&running, OnTcp(kToken));
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
  }
}

TEST(AdminServerTest, TwoTokensAreNoToken) {
  RunningChat running;
  auto admin = Serve(&running, OnTcp(kToken));
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
  RunningChat running;
  auto first = Serve(&running, OnTcp(kToken));
  ASSERT_TRUE(first.ok()) << first.status();
  OriginConfig config = OnTcp(kToken);
  config.admin_tcp->listen = *SocketAddress::Parse((*first)->tcp_address());
  const auto second = Serve(&running, config);
  ASSERT_FALSE(second.ok());
  EXPECT_NE(second.status().ToString().find("cannot listen on " + (*first)->tcp_address()), std::string::npos)
      << second.status();
}

TEST(AdminServerTest, OnlyClientsWithACertificateOfTheAuthorityAreServed) {
  RunningChat running;
  const TestAuthority ours("ours");
  const TestAuthority theirs("theirs");
  const TestIdentity server = ours.Issue("server");
  OriginConfig config = OnTcp("");
  config.admin_tcp->certificate = server.certificate;
  config.admin_tcp->private_key = server.private_key;
  config.admin_tcp->client_ca = ours.certificate();
  auto admin = Serve(&running, config);
  ASSERT_TRUE(admin.ok()) << admin.status();
  const std::string target = (*admin)->tcp_address();
  EXPECT_EQ(CallWith(target, Tls(ours.certificate(), ours.Issue("client"))), grpc::StatusCode::OK);
  EXPECT_NE(CallWith(target, Tls(ours.certificate(), theirs.Issue("client"))), grpc::StatusCode::OK);
  EXPECT_NE(CallWith(target, Tls(ours.certificate(), {})), grpc::StatusCode::OK);
  EXPECT_NE(CallWith(target, Tls(theirs.certificate(), ours.Issue("client"))), grpc::StatusCode::OK);
  EXPECT_NE(CallWith(target, grpc::InsecureChannelCredentials()), grpc::StatusCode::OK);
}

TEST(AdminServerTest, CertificateAndTokenMayBothBeRequired) {
  RunningChat running;
  const TestAuthority authority("ca");
  const TestIdentity server = authority.Issue("server");
  OriginConfig config = OnTcp(kToken);
  config.admin_tcp->certificate = server.certificate;
  config.admin_tcp->private_key = server.private_key;
  config.admin_tcp->client_ca = authority.certificate();
  auto admin = Serve(&running, config);
  ASSERT_TRUE(admin.ok()) << admin.status();
  const std::string target = (*admin)->tcp_address();
  const std::string right = std::string("Bearer ") + kToken;
  EXPECT_EQ(CallWith(target, Tls(authority.certificate(), authority.Issue("client")), right), grpc::StatusCode::OK);
  EXPECT_EQ(CallWith(target, Tls(authority.certificate(), authority.Issue("client"))),
            grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_NE(CallWith(target, Tls(authority.certificate(), {}), right), grpc::StatusCode::OK);
}

TEST(AdminServerTest, ATokenOverTlsNeedsNoClientCertificate) {
  RunningChat running;
  const TestAuthority authority("ca");
  const TestIdentity server = authority.Issue("server");
  OriginConfig config = OnTcp(kToken);
  config.admin_tcp->certificate = server.certificate;
  config.admin_tcp->private_key = server.private_key;
  auto admin = Serve(&running, config);
  ASSERT_TRUE(admin.ok()) << admin.status();
  const std::string right = std::string("Bearer ") + kToken;
  EXPECT_EQ(CallWith((*admin)->tcp_address(), Tls(authority.certificate(), {}), right), grpc::StatusCode::OK);
  EXPECT_EQ(CallWith((*admin)->tcp_address(), Tls(authority.certificate(), {})), grpc::StatusCode::UNAUTHENTICATED);
}

TEST(AdminServerTest, NothingIsServedIfNothingIsConfigured) {
  RunningChat running;
  auto admin = Serve(&running, RunningChat::Config());
  ASSERT_TRUE(admin.ok()) << admin.status();
  EXPECT_EQ((*admin)->unix_address(), "");
  EXPECT_EQ((*admin)->tcp_address(), "");
}

}  // namespace
}  // namespace viaduct
