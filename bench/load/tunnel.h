#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/edge_head.h"
#include "bench/load/message.h"
#include "net/unique_fd.h"

namespace viaduct::bench {

// One viewer's WebSocket: asks for the upgrade, sends messages, and checks that they come back whole, once and in
// order. Answers pings. Anything else ends the process. Not thread-safe.
class Tunnel {
 public:
  using Clock = std::chrono::steady_clock;

  // Asks for the upgrade. `number` also chooses the key. `fd` is connected; at most `depth` messages will be in
  // flight. `heads` and `messages` outlive the tunnel.
  Tunnel(net::UniqueFd fd, std::uint64_t number, std::size_t depth, const UpgradeHeads* heads, Messages* messages);

  // Sends the next message, which counts as sent at `now`.
  void SendMessage(Clock::time_point now);

  // Reads what has arrived, through `block`, and appends the time of sending of each message that came back to
  // `returned`.
  void Advance(std::vector<char>& block, std::vector<Clock::time_point>& returned);

  bool open() const { return open_; }
  // The number of messages in flight.
  std::size_t under_way() const { return sent_ - returned_; }

 private:
  void Send(std::string_view bytes);
  void Consume(std::string_view bytes, std::vector<Clock::time_point>& returned);
  // Consumes what belongs to the ping that `kept_` or `bytes` begins with, and answers it once it is whole.
  std::size_t ConsumePing(std::string_view bytes);

  net::UniqueFd fd_;
  std::uint64_t number_;
  const UpgradeHeads* heads_;
  Messages* messages_;
  bool open_ = false;
  // An incomplete head or ping.
  std::string kept_;
  std::string unsent_;
  std::uint64_t sent_ = 0;
  std::uint64_t returned_ = 0;
  // The bytes that have arrived of the next echo.
  std::size_t offset_ = 0;
  // The times at which the messages in flight were sent, by their numbers.
  std::vector<Clock::time_point> sent_at_;
};

}  // namespace viaduct::bench
