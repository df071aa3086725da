#include "bench/backend/conversation.h"

#include <strings.h>

#include <algorithm>
#include <cstddef>
#include <string>
#include <string_view>

#include "websocket/frame_header.h"
#include "websocket/handshake.h"
#include "websocket/mask.h"

namespace viaduct::bench {
namespace {

constexpr std::string_view kHeadEnd = "\r\n\r\n";
constexpr std::size_t kMaxHeadBytes = 65536;

constexpr std::string_view kKeyName = "sec-websocket-key:";

// Returns the value of Sec-WebSocket-Key, or "". `head` ends with a line end.
std::string_view WebSocketKey(std::string_view head) {
  for (std::size_t end = head.find("\r\n"); end + 2 < head.size(); end = head.find("\r\n", end + 2)) {
    const std::string_view line = head.substr(end + 2);
    if (line.size() < kKeyName.size() || ::strncasecmp(line.data(), kKeyName.data(), kKeyName.size()) != 0) continue;
    const std::size_t start = line.find_first_not_of(' ', kKeyName.size());
    return line.substr(start, line.find("\r\n") - start);
  }
  return {};
}

}  // namespace

bool Conversation::Take(std::string_view input, std::string& output) {
  std::string joined;
  if (!partial_.empty()) {
    joined.swap(partial_);
    joined.append(input);
    input = joined;
  }
  while (!input.empty()) {
    if (upgraded_) {
      const std::size_t before = input.size();
      if (!TakeFrame(input, output)) return false;
      if (input.size() != before) continue;
    } else if (const std::size_t end = input.find(kHeadEnd); end != std::string_view::npos) {
      if (!TakeHead(input.substr(0, end + 2), output)) return false;
      input.remove_prefix(end + kHeadEnd.size());
      continue;
    }
    partial_.assign(input);
    return partial_.size() <= kMaxHeadBytes;
  }
  return true;
}

bool Conversation::TakeHead(std::string_view head, std::string& output) {
  if (!head.starts_with("GET ")) return false;
  const std::string_view key = WebSocketKey(head);
  if (key.empty()) {
    const std::string_view target = head.substr(4, head.find(' ', 4) - 4);
    output.append("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: ");
    output.append(std::to_string(target.size())).append(kHeadEnd).append(target);
    return true;
  }
  const auto accept = websocket::AcceptValue(key);
  output.append("HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n");
  output.append("Sec-WebSocket-Accept: ").append(accept.data(), accept.size()).append(kHeadEnd);
  upgraded_ = true;
  return true;
}

bool Conversation::TakeFrame(std::string_view& input, std::string& output) {
  if (remaining_ == 0) {
    const websocket::ParsedHeader parsed = websocket::ParseFrameHeader(input, {.sender = websocket::Sender::kClient});
    if (parsed.kind == websocket::ParsedHeader::Kind::kError) return false;
    if (parsed.kind == websocket::ParsedHeader::Kind::kNeedMore) return true;
    input.remove_prefix(parsed.size);
    frame_ = parsed.header;
    remaining_ = frame_.payload_length;
    position_ = 0;
    websocket::FrameHeader answer = frame_;
    answer.masked = false;
    char header[websocket::kMaxFrameHeaderBytes];
    output.append(header, websocket::EncodeFrameHeader(answer, header));
  }
  const std::size_t size = std::min<std::uint64_t>(remaining_, input.size());
  const std::size_t start = output.size();
  output.append(input.substr(0, size));
  websocket::ApplyMask(output.data() + start, size, frame_.mask, position_);
  input.remove_prefix(size);
  remaining_ -= size;
  position_ += size;
  return true;
}

}  // namespace viaduct::bench
