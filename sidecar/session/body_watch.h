#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "net/send_watch.h"

namespace viaduct::sidecar {

// Judges whether the bodies of one exchange move, from looks at the byte counts. It finds bodies that stand still, and
// viewers that send or accept less than they must, with which they would hold a session as long as they like.
//
// A body stands still if no byte moves on any connection for the timeout; bytes that a peer's kernel acknowledges move.
// A viewer's rate is measured over the timeout, and only while it is its turn: to send, when all that it sent has been
// passed on, or to accept, when it has not accepted all that waited for it at the previous look. So a slow upstream
// does not count as a slow viewer. A viewer that moves nothing in its turn stands still, too.
//
// There are four looks in each timeout, which is how exact it is. It sees no socket and reads no clock. A value.
class BodyWatch {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::milliseconds;

  // The counts at one look.
  struct Facts {
    std::uint64_t moved = 0;  // bytes read from and written to both sides
    std::uint64_t sent = 0;   // bytes that came from the viewer
    bool must_send = false;   // the request's body is incomplete, and all that arrived of it has been passed on
    net::SendProgress to_viewer = {};
    net::SendProgress to_upstream = {};
  };

  enum class Verdict : std::uint8_t { kGoesOn, kStandsStill, kTooSlow };

  // Starts at `now` with these counts. The viewer must move `least` bytes in each `timeout`.
  BodyWatch(Duration timeout, std::uint64_t least, std::uint64_t moved, std::uint64_t sent, Time now)
      : timeout_(timeout),
        least_(least),
        moved_(moved),
        moved_at_(now),
        sending_{.begin = now, .bytes = sent},
        taking_{.begin = now, .bytes = 0},
        next_look_(now + timeout / 4) {}

  Time next_look() const { return next_look_; }
  Verdict Look(const Facts& facts, Time now);

 private:
  // The start of a turn of the viewer's, and its byte count by then.
  struct Turn {
    Time begin;
    std::uint64_t bytes;
  };
  // The bytes that the peers' kernels had acknowledged at a look.
  struct Taken {
    std::uint64_t viewer;
    std::uint64_t upstream;
    bool operator==(const Taken&) const = default;
  };

  // Judges a turn that has lasted for the timeout, and begins the next.
  Verdict JudgeTurn(bool is_turn, std::uint64_t bytes, Time now, Turn* turn) const;

  Duration timeout_;
  std::uint64_t least_;
  std::uint64_t moved_;
  std::optional<Taken> taken_;      // at the last look
  std::uint64_t viewer_takes_ = 0;  // the viewer's count once all that waited then is acknowledged
  Time moved_at_;
  Turn sending_;
  Turn taking_;
  Time next_look_;
};

}  // namespace viaduct::sidecar
