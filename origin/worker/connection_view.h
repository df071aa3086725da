#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

#include "origin/message/uuid.h"

namespace viaduct::origin {

// A snapshot of one open connection, which may be passed between threads. The strings are as received; see ViewerInfo.
struct ConnectionView {
  std::uint64_t number;  // counts the connections of this process
  Uuid id;
  std::string room;
  std::chrono::system_clock::time_point connect_time;
  std::optional<std::chrono::system_clock::time_point> last_message_time = {};
  std::string peer_address;
  std::string viewer_address;
  std::string forwarded_for;
  std::string cloudfront_id;
  std::string user_agent;
  std::uint64_t messages_received;
  std::uint64_t bytes_received;
  std::uint64_t messages_sent;
  std::uint64_t bytes_sent;
  std::size_t queued_bytes;
};

}  // namespace viaduct::origin
