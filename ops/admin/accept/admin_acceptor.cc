#include "ops/admin/accept/admin_acceptor.h"

#include <fcntl.h>
#include <grpcpp/server_builder.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

#include "net/quiet_thread.h"

namespace viaduct::ops {
namespace {

AdminPeer PeerOf(const net::SocketAddress& address) {
  if (address.is_unix()) return {};
  return {.address = address.ip(), .port = address.port()};
}

}  // namespace

// What the thread does. Belongs to the thread, but for NoteCall and NoteProbe.
class AdminAcceptor::Loop final : private net::Timer::Owner {
 public:
  Loop(net::EventLoop* loop, net::UniqueFd socket, const AdminConnections::Limits& limits, OnEnd on_end)
      : loop_(loop),
        socket_(std::move(socket)),
        connections_(limits),
        on_end_(std::move(on_end)),
        overdue_(loop, this) {}

  void Serve(std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> grpc) {
    grpc_ = std::move(grpc);
    listener_.emplace(loop_, std::move(socket_), [this](net::UniqueFd fd, const net::SocketAddress& peer) {
      OnAccept(std::move(fd), PeerOf(peer));
    });
  }

  void Close() {
    listener_.reset();
    overdue_.Cancel();
    open_.clear();
  }

  // Thread-safe, and in force at once: a connection that comes after the answer to the call sees it.
  void NoteCall(const AdminPeer& peer) {
    const std::lock_guard lock(mutex_);
    connections_.NoteCall(peer);
  }
  void NoteProbe(const AdminPeer& peer) {
    const std::lock_guard lock(mutex_);
    connections_.NoteProbe(peer);
  }

 private:
  // Our descriptor of a connection that gRPC has. gRPC shuts a connection down before it closes its own descriptor, so
  // the end is seen here, too.
  class Connection final : private net::EventLoop::Handler {
   public:
    Connection(Loop* owner, AdminConnections::Id id, net::UniqueFd fd)
        : owner_(owner), loop_(owner->loop_), id_(id), fd_(std::move(fd)) {}
    // gRPC's descriptor of the same connection may stay open, so closing ours does not take it out of the epoll set.
    ~Connection() {
      loop_->Unwatch(fd_.get());
      loop_->Forget(this);
    }

    bool Watch() { return loop_->Watch(fd_.get(), this); }
    void ShutDown() const { ::shutdown(fd_.get(), SHUT_RDWR); }

   private:
    void OnReady(std::uint32_t events) override {
      if ((events & (EPOLLHUP | EPOLLERR)) != 0) owner_->OnEnded(id_);
    }

    Loop* const owner_;
    net::EventLoop* const loop_;
    const AdminConnections::Id id_;
    const net::UniqueFd fd_;
  };

  void OnAccept(net::UniqueFd fd, const AdminPeer& peer) {
    const AdminConnections::Id id = next_id_++;
    const int for_grpc = ::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0);
    auto connection = std::make_unique<Connection>(this, id, std::move(fd));
    if (for_grpc < 0 || !connection->Watch()) {
      const net::UniqueFd unused(for_grpc);
      on_end_(AdminConnections::End::kNoDescriptors, peer);
      return;
    }
    open_.emplace(id, std::move(connection));
    if (const auto ended = Add(id, peer)) End(*ended);
    if (!open_.contains(id)) {
      const net::UniqueFd refused(for_grpc);
      return;
    }
    SetTimer();
    grpc::experimental::ExternalConnectionAcceptor::NewConnectionParameters accepted;
    accepted.fd = for_grpc;
    grpc_->HandleNewConnection(&accepted);
  }

  void OnEnded(AdminConnections::Id id) {
    {
      const std::lock_guard lock(mutex_);
      connections_.Remove(id);
    }
    LetGo(id);
  }

  std::optional<AdminConnections::Ended> Add(AdminConnections::Id id, const AdminPeer& peer) {
    const std::lock_guard lock(mutex_);
    return connections_.Add(id, peer, loop_->now());
  }

  std::vector<AdminConnections::Ended> TakeOverdue() {
    const std::lock_guard lock(mutex_);
    return connections_.TakeOverdue(loop_->now());
  }

  void OnTimer(net::Timer*) override {
    for (const AdminConnections::Ended& ended : TakeOverdue()) End(ended);
    SetTimer();
  }

  void SetTimer() {
    const std::lock_guard lock(mutex_);
    if (const auto deadline = connections_.next_deadline()) overdue_.Set(*deadline);
  }

  void End(const AdminConnections::Ended& ended) {
    open_.at(ended.id)->ShutDown();
    LetGo(ended.id);
    on_end_(ended.end, ended.peer);
  }

  void LetGo(AdminConnections::Id id) {
    const auto found = open_.find(id);
    if (found == open_.end()) return;
    // A connection may ask for its own end.
    loop_->Retire(std::move(found->second));
    open_.erase(found);
  }

  net::EventLoop* const loop_;
  net::UniqueFd socket_;  // until Serve
  std::mutex mutex_;
  AdminConnections connections_;  // under `mutex_`
  const OnEnd on_end_;
  net::Timer overdue_;
  AdminConnections::Id next_id_ = 1;
  std::map<AdminConnections::Id, std::unique_ptr<Connection>> open_;
  std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> grpc_;
  std::optional<net::Listener> listener_;
};

absl::StatusOr<std::unique_ptr<AdminAcceptor>> AdminAcceptor::Create(net::UniqueFd socket,
                                                                     const AdminConnections::Limits& limits,
                                                                     OnEnd on_end) {
  absl::StatusOr<std::unique_ptr<net::EventLoop>> loop = net::EventLoop::Create();
  if (!loop.ok()) return loop.status();
  std::unique_ptr<AdminAcceptor> acceptor(new AdminAcceptor(*std::move(loop)));
  acceptor->address_ = net::SocketAddress::OfSocket(socket.get());
  acceptor->accepting_ = std::make_unique<Loop>(acceptor->loop_.get(), std::move(socket), limits, std::move(on_end));
  return acceptor;
}

AdminAcceptor::AdminAcceptor(std::unique_ptr<net::EventLoop> loop) : loop_(std::move(loop)) {}

AdminAcceptor::~AdminAcceptor() { Stop(); }

void AdminAcceptor::Serve(std::unique_ptr<grpc::experimental::ExternalConnectionAcceptor> grpc) {
  accepting_->Serve(std::move(grpc));
  thread_ = net::StartQuietThread([loop = loop_.get()] { loop->Run(); });
}

void AdminAcceptor::Stop() {
  if (!thread_.joinable()) return;
  loop_->Stop();
  thread_.join();
  accepting_->Close();
}

void AdminAcceptor::NoteCall(const std::string& peer) {
  if (const auto parsed = AdminPeer::Parse(peer)) accepting_->NoteCall(*parsed);
}

void AdminAcceptor::NoteProbe(const std::string& peer) {
  if (const auto parsed = AdminPeer::Parse(peer)) accepting_->NoteProbe(*parsed);
}

}  // namespace viaduct::ops
