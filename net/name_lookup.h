#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "net/address.h"
#include "net/event_loop.h"

namespace viaduct {

// Looks up the addresses of a host without holding up the loop: glibc's own threads wait for the name servers.
//
// Without a deadline of its own: its owner gives it up by destroying it. Belongs to the loop's thread.
class NameLookup final : private Timer::Owner {
 public:
  // At least one address, in the order in which they should be tried. The error names the host.
  using Addresses = absl::StatusOr<std::vector<SocketAddress>>;

  // `done` is called once, from the loop, and may destroy this.
  NameLookup(EventLoop* loop, const std::string& host, std::uint16_t port, absl::AnyInvocable<void(Addresses)> done);
  ~NameLookup();
  NameLookup(const NameLookup&) = delete;
  NameLookup& operator=(const NameLookup&) = delete;

 private:
  struct Request;

  void OnTimer(Timer* timer) override;
  Addresses Result() const;

  std::unique_ptr<Request> request_;
  int error_ = 0;  // of starting it
  absl::AnyInvocable<void(Addresses)> done_;
  Timer look_;
};

}  // namespace viaduct
