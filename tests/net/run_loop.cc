#include "tests/net/run_loop.h"

#include <gtest/gtest.h>

#include "absl/status/statusor.h"

namespace viaduct::net {

std::unique_ptr<EventLoop> MakeLoop() { return EventLoop::Create().value(); }

void RunUntilStopped(EventLoop* loop) {
  CallOnTimer guard(loop, [loop] {
    ADD_FAILURE() << "nothing stopped the loop";
    loop->Stop();
  });
  guard->Set(Clock::now() + std::chrono::seconds(20));
  loop->Run();
}

void RunOneTurn(EventLoop* loop) {
  loop->Stop();
  loop->Run();
}

bool RunUntil(EventLoop* loop, const std::function<bool()>& fact) {
  const Clock::time_point deadline = Clock::now() + std::chrono::seconds(20);
  while (!fact()) {
    if (Clock::now() > deadline) {
      ADD_FAILURE() << "the fact did not come";
      return false;
    }
    RunOneTurn(loop);
  }
  return true;
}

}  // namespace viaduct::net
