#include "bench/load/message.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "bench/failure.h"
#include "websocket/frame_header.h"
#include "websocket/mask.h"
#include "websocket/opcode.h"

namespace viaduct::bench {
namespace {

using Stamp = std::array<std::uint64_t, 2>;

websocket::FrameHeader Header(std::size_t payload_bytes) {
  return {.opcode = websocket::Opcode::kBinary, .payload_length = payload_bytes};
}

// George Marsaglia's xorshift.
std::uint64_t NextState(std::uint64_t state) {
  state ^= state << 13;
  state ^= state >> 7;
  return state ^ (state << 17);
}

}  // namespace

Messages::Messages(std::size_t payload_bytes) : payload_bytes_(payload_bytes) {
  char header[websocket::kMaxFrameHeaderBytes];
  header_bytes_ = websocket::EncodeFrameHeader(Header(payload_bytes), header);
  echo_.assign(header, header_bytes_).append(payload_bytes, '\0');
  std::uint64_t state = 1;
  for (std::size_t i = header_bytes_ + StampBytes(); i < echo_.size(); ++i) {
    state = NextState(state + 1);
    echo_[i] = static_cast<char>(state >> 32);
  }
}

std::size_t Messages::StampBytes() const { return std::min(payload_bytes_, sizeof(Stamp)); }

std::string_view Messages::Frame(std::uint64_t tunnel, std::uint64_t number) {
  websocket::FrameHeader header = Header(payload_bytes_);
  key_state_ = NextState(key_state_);
  header.masked = true;
  std::memcpy(header.mask.data(), &key_state_, header.mask.size());
  frame_.resize(websocket::kMaxFrameHeaderBytes);
  frame_.resize(websocket::EncodeFrameHeader(header, frame_.data()));
  const std::size_t start = frame_.size();
  frame_.append(echo_, header_bytes_);
  const Stamp stamp = {number, tunnel};
  std::memcpy(frame_.data() + start, stamp.data(), StampBytes());
  websocket::ApplyMask(frame_.data() + start, payload_bytes_, header.mask, 0);
  return frame_;
}

std::size_t Messages::Check(std::uint64_t tunnel, std::uint64_t number, std::size_t offset,
                            std::string_view bytes) const {
  const std::size_t size = std::min(bytes.size(), echo_.size() - offset);
  const std::size_t varying = header_bytes_ + StampBytes();
  std::size_t done = 0;
  if (offset < varying) {
    std::array<char, websocket::kMaxFrameHeaderBytes + sizeof(Stamp)> front;
    const Stamp stamp = {number, tunnel};
    std::memcpy(front.data(), echo_.data(), header_bytes_);
    std::memcpy(front.data() + header_bytes_, stamp.data(), StampBytes());
    done = std::min(size, varying - offset);
    if (std::memcmp(bytes.data(), front.data() + offset, done) != 0) {
      Fail("tunnel " + std::to_string(tunnel) + ": message " + std::to_string(number) + " is not the next echo");
    }
  }
  if (std::memcmp(bytes.data() + done, echo_.data() + offset + done, size - done) != 0) {
    Fail("tunnel " + std::to_string(tunnel) + ": message " + std::to_string(number) + " came back damaged");
  }
  return size;
}

}  // namespace viaduct::bench
