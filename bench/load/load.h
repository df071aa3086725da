#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "bench/flags.h"
#include "net/address.h"
#include "net/unique_fd.h"

namespace viaduct::bench {

// The command line's settings for the traffic.
struct LoadOptions {
  net::SocketAddress target;
  std::size_t connections = 1;
  // The size of a message in bytes.
  std::size_t payload_bytes = 64;
  // Messages in flight on one connection.
  std::size_t depth = 1;
  // Tunnels that have messages in flight at the same time; they take turns. 0 means all.
  std::size_t active = 0;
  // The number of loopback addresses that connections come from.
  std::size_t sources = 1;
  // For a chat: members of a room that speak (0 means all), rooms, messages per second (0 means as many as get
  // through), and the server of every other member of a room, if not `target`.
  std::size_t senders = 0;
  std::size_t rooms = 1;
  std::size_t pace = 0;
  std::optional<net::SocketAddress> also;

  static LoadOptions FromFlags(Flags& flags);
};

// The end of a run: "seconds 0.5" or "count 1000". Counts the operations that are begun.
class Goal {
 public:
  using Clock = std::chrono::steady_clock;

  static Goal Count(std::uint64_t operations) { return Goal(operations, Clock::time_point::max()); }
  static Goal Seconds(double seconds);

  // Returns true if one more operation may begin at `now`, and counts it as begun.
  bool Begin(Clock::time_point now) {
    if (begun_ == limit_ || now >= end_) return false;
    ++begun_;
    return true;
  }

 private:
  Goal(std::uint64_t limit, Clock::time_point end) : limit_(limit), end_(end) {}

  std::uint64_t limit_;
  Clock::time_point end_;
  std::uint64_t begun_ = 0;
};

// The results of a run. Times are kept in buckets that are 3 % wide.
class Report {
 public:
  using Clock = std::chrono::steady_clock;

  // Starts the clock.
  Report() : start_(Clock::now()) {}

  // Counts one event that took `took` and stands for `operations`.
  void Add(Clock::duration took, std::uint64_t bytes, std::uint64_t operations = 1);
  // Stops the clock.
  void Finish() { end_ = Clock::now(); }

  // Returns {"operations":3,"seconds":0.1,"bytes":384,"p50_us":20.5,"p99_us":31.0}.
  std::string ToJson() const;

 private:
  static constexpr std::size_t kSteps = 32;

  double Quantile(double share) const;

  Clock::time_point start_;
  Clock::time_point end_;
  std::uint64_t operations_ = 0;
  std::uint64_t times_ = 0;
  std::uint64_t bytes_ = 0;
  // Nanoseconds, by their highest bit and the five below it.
  std::array<std::uint64_t, 64 * kSteps> buckets_ = {};
};

// One kind of traffic on its own connections, in one thread. A wrong answer, or an answer that does not arrive within a
// minute, ends the process.
class Load {
 public:
  explicit Load(const LoadOptions& options);
  virtual ~Load() = default;
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // Opens `count` more connections and lets each do one operation.
  virtual Report Open(std::size_t count) = 0;
  // Makes traffic until the goal is reached and everything begun is finished.
  virtual Report Run(Goal goal) = 0;
  // Reacts to events between runs; call it when epoll_fd is readable.
  void Attend() { Turn(std::chrono::milliseconds(0)); }

  int epoll_fd() const { return epoll_.get(); }

 protected:
  // Called once for each event of a turn.
  virtual void React(std::uint64_t tag) = 0;

  // Waits for events, reacts to them, and returns how many there were.
  int Turn(std::chrono::milliseconds patience);
  // Like Turn, for an event that must come.
  void TurnOrFail();

  LoadOptions options_;
  net::UniqueFd epoll_;
};

}  // namespace viaduct::bench
