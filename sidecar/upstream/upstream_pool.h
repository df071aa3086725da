#pragma once

#include <cstddef>
#include <deque>
#include <memory>

#include "net/event_loop.h"
#include "net/stream_socket.h"

namespace viaduct::sidecar {

// Keeps one worker's idle connections to an upstream and hands out the youngest first. Closes a connection that the
// upstream closes, on which the upstream sends an unrequested byte, or that is idle for too long, and never hands it
// out.
//
// Belongs to the worker's thread.
class UpstreamPool final : private net::StreamSocket::Owner, private net::Timer::Owner {
 public:
  UpstreamPool(net::EventLoop* loop, std::size_t max_idle, net::Clock::duration idle_timeout)
      : loop_(loop), max_idle_(max_idle), idle_timeout_(idle_timeout), expiry_(loop, this) {}

  // Returns a connection that was usable when last checked, or nullptr. The caller becomes its owner.
  std::unique_ptr<net::StreamSocket> Take(net::StreamSocket::Owner* owner);
  // Takes back a connection whose last exchange is complete to the last byte.
  void Give(std::unique_ptr<net::StreamSocket> connection);
  void Clear() { idle_.clear(); }

 private:
  struct Idle {
    std::unique_ptr<net::StreamSocket> connection;
    net::Clock::time_point expires;
  };

  void OnSocketReady(net::StreamSocket* socket) override;
  void OnTimer(net::Timer* timer) override;

  net::EventLoop* loop_;
  std::size_t max_idle_;
  net::Clock::duration idle_timeout_;
  net::Timer expiry_;
  std::deque<Idle> idle_;  // oldest first
};

}  // namespace viaduct::sidecar
