#include "ops/admin/admin_server.h"

#include <grpc/grpc.h>
#include <grpcpp/ext/channelz_service_plugin.h>
#include <grpcpp/ext/proto_server_reflection_plugin.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/resource_quota.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <mutex>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "net/address.h"
#include "net/unique_fd.h"
#include "ops/admin/admin_port_credentials.h"

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
constexpr mode_t kSocketMode = 0660;

// Makes room for a new socket: removes a socket on which nobody listens; refuses a socket in use, and any other file.
absl::Status PrepareSocketPath(const net::SocketAddress& address) {
  const std::string path = address.path();
  struct stat info;
  if (::lstat(path.c_str(), &info) != 0) return absl::OkStatus();
  if (!S_ISSOCK(info.st_mode)) {
    return absl::AlreadyExistsError(
        absl::StrCat("cannot listen on ", address.ToString(), ": the file is not a socket"));
  }
  const net::UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (::connect(probe.get(), address.data(), address.size()) != 0 && errno == ECONNREFUSED) {
    ::unlink(path.c_str());
    return absl::OkStatus();
  }
  return absl::AlreadyExistsError(absl::StrCat("cannot listen on ", address.ToString(), ": address already in use"));
}

void SetBounds(grpc::ServerBuilder* builder, std::size_t max_payload_bytes) {
  builder->SetMaxReceiveMessageSize(static_cast<int>(max_payload_bytes) + kEnvelopeBytes);
  builder->SetResourceQuota(grpc::ResourceQuota("admin").SetMaxThreads(kMaxThreads));
  // Otherwise a second process could share the port without either noticing.
  builder->AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
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
  });
}

}  // namespace

struct AdminServer::Grpc {
  std::shared_ptr<grpc::ServerCredentials> tcp_credentials;  // dies after the server
  std::unique_ptr<grpc::Server> server;
  std::string socket_path;
};

AdminServer::AdminServer() = default;

AdminServer::~AdminServer() {
  if (!grpc_ || !grpc_->server) return;
  grpc_->server->Shutdown(std::chrono::system_clock::now() + kShutdownGrace);
  grpc_->server->Wait();
  if (!grpc_->socket_path.empty()) ::unlink(grpc_->socket_path.c_str());
}

void AdminServer::SetServing(bool serving) {
  if (grpc_) grpc_->server->GetHealthCheckService()->SetServingStatus(serving);
}

absl::StatusOr<std::unique_ptr<AdminServer>> AdminServer::Start(const AdminListener& listener,
                                                                const std::vector<grpc::Service*>& services,
                                                                std::size_t max_payload_bytes,
                                                                const AdminCredentials* credentials,
                                                                AdminRefusals* refusals) {
  std::unique_ptr<AdminServer> admin(new AdminServer);
  if (!listener.unix_socket.has_value() && !listener.tcp.has_value()) return admin;
  PrepareGrpc();
  admin->grpc_ = std::make_unique<Grpc>();
  grpc::ServerBuilder builder;
  int unix_bound = 1;
  int tcp_port = 1;
  if (listener.unix_socket.has_value()) {
    if (absl::Status status = PrepareSocketPath(*listener.unix_socket); !status.ok()) return status;
    builder.AddListeningPort(listener.unix_socket->ToString(), grpc::InsecureServerCredentials(), &unix_bound);
  }
  if (listener.tcp.has_value()) {
    admin->grpc_->tcp_credentials = AdminPortCredentials(*listener.tcp, credentials, refusals);
    builder.AddListeningPort(listener.tcp->listen.ToString(), admin->grpc_->tcp_credentials, &tcp_port);
  }
  for (grpc::Service* service : services) builder.RegisterService(service);
  SetBounds(&builder, max_payload_bytes);
  // Nobody else may open the socket before its mode is set.
  const mode_t umask_before = ::umask(0777 & ~kSocketMode);
  admin->grpc_->server = builder.BuildAndStart();
  ::umask(umask_before);
  if (!admin->grpc_->server || unix_bound == 0 || tcp_port == 0) {
    const bool unix_failed = listener.unix_socket.has_value() && unix_bound == 0;
    const net::SocketAddress& address =
        unix_failed || !listener.tcp.has_value() ? *listener.unix_socket : listener.tcp->listen;
    return absl::UnavailableError(absl::StrCat("cannot listen on ", address.ToString(), " for the admin API"));
  }
  if (listener.unix_socket.has_value()) {
    admin->unix_address_ = listener.unix_socket->ToString();
    admin->grpc_->socket_path = listener.unix_socket->path();
  }
  if (listener.tcp.has_value()) {
    admin->tcp_address_ = listener.tcp->listen.WithPort(static_cast<std::uint16_t>(tcp_port)).ToString();
  }
  return admin;
}

}  // namespace viaduct::ops
