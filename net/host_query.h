#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "net/address.h"

namespace viaduct::net {

// Asks for the addresses of a host. glibc's own threads wait for the name servers, so that nobody of ours need; whoever
// asked looks now and then.
//
// Destroying it gives the question up. Not thread-safe.
class HostQuery {
 public:
  // At least one address, in the order in which they should be tried. The error names the host.
  using Addresses = absl::StatusOr<std::vector<SocketAddress>>;

  HostQuery(const std::string& host, std::uint16_t port);
  ~HostQuery();
  HostQuery(const HostQuery&) = delete;
  HostQuery& operator=(const HostQuery&) = delete;

  bool done() const;
  // Waits for that, at most for `time`; may return earlier.
  void WaitFor(std::chrono::nanoseconds time) const;
  // Once done.
  Addresses Result() const;

 private:
  struct Request;

  std::unique_ptr<Request> request_;
  int error_ = 0;  // of starting it
};

}  // namespace viaduct::net
