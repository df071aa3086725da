#pragma once

#include <cstddef>
#include <deque>
#include <memory>

#include "net/event_loop.h"
#include "net/stream_socket.h"

namespace viaduct {

// Idle keep-alive connections of one worker to the origin, youngest used first. A connection that the origin closes, or
// sends an unasked byte on, or that idles too long, is closed here and never handed out.
//
// Belongs to the worker's thread.
class UpstreamPool final : private StreamSocket::Owner, private Timer::Owner {
 public:
  UpstreamPool(EventLoop* loop, std::size_t max_idle, Clock::duration idle_timeout)
      : loop_(loop), max_idle_(max_idle), idle_timeout_(idle_timeout), expiry_(loop, this) {}

  // A connection that was fit for use when last looked at, or nullptr. The caller becomes its owner.
  std::unique_ptr<StreamSocket> Take(StreamSocket::Owner* owner);
  // Takes back a connection whose last exchange is complete to the byte.
  void Give(std::unique_ptr<StreamSocket> connection);
  void Clear() { idle_.clear(); }

 private:
  struct Idle {
    std::unique_ptr<StreamSocket> connection;
    Clock::time_point expires;
  };

  void OnSocketReady(StreamSocket* socket) override;
  void OnTimer(Timer* timer) override;

  EventLoop* loop_;
  std::size_t max_idle_;
  Clock::duration idle_timeout_;
  Timer expiry_;
  std::deque<Idle> idle_;  // oldest first
};

}  // namespace viaduct
