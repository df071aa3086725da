#include "origin/chat_message.h"

#include <array>
#include <charconv>
#include <initializer_list>

#include "websocket/frame_header.h"
#include "websocket/opcode.h"

namespace viaduct {
namespace {

std::size_t AppendTextFrame(std::string* out, std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (const std::string_view part : parts) size += part.size();
  std::array<char, kMaxFrameHeaderBytes> header;
  const std::size_t header_size = EncodeFrameHeader({.opcode = Opcode::kText, .payload_length = size}, header.data());
  out->append(header.data(), header_size);
  for (const std::string_view part : parts) out->append(part);
  return size;
}

}  // namespace

std::size_t AppendWelcomeFrame(std::string* out, std::string_view id, int client_count) {
  std::array<char, 12> digits;
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), client_count).ptr;
  const std::string_view count(digits.data(), static_cast<std::size_t>(end - digits.data()));
  return AppendTextFrame(out, {R"({"type":"welcome","id":")", id, R"(","clientCount":)", count, "}"});
}

std::size_t AppendEchoFrame(std::string* out, std::string_view id, std::string_view message_json) {
  return AppendTextFrame(out, {R"({"type":"echo","from":")", id, R"(","message":)", message_json, "}"});
}

std::size_t AppendBroadcastFrame(std::string* out, std::string_view id, std::string_view message_json) {
  return AppendTextFrame(out, {R"({"type":"broadcast","from":")", id, R"(","message":)", message_json, "}"});
}

}  // namespace viaduct
