#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace viaduct::ops {

// Says whether a program accepts new connections, and how far its drain has come. A value.
struct Drain {
  enum class State : std::uint8_t {
    kServing,
    kDraining,
    kDrained,  // nothing is open any more
  };
  enum class Cause : std::uint8_t {
    kOperator,  // it can be taken back
    kStop,      // the program is stopping
  };
  using Time = std::chrono::system_clock::time_point;

  State state = State::kServing;
  std::int64_t open = 0;  // WebSockets: the chat's connections, or the sidecar's tunnels
  // The rest is meaningless while serving.
  Cause cause = Cause::kOperator;
  Time since = {};
  Time spread_end = {};               // when the last Close is due
  std::optional<Time> deadline = {};  // when what is still open is cut; nullopt: never
  std::int64_t open_at_start = 0;
  std::int64_t closed = 0;  // by this drain
};

}  // namespace viaduct::ops
