#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "net/send_watch.h"

namespace viaduct::sidecar {

// Judges whether the bodies of one exchange get on, from looks at what has moved. It tells when they stand still, and
// when the viewer sends or takes less than it must: then it holds a session for as long as it likes.
//
// A body stands still when no byte moves on any connection for the timeout; a byte that a peer's kernel took has moved.
// The viewer's rate is that over the timeout. Only time in which it is the viewer's turn counts: to send, because all
// that it sent has gone on, or to take, because it has not taken what waited for it at the look before. So a slow
// upstream is never taken for a slow viewer. A viewer that moves nothing in its turn stands still, too.
//
// It is looked at four times in each timeout, which is how exact it is. It sees no socket and reads no clock. A value.
class BodyWatch {
 public:
  using Time = std::chrono::steady_clock::time_point;
  using Duration = std::chrono::milliseconds;

  // What has happened until now.
  struct Facts {
    std::uint64_t moved = 0;  // bytes that sockets gave or took, of both sides
    std::uint64_t sent = 0;   // bytes that came from the viewer
    bool must_send = false;   // the request's body has begun and is not complete, and all that came has gone on
    net::SendProgress to_viewer = {};
    net::SendProgress to_upstream = {};
  };

  enum class Verdict : std::uint8_t { kGoesOn, kStandsStill, kTooSlow };

  // From `now` on, when `moved` and `sent` were what is given. The viewer must move `least` bytes in each `timeout`.
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
  // Since when it is the viewer's turn, and how many bytes it had moved by then.
  struct Turn {
    Time begin;
    std::uint64_t bytes;
  };
  // What peers' kernels had taken at a look.
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
  std::uint64_t viewer_takes_ = 0;  // what the viewer's kernel will have taken when all is there that waited then
  Time moved_at_;
  Turn sending_;
  Turn taking_;
  Time next_look_;
};

}  // namespace viaduct::sidecar
