#include "ops/admin/admin_server.h"

#include <grpc/grpc.h>
#include <grpcpp/ext/channelz_service_plugin.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <unistd.h>

#include <chrono>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "net/address.h"
#include "net/listener.h"
#include "net/unique_fd.h"
#include "ops/admin/accept/admin_acceptor.h"
#include "ops/admin/accept/admin_call_notes.h"
#include "ops/admin/accept/admin_connections.h"
#include "ops/admin/admin_port_credentials.h"
#include "third_party/grpc/health/v1/health.pb.h"

namespace viaduct::ops {
namespace {

constexpr int kEnvelopeBytes = 64 * 1024;  // around the message of a request
constexpr int kMaxThreads = 128;           // watchers may use 64 of them
constexpr int kMaxStreams = 100;           // for each connection
constexpr int kMaxMetadataBytes = 16 * 1024;
// Detects callers that vanished, and refuses callers that ping too often.
constexpr int kPingAfterMillis = 60'000;
constexpr int kPingTimeoutMillis = 20'000;
constexpr int kMinPingIntervalMillis = 10'000;
constexpr int kMaxIdleMillis = 600'000;
constexpr auto kShutdownGrace = std::chrono::seconds(1);

// Binds a port that no other process has.
absl::StatusOr<net::UniqueFd> BindPort(const net::SocketAddress& address) {
  absl::StatusOr<std::vector<net::UniqueFd>> sockets = net::BindListeners(address, 1);
  if (!sockets.ok()) return sockets.status();
  return std::move(sockets->front());
}

// Returns what is told of a connection that ended for its limits; nullopt if that is no refusal.
std::optional<AdminRefusals::Reason> RefusalOf(AdminConnections::End end) {
  switch (end) {
    case AdminConnections::End::kTooMany:
      return AdminRefusals::Reason::kTooManyConnections;
    case AdminConnections::End::kNoFirstCall:
      return AdminRefusals::Reason::kNoFirstCall;
    case AdminConnections::End::kNoDescriptors:
      return AdminRefusals::Reason::kNoDescriptors;
    case AdminConnections::End::kTooOld:
      return std::nullopt;
  }
  return std::nullopt;
}

absl::StatusOr<std::unique_ptr<AdminAcceptor>> MakeAcceptor(absl::StatusOr<net::UniqueFd> socket,
                                                            const AdminConnections::Limits& limits,
                                                            AdminRefusals* refusals) {
  if (!socket.ok()) return absl::UnavailableError(absl::StrCat(socket.status().message(), ", for the admin API"));
  return AdminAcceptor::Create(*std::move(socket), limits,
                               [refusals](AdminConnections::End end, const AdminPeer& peer) {
                                 const std::optional<AdminRefusals::Reason> reason = RefusalOf(end);
                                 if (refusals == nullptr || !reason.has_value()) return;
                                 const std::string text = peer == AdminPeer() ? "unix:" : peer.address.ToString();
                                 refusals->NoteConnection(*reason, text, std::chrono::steady_clock::now());
                               });
}

// Limits of connections on TCP. gRPC asks their clients to end at the longest age, with a jitter of a tenth.
AdminConnections::Limits TcpLimits(const AdminTcpConfig& tcp, const AdminBounds& bounds) {
  AdminConnections::Limits limits{.most = bounds.max_tcp_connections, .first_call = bounds.first_call};
  if (const auto age = tcp.max_connection_age) limits.lifetime = *age + *age / 10 + bounds.age_grace;
  return limits;
}

void SetBounds(grpc::ServerBuilder* builder, std::size_t max_payload_bytes) {
  builder->SetMaxReceiveMessageSize(static_cast<int>(max_payload_bytes) + kEnvelopeBytes);
  builder->SetResourceQuota(grpc::ResourceQuota("admin").SetMaxThreads(kMaxThreads));
  builder->AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS, kMaxStreams);
  builder->AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  builder->AddChannelArgument(GRPC_ARG_MAX_CONNECTION_IDLE_MS, kMaxIdleMillis);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kPingAfterMillis);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kPingTimeoutMillis);
  builder->AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, kMinPingIntervalMillis);
}

void PrepareGrpc() {
  static std::once_flag once;
  std::call_once(once, [] {
    // Never undone: when its last user goes, gRPC waits for its own threads, one of which may sleep for ten seconds in
    // a poll that nothing interrupts. That would delay the program's exit.
    grpc_init();
    grpc::EnableDefaultHealthCheckService(true);
    grpc::reflection::InitProtoReflectionServerBuilderPlugin();
    grpc::channelz::experimental::InitChannelzService();
    // Links the proto, so that reflection can describe the health service, which libgrpc++ serves without it.
    grpc::health::v1::HealthCheckRequest::descriptor();
  });
}

}  // namespace

struct AdminServer::Grpc {
  // Made before the server and dead after it: calls are told to the acceptor to the last.
  std::unique_ptr<AdminAcceptor> unix_acceptor;
  std::unique_ptr<AdminAcceptor> tcp_acceptor;
  AdminTcpConfig tcp_config;
  std::shared_ptr<grpc::ServerCredentials> tcp_credentials;
  std::unique_ptr<grpc::Server> server;
  std::string socket_path;
};

AdminServer::AdminServer() = default;

AdminServer::~AdminServer() {
  if (!grpc_) return;
  for (AdminAcceptor* acceptor : {grpc_->unix_acceptor.get(), grpc_->tcp_acceptor.get()}) {
    if (acceptor != nullptr) acceptor->Stop();
  }
  if (grpc_->server) {
    grpc_->server->Shutdown(std::chrono::system_clock::now() + kShutdownGrace);
    grpc_->server->Wait();
  }
  if (!grpc_->socket_path.empty()) ::unlink(grpc_->socket_path.c_str());
}

void AdminServer::SetServing(bool serving) {
  if (grpc_) grpc_->server->GetHealthCheckService()->SetServingStatus(serving);
}

absl::Status AdminServer::Bind(const AdminListener& listener, const AdminBounds& bounds, AdminRefusals* refusals) {
  if (listener.unix_socket.has_value()) {
    absl::StatusOr<std::unique_ptr<AdminAcceptor>> acceptor =
        MakeAcceptor(net::BindPrivateListener(*listener.unix_socket), {.most = bounds.max_unix_connections}, refusals);
    if (!acceptor.ok()) return acceptor.status();
    grpc_->unix_acceptor = *std::move(acceptor);
    unix_address_ = listener.unix_socket->ToString();
    grpc_->socket_path = listener.unix_socket->path();
  }
  if (listener.tcp.has_value()) {
    absl::StatusOr<std::unique_ptr<AdminAcceptor>> acceptor =
        MakeAcceptor(BindPort(listener.tcp->listen), TcpLimits(*listener.tcp, bounds), refusals);
    if (!acceptor.ok()) return acceptor.status();
    grpc_->tcp_acceptor = *std::move(acceptor);
    tcp_address_ = grpc_->tcp_acceptor->address().ToString();
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<AdminServer>> AdminServer::Start(const AdminListener& listener,
                                                                const std::vector<Served>& services,
                                                                std::size_t max_payload_bytes,
                                                                const AdminCredentials* credentials,
                                                                AdminRefusals* refusals, const AdminBounds& bounds) {
  std::unique_ptr<AdminServer> admin(new AdminServer);
  if (!listener.unix_socket.has_value() && !listener.tcp.has_value()) return admin;
  PrepareGrpc();
  admin->grpc_ = std::make_unique<Grpc>();
  if (const absl::Status bound = admin->Bind(listener, bounds, refusals); !bound.ok()) return bound;
  Grpc& parts = *admin->grpc_;
  grpc::ServerBuilder builder;
  constexpr auto kFromFd = grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> to_unix;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> to_tcp;
  if (parts.unix_acceptor) {
    to_unix = builder.experimental().AddExternalConnectionAcceptor(kFromFd, grpc::InsecureServerCredentials());
  }
  if (parts.tcp_acceptor) {
    parts.tcp_config = *listener.tcp;
    parts.tcp_credentials = AdminPortCredentials(parts.tcp_config, credentials, refusals);
    to_tcp = builder.experimental().AddExternalConnectionAcceptor(kFromFd, parts.tcp_credentials);
    std::vector<std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>> notes;
    notes.push_back(NoteCalls(
        [tcp = parts.tcp_acceptor.get(), config = &parts.tcp_config](const std::string& peer, std::string_view method) {
          NeedsNoToken(*config, method) ? tcp->NoteProbe(peer) : tcp->NoteCall(peer);
        }));
    builder.experimental().SetInterceptorCreators(std::move(notes));
    if (const auto age = listener.tcp->max_connection_age) {
      builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, static_cast<int>(age->count()));
    }
  }
  for (const Served& served : services) builder.RegisterService(served.service);
  SetBounds(&builder, max_payload_bytes);
  parts.server = builder.BuildAndStart();
  if (!parts.server) return absl::UnavailableError("gRPC cannot serve the admin API");
  for (const Served& served : services) {
    parts.server->GetHealthCheckService()->SetServingStatus(served.name, true);
  }
  if (parts.unix_acceptor) parts.unix_acceptor->Serve(std::move(to_unix));
  if (parts.tcp_acceptor) parts.tcp_acceptor->Serve(std::move(to_tcp));
  return admin;
}

}  // namespace viaduct::ops
