#pragma once

#include <cstdint>
#include <optional>

#include "net/event_loop.h"

namespace viaduct::net {

// How far a peer has come with what its socket was given, as the kernel knows it. A peer that reads slowly shows here
// long before the socket takes bytes again. A value.
struct SendProgress {
  // The bytes that the peer's kernel has acknowledged; for a Unix socket, a number that grows when the peer reads.
  std::uint64_t acknowledged = 0;
  // The bytes that it has not acknowledged, FIN included; for a Unix socket, has not read.
  std::uint64_t waiting = 0;

  // Asks the kernel, with two system calls.
  static SendProgress Of(int fd);
};

// Lets the kernel hold only about 128 KiB of a TCP connection's bytes that it has not sent yet: enough for any network,
// since bytes under way do not count. What is written later, a ping or a Close, then waits behind few bytes of a peer
// that reads slowly. For a listening socket it applies to the connections that are accepted.
void KeepQueueShort(int fd);

// Tells for how long a peer has taken none of the bytes that wait for it, from looks at its progress. It is as exact as
// the looks are frequent: bytes that were taken between two looks count as taken at the second. A value.
class SendWatch {
 public:
  using Time = Clock::time_point;

  // The peer counts as one that took bytes at `begin`; what it did before is not known.
  explicit SendWatch(Time begin) : since_(begin) {}

  // Since when the peer has taken nothing, although bytes wait; nullopt if none do. `more_waits`: there are bytes that
  // the kernel was not given yet.
  std::optional<Time> Look(const SendProgress& progress, bool more_waits, Time now);

 private:
  std::optional<std::uint64_t> acknowledged_;  // at the last look
  Time since_;
};

}  // namespace viaduct::net
