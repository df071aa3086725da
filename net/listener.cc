#include "net/listener.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "net/send_watch.h"

namespace viaduct::net {
namespace {

constexpr int kBacklog = 4096;  // the kernel cuts it to net.core.somaxconn
constexpr int kMostAcceptsPerTurn = 64;
constexpr auto kRetryAfter = std::chrono::milliseconds(100);

absl::Status BindError(const SocketAddress& address, int error) {
  const std::string text = absl::StrCat("cannot listen on ", address.ToString(), ": ", strerror(error));
  return error == EADDRINUSE ? absl::AlreadyExistsError(text) : absl::UnavailableError(text);
}

// Removes the file of a Unix socket whose owner is gone. Connecting to any other kind of file is refused, too: a
// wrong address must not delete such a file.
void RemoveStaleSocket(const SocketAddress& address) {
  struct stat file;
  if (::lstat(address.path().c_str(), &file) != 0 || !S_ISSOCK(file.st_mode)) return;
  UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!probe) return;
  if (::connect(probe.get(), address.data(), address.size()) != 0 && errno == ECONNREFUSED) {
    ::unlink(address.path().c_str());
  }
}

}  // namespace

absl::StatusOr<UniqueFd> BindListener(const SocketAddress& address) {
  UniqueFd fd(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return BindError(address, errno);
  if (address.is_unix()) {
    RemoveStaleSocket(address);
  } else {
    const int on = 1;
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    ::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    KeepQueueShort(fd.get());  // its connections inherit it
  }
  if (::bind(fd.get(), address.data(), address.size()) != 0 || ::listen(fd.get(), kBacklog) != 0) {
    return BindError(address, errno);
  }
  return fd;
}

absl::StatusOr<UniqueFd> BindPrivateListener(const SocketAddress& address) {
  constexpr mode_t kMode = 0660;
  const mode_t umask_before = ::umask(0777 & ~kMode);
  absl::StatusOr<UniqueFd> socket = BindListener(address);
  ::umask(umask_before);
  return socket;
}

absl::StatusOr<std::vector<UniqueFd>> BindListeners(const SocketAddress& address, int count) {
  if (!address.is_unix() && address.port() != 0) {
    // Without SO_REUSEPORT the kernel refuses an address that anybody else has.
    UniqueFd probe(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    if (!probe) return BindError(address, errno);
    const int on = 1;
    ::setsockopt(probe.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (::bind(probe.get(), address.data(), address.size()) != 0) return BindError(address, errno);
  }
  std::vector<UniqueFd> sockets;
  SocketAddress bound = address;
  for (int i = 0; i < count; ++i) {
    absl::StatusOr<UniqueFd> socket = BindListener(bound);
    if (!socket.ok()) return socket.status();
    bound = SocketAddress::OfSocket(socket->get());
    sockets.push_back(*std::move(socket));
  }
  return sockets;
}

Listener::Listener(EventLoop* loop, UniqueFd socket, OnAccept on_accept)
    : loop_(loop), socket_(std::move(socket)), on_accept_(std::move(on_accept)), retry_(loop, this) {
  Watch();
}

Listener::~Listener() { loop_->Forget(this); }

void Listener::Close() {
  if (!socket_) return;
  // Accepts as many as the queue can hold, so that a storm of new connections does not keep it open.
  AcceptSome(kBacklog);
  retry_.Cancel();
  loop_->Forget(this);
  socket_.Reset();
}

void Listener::Watch() {
  watched_ = loop_->WatchLevel(socket_.get(), this);
  if (!watched_) retry_.SetAfter(kRetryAfter);
}

void Listener::Pause() {
  if (std::exchange(watched_, false)) loop_->Unwatch(socket_.get());
  retry_.SetAfter(kRetryAfter);
}

// Taking one connection a turn needs no call to learn that there is no other. When connections come faster than one a
// turn, that call costs less than the turns.
void Listener::OnReady(std::uint32_t) {
  const bool more = loop_->turn() == next_turn_;
  accepts_a_turn_ = more ? std::min(2 * accepts_a_turn_, kMostAcceptsPerTurn) : 1;
  next_turn_ = loop_->turn() + 1;
  AcceptSome(accepts_a_turn_);
}

void Listener::OnTimer(Timer*) {
  Watch();
  if (!watched_ && AcceptSome(kMostAcceptsPerTurn)) retry_.SetAfter(Clock::duration::zero());
}

bool Listener::AcceptSome(int most) {
  for (int i = 0; i < most && socket_; ++i) {
    sockaddr_storage storage;
    socklen_t size = sizeof storage;
    auto* from = reinterpret_cast<sockaddr*>(&storage);
    UniqueFd connection(::accept4(socket_.get(), from, &size, SOCK_NONBLOCK | SOCK_CLOEXEC));
    if (connection) {
      on_accept_(std::move(connection), SocketAddress::FromSockaddr(from, size));
      continue;
    }
    switch (errno) {
      case EINTR:
      case ECONNABORTED:
      case EPROTO:
        continue;  // that connection died in the queue
      case EAGAIN:
        return false;
      default:
        // EMFILE, ENFILE, ENOBUFS, ENOMEM: connections stay in the queue, and the loop would notify us endlessly.
        Pause();
        return false;
    }
  }
  return static_cast<bool>(socket_);
}

}  // namespace viaduct::net
