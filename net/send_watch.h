#pragma once

#include <cstdint>
#include <optional>

#include "net/event_loop.h"

namespace viaduct::net {

// What a peer has done with the bytes that its socket was given, as the kernel knows it. A peer that reads slowly shows
// here long before the socket accepts more bytes. A value.
struct SendProgress {
  // The number of bytes that the peer's kernel has acknowledged; for a Unix socket, a number that grows when the peer
  // reads.
  std::uint64_t acknowledged = 0;
  // The number of bytes that it has not acknowledged, FIN included; for a Unix socket, that the peer has not read.
  std::uint64_t waiting = 0;

  // Asks the kernel, with two system calls.
  static SendProgress Of(int fd);
};

// Lets the kernel hold only about 128 KiB of a TCP connection's unsent bytes. This is enough for any network, since
// bytes under way do not count. A ping or a Close then waits behind few bytes of a peer that reads slowly. On a
// listening socket it applies to all accepted connections.
void KeepQueueShort(int fd);

// Measures since when a peer has accepted none of the bytes that wait for it, from looks at its progress. Bytes that
// were accepted between two looks count as accepted at the second, so the result is as exact as the looks are frequent.
// A value.
class SendWatch {
 public:
  using Time = Clock::time_point;

  // The peer counts as one that accepted bytes at `begin`.
  explicit SendWatch(Time begin) : since_(begin) {}

  // Returns since when the peer has accepted nothing although bytes wait; nullopt if none wait. `more_waits` is true if
  // bytes wait that the kernel was not given yet.
  std::optional<Time> Look(const SendProgress& progress, bool more_waits, Time now);

 private:
  std::optional<std::uint64_t> acknowledged_;  // at the last look
  Time since_;
};

}  // namespace viaduct::net
