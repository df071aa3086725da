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

// What the command line says about the traffic to make.
struct LoadOptions {
  net::SocketAddress target;
  std::size_t connections = 1;
  // Of a message.
  std::size_t payload_bytes = 64;
  // Messages on the way on one connection.
  std::size_t depth = 1;
  // Tunnels that have something on the way at the same time; they take turns. 0: all.
  std::size_t active = 0;
  // Loopback addresses that connections come from.
  std::size_t sources = 1;
  // Of a chat: members of a room that speak (0: all), rooms, messages a second (0: as many as get through), and where
  // every other member of a room is connected to, if not to `target`.
  std::size_t senders = 0;
  std::size_t rooms = 1;
  std::size_t pace = 0;
  std::optional<net::SocketAddress> also;

  static LoadOptions FromFlags(Flags& flags);
};

// How long a run goes on: "seconds 0.5" or "count 1000". Counts what is begun.
class Goal {
 public:
  using Clock = std::chrono::steady_clock;

  static Goal Count(std::uint64_t operations) { return Goal(operations, Clock::time_point::max()); }
  static Goal Seconds(double seconds);

  // Whether one more operation may begin at `now`; if so it counts as begun.
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

// What a run has done. Times are kept in buckets that are 3 % wide.
class Report {
 public:
  using Clock = std::chrono::steady_clock;

  // Starts the clock.
  Report() : start_(Clock::now()) {}

  // Something that took so long; `operations` of them, all together.
  void Add(Clock::duration took, std::uint64_t bytes, std::uint64_t operations = 1);
  // Stops the clock.
  void Finish() { end_ = Clock::now(); }

  // {"operations":3,"seconds":0.1,"bytes":384,"p50_us":20.5,"p99_us":31.0}
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

// One kind of traffic on connections of its own, by one thread. What is wrong with an answer, or an answer that does
// not come within a minute, ends the process.
class Load {
 public:
  explicit Load(const LoadOptions& options);
  virtual ~Load() = default;
  Load(const Load&) = delete;
  Load& operator=(const Load&) = delete;

  // Opens `count` further connections, and has each do one operation.
  virtual Report Open(std::size_t count) = 0;
  // Makes traffic until the goal is reached and everything begun is finished.
  virtual Report Run(Goal goal) = 0;
  // Reacts to what came between runs; to be called when epoll_fd is readable.
  void Attend() { Turn(std::chrono::milliseconds(0)); }

  int epoll_fd() const { return epoll_.get(); }

 protected:
  // Called once for each event of a turn.
  virtual void React(std::uint64_t tag) = 0;

  // Waits for events, reacts to them, and returns how many there were.
  int Turn(std::chrono::milliseconds patience);
  // As Turn, but for something that must come.
  void TurnOrFail();

  LoadOptions options_;
  net::UniqueFd epoll_;
};

}  // namespace viaduct::bench
