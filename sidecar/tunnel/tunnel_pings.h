#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace viaduct::sidecar {

// The pings that we send to one viewer: when the next is due, which pongs answer them, and since when the viewer is
// silent. It sees no socket and reads no clock. A value; not thread-safe.
class TunnelPings {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // `salt`, which should be unpredictable, tells our pings from those of the upstream. Without `first` there are none.
  TunnelPings(std::uint32_t salt, std::optional<Time> first) : next_(first.value_or(Time::max())), salt_(salt) {}

  // When the next ping becomes due.
  Time next() const { return next_; }
  // `next` came: a ping is due from now on, and again from `following` on.
  void MakeDue(Time following) {
    due_ = true;
    next_ = following;
  }
  // A ping should be sent as soon as one may stand between two frames.
  bool due() const { return due_; }

  // What our pings carry.
  struct Payload {
    std::uint32_t salt;
    std::uint32_t number;
    std::string_view bytes() const { return {reinterpret_cast<const char*>(this), sizeof *this}; }
  };
  // The payload of the ping that is sent now.
  Payload Send(Time now);

  // Bytes came from the viewer, which answers every ping before.
  void OnBytes() { awaiting_ = false; }
  // True if `payload` is that of a pong to a ping of ours, which the upstream must not see.
  bool IsOurPong(std::string_view payload) const;
  // The time since the ping that such a pong answers, if it is the last one.
  std::optional<Time::duration> RoundTrip(std::string_view payload, Time now) const;

  // A ping was sent, and no byte came since.
  bool awaiting() const { return awaiting_; }
  // While awaiting: the first ping that no byte followed.
  Time awaiting_since() const { return awaiting_since_; }

 private:
  static std::optional<Payload> Read(std::string_view payload);

  Time next_;
  Time last_sent_{};
  Time awaiting_since_{};
  std::uint32_t salt_;
  std::uint32_t sent_ = 0;
  bool due_ = false;
  bool awaiting_ = false;
};

}  // namespace viaduct::sidecar
