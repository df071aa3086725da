#include "tests/websocket/raw_frame.h"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "websocket/frame_header.h"
#include "websocket/mask.h"

namespace viaduct::websocket {

std::string RawFrame(FrameHeader header, std::string_view payload) {
  header.payload_length = payload.size();
  std::array<char, kMaxFrameHeaderBytes> head;
  std::string frame(head.data(), EncodeFrameHeader(header, head.data()));
  const std::size_t head_size = frame.size();
  frame.append(payload);
  if (header.masked) ApplyMask(frame.data() + head_size, payload.size(), header.mask, 0);
  return frame;
}

std::string FromHex(std::string_view hex) {
  std::string digits;
  for (const char c : hex) {
    if (c != ' ') digits.push_back(c);
  }
  std::string bytes;
  for (std::size_t i = 0; i < digits.size(); i += 2) {
    bytes.push_back(static_cast<char>(std::stoi(digits.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

}  // namespace viaduct::websocket
