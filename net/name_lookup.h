#pragma once

#include <cstdint>
#include <string>

#include "absl/functional/any_invocable.h"
#include "net/event_loop.h"
#include "net/host_query.h"

namespace viaduct::net {

// Looks up the addresses of a host without blocking the loop.
//
// Has no deadline of its own: the owner abandons the lookup by destroying it. Belongs to the loop's thread.
class NameLookup final : private Timer::Owner {
 public:
  using Addresses = HostQuery::Addresses;

  // `done` is called once, from the loop, and may destroy this.
  NameLookup(EventLoop* loop, const std::string& host, std::uint16_t port, absl::AnyInvocable<void(Addresses)> done);

 private:
  void OnTimer(Timer* timer) override;

  HostQuery query_;
  absl::AnyInvocable<void(Addresses)> done_;
  Timer look_;
};

}  // namespace viaduct::net
