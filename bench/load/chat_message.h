#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace viaduct::bench {

// The messages of a chat run, and the server's frames for them. Each text names its sender and its place among that
// sender's messages in 16 letters, followed by letters that all messages share. The server's frame for it is known
// except for those and the sender's id. So a lost, repeated, damaged or wrongly attributed message is detected. Not
// thread-safe.
class ChatMessages {
 public:
  static constexpr std::size_t kStampBytes = 16;

  // Makes texts of `payload_bytes`, which is at least kStampBytes.
  explicit ChatMessages(std::size_t payload_bytes);

  // Adds the next member, welcomed as `id` of 36 characters. Members are numbered in the order of these calls.
  void AddMember(std::string_view id);

  // Appends a text frame as a client sends it, masked with a key of its own.
  void AppendFrame(std::uint32_t sender, std::uint32_t number, std::string* out);

  struct Delivery {
    bool echo;  // to the sender; everybody else gets a broadcast
    std::uint32_t sender;
    std::uint32_t number;
    std::size_t frame_bytes;
  };
  // Reads the delivery at the front of `bytes`; nullopt if its frame is incomplete. Ends the process if it is not one.
  std::optional<Delivery> Read(std::string_view bytes) const;

  std::size_t payload_bytes() const { return text_.size(); }

 private:
  // Makes a whole frame from the server, with placeholders of the right size for the parts that differ.
  struct Frame {
    std::string bytes;
    std::size_t header_bytes;
    std::size_t from;  // where the sender's id begins
    std::size_t text;  // where the message's text begins
  };

  static Frame MakeFrame(std::string_view type, std::string_view text);
  // Returns true if `bytes` may be the beginning of `frame`, judging by its header.
  static bool Begins(std::string_view bytes, const Frame& frame);

  std::string text_;
  Frame echo_;
  Frame broadcast_;
  std::string ids_;
  std::uint64_t key_state_ = 0x9E3779B97F4A7C15;
};

}  // namespace viaduct::bench
