#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "absl/status/statusor.h"
#include "net/address.h"
#include "net/event_loop.h"
#include "net/unique_fd.h"

namespace viaduct::net {

// Binds a non-blocking listening socket. TCP sockets get SO_REUSEPORT, so that every worker has its own, and
// TCP_NODELAY, which connections inherit. A stale file of a Unix socket on which nobody listens is replaced. The error
// names the address and the reason.
absl::StatusOr<UniqueFd> BindListener(const SocketAddress& address);

// Binds a Unix socket of mode 0660, before anybody may open it.
absl::StatusOr<UniqueFd> BindPrivateListener(const SocketAddress& address);

// Binds `count` listening sockets to one TCP address, one for each worker; with port 0 all get the same free port.
// Unlike a bare SO_REUSEPORT, fails when another process already listens there. A Unix socket can have only one.
absl::StatusOr<std::vector<UniqueFd>> BindListeners(const SocketAddress& address, int count);

// Accepts connections on one loop: one in each turn, up to a few dozen when many arrive at once. When descriptors run
// out it pauses instead of spinning, and accepts again as soon as some are free.
//
// Belongs to the loop's thread. Must die before the loop.
class Listener final : private EventLoop::Handler, private Timer::Owner {
 public:
  // Is called for each connection. May close the listener, but not destroy it.
  using OnAccept = std::function<void(UniqueFd connection, const SocketAddress& peer)>;

  // `socket` comes from BindListener.
  Listener(EventLoop* loop, UniqueFd socket, OnAccept on_accept);
  ~Listener();

  SocketAddress local_address() const { return SocketAddress::OfSocket(socket_.get()); }
  // Accepts what the kernel has already queued, then closes the socket, so no connection that was let in is dropped.
  void Close();

 private:
  void OnReady(std::uint32_t events) override;
  void OnTimer(Timer* timer) override;
  void Watch();
  void Pause();
  // Accepts up to `most` connections. Returns true if more may be waiting.
  bool AcceptSome(int most);

  EventLoop* loop_;
  UniqueFd socket_;
  OnAccept on_accept_;
  Timer retry_;
  bool watched_ = false;  // if not, it polls
  int accepts_a_turn_ = 1;
  std::uint64_t next_turn_ = 0;  // the turn after the last one that accepted
};

}  // namespace viaduct::net
