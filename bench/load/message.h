#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace viaduct::bench {

// The messages of an echo run. Each payload begins with its tunnel and its number there, if 16 bytes fit, followed by
// bytes that all messages share. So a lost, repeated, damaged or wrongly routed message is detected. Not thread-safe.
class Messages {
 public:
  explicit Messages(std::size_t payload_bytes);

  // Returns the frame as a client sends it: binary, masked with a key of its own. Valid until the next call.
  std::string_view Frame(std::uint64_t tunnel, std::uint64_t number);

  // Compares `bytes` with the server's frame of the same payload, from `offset` of it on, and returns how many of them
  // belong to it. Ends the process if one differs.
  std::size_t Check(std::uint64_t tunnel, std::uint64_t number, std::size_t offset, std::string_view bytes) const;

  // The size of a server's whole frame.
  std::size_t echo_bytes() const { return echo_.size(); }
  std::size_t payload_bytes() const { return payload_bytes_; }

 private:
  // The number of bytes at the front of a payload that differ from message to message.
  std::size_t StampBytes() const;

  std::size_t payload_bytes_;
  std::size_t header_bytes_;
  // A server's frame, with zeros for the parts that differ.
  std::string echo_;
  std::string frame_;
  std::uint64_t key_state_ = 0x9E3779B97F4A7C15;
};

}  // namespace viaduct::bench
