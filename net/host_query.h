#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "net/address.h"

namespace viaduct::net {

// Asks for the addresses of a host. glibc's own threads wait for the name servers, so none of ours has to; the asker
// polls for the answer.
//
// Destroying it abandons the query. Not thread-safe.
class HostQuery {
 public:
  // At least one address, in the order in which they should be tried. The error names the host.
  using Addresses = absl::StatusOr<std::vector<SocketAddress>>;

  HostQuery(const std::string& host, std::uint16_t port);
  ~HostQuery();
  HostQuery(const HostQuery&) = delete;
  HostQuery& operator=(const HostQuery&) = delete;

  bool done() const;
  // Waits until done, for at most `time`; may return earlier.
  void WaitFor(std::chrono::nanoseconds time) const;
  // Returns the answer; call it only once done.
  Addresses Result() const;

 private:
  struct Request;

  std::unique_ptr<Request> request_;
  int error_ = 0;  // the error of starting the query
};

}  // namespace viaduct::net
