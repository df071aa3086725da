#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string_view>

namespace viaduct::sidecar {

// Tracks our pings to one viewer: when the next is due, which pongs answer them, and how many have no answer. It sees
// no socket and reads no clock. A value; not thread-safe.
class TunnelPings {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // `salt`, which should be unpredictable, marks our pings, as opposed to the upstream's. Without `first` none are
  // sent.
  TunnelPings(std::uint32_t salt, std::optional<Time> first) : next_(first.value_or(Time::max())), salt_(salt) {}

  // The time at which the next ping becomes due.
  Time next() const { return next_; }
  // Makes a ping due now, because `next` has come, and the one after it at `following`.
  void MakeDue(Time following) {
    due_ = true;
    next_ = following;
  }
  // True if a ping should be sent as soon as it can stand between two frames.
  bool due() const { return due_; }

  // The payload of our pings.
  struct Payload {
    std::uint32_t salt;
    std::uint32_t number;
    std::string_view bytes() const { return {reinterpret_cast<const char*>(this), sizeof *this}; }
  };
  // Returns the payload of the ping to send now, and counts it as sent.
  Payload Send(Time now);

  // Reports bytes from the viewer, which answer every earlier ping.
  void OnBytes() { unanswered_ = 0; }
  // Returns true if `payload` belongs to a pong that answers one of our pings, which the upstream must not see.
  bool IsOurPong(std::string_view payload) const;
  // Returns the time since the ping that such a pong answers, if that was the last ping.
  std::optional<Time::duration> RoundTrip(std::string_view payload, Time now) const;

  // The number of pings sent since the last byte arrived.
  std::uint32_t unanswered() const { return unanswered_; }

 private:
  static std::optional<Payload> Read(std::string_view payload);

  Time next_;
  Time last_sent_{};
  std::uint32_t salt_;
  std::uint32_t sent_ = 0;
  std::uint32_t unanswered_ = 0;
  bool due_ = false;
};

}  // namespace viaduct::sidecar
