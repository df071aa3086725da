#include "sidecar/authorize/server/authorize_server.h"

#include <grpc/grpc.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/resource_quota.h>
#include <unistd.h>

#include <chrono>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "net/listener.h"
#include "net/unique_fd.h"
#include "ops/admin/accept/admin_acceptor.h"
#include "ops/admin/accept/admin_connections.h"
#include "sidecar/authorize/authorize_bounds.h"
#include "sidecar/authorize/server/authorize_service.h"

namespace viaduct::sidecar {
namespace {

// A question takes microseconds, but gRPC refuses one that finds no thread, which a proxy takes for a failure.
constexpr int kMaxThreads = 1024;
constexpr int kMaxQuestionBytes = 1024 * 1024;  // a proxy may be set to pass on bodies
constexpr int kMaxMetadataBytes = 16 * 1024;
// Detects proxies that vanished.
constexpr int kPingAfterMillis = 60'000;
constexpr int kPingTimeoutMillis = 20'000;
constexpr auto kShutdownGrace = std::chrono::seconds(1);
// The time that a connection on TCP has for its first question from a peer that may ask.
constexpr auto kFirstQuestion = std::chrono::seconds(60);

absl::StatusOr<net::UniqueFd> Bind(const net::SocketAddress& address) {
  if (address.is_unix()) return net::BindPrivateListener(address);
  absl::StatusOr<std::vector<net::UniqueFd>> sockets = net::BindListeners(address, 1);
  if (!sockets.ok()) return sockets.status();
  return std::move(sockets->front());
}

void SetBounds(grpc::ServerBuilder* builder) {
  builder->SetMaxReceiveMessageSize(kMaxQuestionBytes);
  builder->SetResourceQuota(grpc::ResourceQuota("authorize").SetMaxThreads(kMaxThreads));
  builder->AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, kMaxMetadataBytes);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, kPingAfterMillis);
  builder->AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kPingTimeoutMillis);
}

}  // namespace

struct AuthorizeServer::Grpc {
  // Made before the server and dead after it: calls are told to the acceptor to the last.
  std::unique_ptr<ops::AdminAcceptor> acceptor;
  std::unique_ptr<AuthorizeService> service;
  std::unique_ptr<grpc::Server> server;
};

AuthorizeServer::AuthorizeServer(const net::SocketAddress& address)
    : address_(address), grpc_(std::make_unique<Grpc>()) {}

AuthorizeServer::~AuthorizeServer() {
  if (grpc_->acceptor) grpc_->acceptor->Stop();
  if (grpc_->server) {
    grpc_->server->Shutdown(std::chrono::system_clock::now() + kShutdownGrace);
    grpc_->server->Wait();
  }
  if (grpc_->acceptor && address_.is_unix()) ::unlink(address_.path().c_str());
}

absl::StatusOr<std::unique_ptr<AuthorizeServer>> AuthorizeServer::Start(
    const net::SocketAddress& address, std::function<std::shared_ptr<const SidecarConfig>()> config, CheckLog* log) {
  // Never undone, as in ops/admin/admin_server.
  static std::once_flag once;
  std::call_once(once, [] { grpc_init(); });
  std::unique_ptr<AuthorizeServer> server(new AuthorizeServer(address));
  absl::StatusOr<net::UniqueFd> socket = Bind(address);
  if (!socket.ok()) {
    return absl::UnavailableError(absl::StrCat(socket.status().message(), ", for authorize.grpc_listen"));
  }
  ops::AdminConnections::Limits limits{.most = kMaxGrpcProxies};
  if (!address.is_unix()) limits.first_call = kFirstQuestion;
  absl::StatusOr<std::unique_ptr<ops::AdminAcceptor>> acceptor =
      ops::AdminAcceptor::Create(*std::move(socket), limits, [](ops::AdminConnections::End, const ops::AdminPeer&) {});
  if (!acceptor.ok()) return acceptor.status();
  Grpc& parts = *server->grpc_;
  parts.acceptor = *std::move(acceptor);
  server->address_ = parts.acceptor->address();
  parts.service = std::make_unique<AuthorizeService>(AuthorizeService::Options{
      .config = std::move(config),
      .log = log,
      .unix_socket = address.is_unix(),
      .on_trusted_peer = [to = parts.acceptor.get()](const std::string& peer) { to->NoteCall(peer); }});
  grpc::ServerBuilder builder;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> connections =
      builder.experimental().AddExternalConnectionAcceptor(
          grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, grpc::InsecureServerCredentials());
  builder.RegisterService(parts.service.get());
  SetBounds(&builder);
  parts.server = builder.BuildAndStart();
  if (!parts.server) return absl::UnavailableError("gRPC cannot serve authorize.grpc_listen");
  parts.acceptor->Serve(std::move(connections));
  return server;
}

}  // namespace viaduct::sidecar
