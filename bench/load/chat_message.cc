#include "bench/load/chat_message.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "bench/failure.h"
#include "websocket/frame_header.h"
#include "websocket/mask.h"
#include "websocket/opcode.h"

namespace viaduct::bench {
namespace {

constexpr std::size_t kIdBytes = 36;
constexpr std::size_t kNumberBytes = ChatMessages::kStampBytes / 2;

// Writes a number in the letters a to p, four bits each.
void WriteNumber(std::uint32_t number, char* out) {
  for (std::size_t i = 0; i < kNumberBytes; ++i) out[i] = static_cast<char>('a' + (number >> (28 - 4 * i)) % 16);
}

std::uint32_t ReadNumber(const char* text) {
  std::uint32_t number = 0;
  for (std::size_t i = 0; i < kNumberBytes; ++i) number = number * 16 + static_cast<std::uint8_t>(text[i] - 'a');
  return number;
}

}  // namespace

ChatMessages::ChatMessages(std::size_t payload_bytes) {
  if (payload_bytes < kStampBytes) Fail("--payload: a chat's messages have at least 16 bytes");
  text_.assign(kStampBytes, 'a');
  for (std::size_t i = kStampBytes; i < payload_bytes; ++i) text_ += static_cast<char>('A' + i * 7 % 26);
  echo_ = MakeFrame("echo", text_);
  broadcast_ = MakeFrame("broadcast", text_);
}

ChatMessages::Frame ChatMessages::MakeFrame(std::string_view type, std::string_view text) {
  Frame frame;
  std::string payload = "{\"type\":\"" + std::string(type) + "\",\"from\":\"";
  frame.from = payload.size();
  payload.append(kIdBytes, '-').append("\",\"message\":\"");
  frame.text = payload.size();
  payload.append(text).append("\"}");
  frame.bytes.resize(websocket::kMaxFrameHeaderBytes);
  frame.header_bytes = websocket::EncodeFrameHeader(
      {.opcode = websocket::Opcode::kText, .payload_length = payload.size()}, frame.bytes.data());
  frame.bytes.resize(frame.header_bytes);
  frame.bytes.append(payload);
  frame.from += frame.header_bytes;
  frame.text += frame.header_bytes;
  return frame;
}

void ChatMessages::AddMember(std::string_view id) {
  if (id.size() != kIdBytes) Fail("a client was welcomed as \"" + std::string(id.substr(0, 80)) + "\"");
  ids_.append(id);
}

void ChatMessages::AppendFrame(std::uint32_t sender, std::uint32_t number, std::string* out) {
  websocket::FrameHeader header = {.opcode = websocket::Opcode::kText, .masked = true, .payload_length = text_.size()};
  // George Marsaglia's xorshift.
  key_state_ ^= key_state_ << 13;
  key_state_ ^= key_state_ >> 7;
  key_state_ ^= key_state_ << 17;
  std::memcpy(header.mask.data(), &key_state_, header.mask.size());
  char bytes[websocket::kMaxFrameHeaderBytes];
  out->append(bytes, websocket::EncodeFrameHeader(header, bytes));
  const std::size_t start = out->size();
  out->append(text_);
  WriteNumber(sender, out->data() + start);
  WriteNumber(number, out->data() + start + kNumberBytes);
  websocket::ApplyMask(out->data() + start, text_.size(), header.mask, 0);
}

bool ChatMessages::Begins(std::string_view bytes, const Frame& frame) {
  return bytes.substr(0, frame.header_bytes) == std::string_view(frame.bytes).substr(0, frame.header_bytes);
}

std::optional<ChatMessages::Delivery> ChatMessages::Read(std::string_view bytes) const {
  if (bytes.size() < websocket::kMaxFrameHeaderBytes) return std::nullopt;
  const bool echo = Begins(bytes, echo_);
  const Frame& frame = echo ? echo_ : broadcast_;
  if (!echo && !Begins(bytes, broadcast_)) Fail("a frame that is neither an echo nor a broadcast of a message's size");
  if (bytes.size() < frame.bytes.size()) return std::nullopt;

  const std::string_view expected = frame.bytes;
  const Delivery delivery = {.echo = echo,
                             .sender = ReadNumber(bytes.data() + frame.text),
                             .number = ReadNumber(bytes.data() + frame.text + kNumberBytes),
                             .frame_bytes = expected.size()};
  const std::size_t id = delivery.sender * kIdBytes;
  const auto same = [&](std::size_t from, std::size_t to, const char* wanted) {
    return std::memcmp(bytes.data() + from, wanted, to - from) == 0;
  };
  const std::size_t from_end = frame.from + kIdBytes;
  const std::size_t filler = frame.text + kStampBytes;
  if (id >= ids_.size() || !same(0, frame.from, expected.data()) || !same(frame.from, from_end, ids_.data() + id) ||
      !same(from_end, frame.text, expected.data() + from_end) ||
      !same(filler, expected.size(), expected.data() + filler)) {
    Fail("a delivery is damaged, or under a wrong name: \"" + std::string(bytes.substr(frame.header_bytes, 200)) +
         "\"");
  }
  return delivery;
}

}  // namespace viaduct::bench
