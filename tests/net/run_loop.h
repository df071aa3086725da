#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>

#include "net/event_loop.h"

namespace viaduct::net {

// Returns a loop; ends the process if the kernel provides none.
std::unique_ptr<EventLoop> MakeLoop();

// Runs `loop` until something calls Stop. Fails the test, and stops, when nothing does for 20 s.
void RunUntilStopped(EventLoop* loop);

// Runs `loop` for one turn without waiting: delivers ready events, fires due timers and runs posted calls.
void RunOneTurn(EventLoop* loop);

// Runs turns until `fact` holds. Returns false and fails the test if it does not within 20 s.
bool RunUntil(EventLoop* loop, const std::function<bool()>& fact);

// Handler and timer owner that call a function.
class CallOnReady final : public EventLoop::Handler {
 public:
  explicit CallOnReady(std::function<void(std::uint32_t)> call) : call_(std::move(call)) {}
  void OnReady(std::uint32_t events) override { call_(events); }

 private:
  std::function<void(std::uint32_t)> call_;
};

class CallOnTimer final : private Timer::Owner {
 public:
  CallOnTimer(EventLoop* loop, std::function<void()> call) : timer_(loop, this), call_(std::move(call)) {}
  Timer* operator->() { return &timer_; }

 private:
  void OnTimer(Timer*) override { call_(); }

  Timer timer_;
  std::function<void()> call_;
};

}  // namespace viaduct::net
