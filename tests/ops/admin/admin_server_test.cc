// The ports of the admin API and their access control.
#include "ops/admin/admin_server.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <future>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

#include "api/admin/v1/chat_admin.grpc.pb.h"
#include "net/listener.h"
#include "ops/admin/admin_credentials.h"
#include "ops/admin/admin_refusals.h"
#include "ops/log/log_sink.h"
#include "ops/log/logger.h"
#include "ops/metrics/metrics_page.h"
#include "ops/metrics/reload_counts.h"
#include "ops/program/descriptor_budget.h"
#include "tests/support/log_lines.h"
#include "tests/support/raw_peer.h"
#include "tests/support/socket_path.h"
#include "tests/support/test_certificates.h"
#include "third_party/grpc/health/v1/health.grpc.pb.h"

namespace viaduct::ops {
namespace {

constexpr char kToken[] = "0123456789abcdef";

// Answers GetStats, and so stands for any service. WatchEvents answers once, and then lasts until its caller is gone.
class Stats final : public admin::v1::ChatAdmin::Service {
 public:
  // The peer of the last call.
  std::string peer() const {
    const std::lock_guard lock(mutex_);
    return peer_;
  }

 private:
  grpc::Status GetStats(grpc::ServerContext* context, const admin::v1::GetStatsRequest*,
                        admin::v1::GetStatsResponse*) override {
    const std::lock_guard lock(mutex_);
    peer_ = context->peer();
    return grpc::Status::OK;
  }

  grpc::Status WatchEvents(grpc::ServerContext* context, const admin::v1::WatchEventsRequest*,
                           grpc::ServerWriter<admin::v1::WatchEventsResponse>* writer) override {
    do {
      writer->Write({});
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    } while (!context->IsCancelled());
    return grpc::Status::OK;
  }

  mutable std::mutex mutex_;
  std::string peer_;
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

absl::StatusOr<Served> Serve(Stats* stats, const AdminListener& listener, const AdminBounds& bounds = {}) {
  Served served;
  served.log = std::make_unique<LogCatcher>();
  served.sink = std::make_unique<LogSink>(served.log->write_fd());
  served.logger = std::make_unique<const Logger>(served.sink.get());
  served.refusals = std::make_unique<AdminRefusals>(served.logger.get());
  served.reloads = std::make_unique<ReloadCounts>();
  served.credentials = std::make_unique<AdminCredentials>(listener, served.logger.get(), served.reloads.get());
  absl::StatusOr<std::unique_ptr<AdminServer>> server =
      AdminServer::Start(listener, {{stats, admin::v1::ChatAdmin::service_full_name()}}, 1 << 20,
                         served.credentials.get(), served.refusals.get(), bounds);
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
  grpc::health::v1::HealthCheckRequest request;
  request.set_service("viaduct.admin.v1.ChatAdmin");
  const grpc::Status status = stub->Check(&context, request, &response);
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
  EXPECT_EQ(CallWith(target, plain, std::string("bEaReR ") + kToken), grpc::StatusCode::OK);
  EXPECT_EQ(HealthWith(target, right), grpc::StatusCode::OK);
  for (const std::string& wrong : {std::string(), std::string(kToken), std::string("Bearer"), std::string("Bearer "),
                                   right + "0", right.substr(0, right.size() - 1), "Basic " + std::string(kToken),
                                   std::string("Bearer 0123456789abcdeF"), right + " "}) {
    EXPECT_EQ(CallWith(target, plain, wrong), grpc::StatusCode::UNAUTHENTICATED) << wrong;
    EXPECT_EQ(HealthWith(target, wrong), grpc::StatusCode::OK) << "a prober needs none: " << wrong;
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

// ---- How many connections there may be, and for how long.

// A channel with a connection of its own, and calls on it.
class Caller {
 public:
  explicit Caller(const std::string& target) : stub_(admin::v1::ChatAdmin::NewStub(OwnChannel(target))) {}

  grpc::StatusCode Call(const std::string& token = kToken) {
    grpc::ClientContext context;
    Prepare(&context, "Bearer " + token);
    admin::v1::GetStatsResponse response;
    return stub_->GetStats(&context, admin::v1::GetStatsRequest(), &response).error_code();
  }

  // Begins a stream, and returns the code of its end once it ends by itself.
  grpc::StatusCode Watch() {
    grpc::ClientContext context;
    Prepare(&context, std::string("Bearer ") + kToken);
    const auto stream = stub_->WatchEvents(&context, admin::v1::WatchEventsRequest());
    admin::v1::WatchEventsResponse event;
    while (stream->Read(&event)) {
    }
    return stream->Finish().error_code();
  }

 private:
  static std::shared_ptr<grpc::Channel> OwnChannel(const std::string& target) {
    grpc::ChannelArguments arguments;
    arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
    return grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
  }

  std::unique_ptr<admin::v1::ChatAdmin::Stub> stub_;
};

TEST(AdminServerTest, APeerThatMakesNoCallIsCutOffAndOthersAreNot) {
  Stats stats;
  auto admin = Serve(&stats, OnTcp(kToken), {.first_call = std::chrono::milliseconds(300)});
  ASSERT_TRUE(admin.ok()) << admin.status();
  Caller caller((*admin)->tcp_address());
  EXPECT_EQ(caller.Call(), grpc::StatusCode::OK);
  const std::string connection = stats.peer();
  RawPeer silent((*admin)->tcp_address());
  silent.ReadToEnd();
  EXPECT_TRUE(silent.ended());
  const LogRecord line = (*admin).log->Wait({{"level", "warn"}, {"msg", "admin connection refused"}});
  EXPECT_EQ(line.at("reason"), "no_first_call");
  EXPECT_EQ(line.at("peer"), "127.0.0.1");
  EXPECT_EQ(caller.Call(), grpc::StatusCode::OK);
  EXPECT_EQ(stats.peer(), connection) << "it is older than the one that was cut off";
}

TEST(AdminServerTest, ACallWithAWrongTokenIsNone) {
  Stats stats;
  auto admin = Serve(&stats, OnTcp(kToken), {.first_call = std::chrono::milliseconds(300)});
  ASSERT_TRUE(admin.ok()) << admin.status();
  Caller guesser((*admin)->tcp_address());
  EXPECT_EQ(guesser.Call("0123456789abcdeF"), grpc::StatusCode::UNAUTHENTICATED);
  // The log tells one refusal a second.
  MetricsPage page;
  (*admin).refusals->AddMetrics(&page);
  const auto cut_off = [&page] {
    return page.Render().find("viaduct_admin_refused_total{reason=\"no_first_call\"} 1\n") != std::string::npos;
  };
  const auto give_up = std::chrono::steady_clock::now() + RawPeer::kTimeout;
  while (!cut_off() && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
  EXPECT_TRUE(cut_off());
}

TEST(AdminServerTest, PeersWithoutACallGiveWayAndTheOthersStay) {
  Stats stats;
  auto admin = Serve(&stats, OnTcp(kToken), {.max_tcp_connections = 3, .first_call = std::chrono::hours(1)});
  ASSERT_TRUE(admin.ok()) << admin.status();
  RawPeer oldest((*admin)->tcp_address());
  RawPeer older((*admin)->tcp_address());
  std::map<std::string, std::unique_ptr<Caller>> callers;
  for (int i = 0; i < 3; ++i) {
    auto caller = std::make_unique<Caller>((*admin)->tcp_address());
    EXPECT_EQ(caller->Call(), grpc::StatusCode::OK);
    callers.emplace(stats.peer(), std::move(caller));
  }
  oldest.ReadToEnd();
  EXPECT_TRUE(oldest.ended());
  older.ReadToEnd();
  EXPECT_TRUE(older.ended());
  RawPeer last((*admin)->tcp_address());
  last.ReadToEnd();
  EXPECT_TRUE(last.ended()) << "all others have made calls";
  for (const auto& [connection, caller] : callers) {
    EXPECT_EQ(caller->Call(), grpc::StatusCode::OK);
    EXPECT_EQ(stats.peer(), connection);
  }
  EXPECT_FALSE((*admin).log->Wait({{"reason", "too_many_connections"}}).empty());
  callers.clear();
  // Their ends are seen, so that others have room. The first attempts may come before that.
  grpc::StatusCode code = grpc::StatusCode::UNAVAILABLE;
  const auto give_up = std::chrono::steady_clock::now() + RawPeer::kTimeout;
  while (code != grpc::StatusCode::OK && std::chrono::steady_clock::now() < give_up) {
    code = Caller((*admin)->tcp_address()).Call();
  }
  EXPECT_EQ(code, grpc::StatusCode::OK);
}

TEST(AdminServerTest, AConnectionOfTheSocketMayBeSilentButNotOneTooMany) {
  Stats stats;
  const SocketPath socket;
  auto admin = Serve(&stats, OnSocket(socket), {.first_call = std::chrono::milliseconds(1), .max_unix_connections = 2});
  ASSERT_TRUE(admin.ok()) << admin.status();
  RawPeer silent("unix:" + socket.path());
  Caller caller("unix:" + socket.path());
  EXPECT_EQ(caller.Call(), grpc::StatusCode::OK);
  RawPeer third("unix:" + socket.path());
  third.ReadToEnd();
  EXPECT_TRUE(third.ended());
  EXPECT_EQ((*admin).log->Wait({{"reason", "too_many_connections"}})["peer"], "unix:");
  EXPECT_EQ(caller.Call(), grpc::StatusCode::OK);
  // An HTTP/2 server sends its settings at once.
  EXPECT_FALSE(silent.Read(9).empty());
  EXPECT_FALSE(silent.ended());
}

TEST(AdminServerTest, ConnectionsThatAreTooOldAreRenewed) {
  Stats stats;
  AdminListener config = OnTcp(kToken);
  config.tcp->max_connection_age = std::chrono::milliseconds(50);
  auto admin = Serve(&stats, config);
  ASSERT_TRUE(admin.ok()) << admin.status();
  Caller caller((*admin)->tcp_address());
  EXPECT_EQ(caller.Call(), grpc::StatusCode::OK);
  const std::string first = stats.peer();
  const auto give_up = std::chrono::steady_clock::now() + RawPeer::kTimeout;
  while (stats.peer() == first && std::chrono::steady_clock::now() < give_up) {
    EXPECT_EQ(caller.Call(), grpc::StatusCode::OK) << "no call fails";
  }
  EXPECT_NE(stats.peer(), first);
}

TEST(AdminServerTest, WhatStillRunsOnAConnectionThatIsTooOldIsCut) {
  Stats stats;
  AdminListener config = OnTcp(kToken);
  config.tcp->max_connection_age = std::chrono::milliseconds(50);
  auto admin = Serve(&stats, config, {.age_grace = std::chrono::milliseconds(50)});
  ASSERT_TRUE(admin.ok()) << admin.status();
  EXPECT_EQ(Caller((*admin)->tcp_address()).Watch(), grpc::StatusCode::UNAVAILABLE);
}

TEST(AdminServerTest, NothingIsServedIfNothingIsConfigured) {
  Stats stats;
  auto admin = Serve(&stats, {});
  ASSERT_TRUE(admin.ok()) << admin.status();
  EXPECT_EQ((*admin)->unix_address(), "");
  EXPECT_EQ((*admin)->tcp_address(), "");
}

TEST(AdminServerTest, ItsDescriptorsAreInTheProgramsBudgetBesideThoseOfTheOpsPage) {
  EXPECT_LE(AdminServer::kMaxDescriptors + 64, DescriptorBudget::kOperators);
}

}  // namespace
}  // namespace viaduct::ops
