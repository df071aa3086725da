#include "bench/load/tunnel.h"

#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bench/bare_socket.h"
#include "bench/failure.h"
#include "bench/load/answer.h"
#include "bench/load/edge_head.h"
#include "bench/load/message.h"
#include "net/unique_fd.h"
#include "websocket/frame_header.h"
#include "websocket/mask.h"
#include "websocket/opcode.h"

namespace viaduct::bench {
namespace {

// The first byte of a ping that is a whole frame.
constexpr char kPing = static_cast<char>(0x89);

std::string Pong(std::string_view payload) {
  const websocket::FrameHeader header = {.opcode = websocket::Opcode::kPong,
                                         .masked = true,
                                         .mask = {0x37, 0xfa, 0x21, 0x3d},
                                         .payload_length = payload.size()};
  std::string frame(websocket::kMaxFrameHeaderBytes, '\0');
  frame.resize(websocket::EncodeFrameHeader(header, frame.data()));
  const std::size_t start = frame.size();
  frame.append(payload);
  websocket::ApplyMask(frame.data() + start, payload.size(), header.mask, 0);
  return frame;
}

}  // namespace

Tunnel::Tunnel(net::UniqueFd fd, std::uint64_t number, std::size_t depth, const UpgradeHeads* heads, Messages* messages)
    : fd_(std::move(fd)), number_(number), heads_(heads), messages_(messages), sent_at_(depth) {
  Send(heads_->Request(number_));
}

void Tunnel::SendMessage(Clock::time_point now) {
  sent_at_[sent_ % sent_at_.size()] = now;
  Send(messages_->Frame(number_, sent_));
  ++sent_;
}

void Tunnel::Send(std::string_view bytes) {
  std::size_t done = 0;
  while (unsent_.empty() && done < bytes.size()) {
    const std::ptrdiff_t sent = SendSome(fd_.get(), bytes.substr(done));
    if (sent < 0) FailWithErrno("tunnel " + std::to_string(number_) + ": send");
    if (sent == 0) break;
    done += static_cast<std::size_t>(sent);
  }
  unsent_.append(bytes.substr(done));
}

void Tunnel::Advance(std::vector<char>& block, std::vector<Clock::time_point>& returned) {
  if (!unsent_.empty()) {
    std::string bytes;
    bytes.swap(unsent_);
    Send(bytes);
  }
  while (true) {
    const ssize_t size = ::recv(fd_.get(), block.data(), block.size(), 0);
    if (size < 0 && errno == EAGAIN) return;
    if (size < 0) FailWithErrno("tunnel " + std::to_string(number_) + ": recv");
    if (size == 0) Fail("tunnel " + std::to_string(number_) + " was closed");
    Consume({block.data(), static_cast<std::size_t>(size)}, returned);
    // A short read: there is no more, and an edge reports new data.
    if (static_cast<std::size_t>(size) < block.size()) return;
  }
}

void Tunnel::Consume(std::string_view bytes, std::vector<Clock::time_point>& returned) {
  if (!open_) {
    kept_.append(bytes);
    const std::optional<Answer> answer = ReadAnswer(kept_);
    if (!answer) return;
    heads_->Check(number_, *answer);
    bytes.remove_prefix(bytes.size() - (kept_.size() - answer->head_bytes));
    kept_.clear();
    open_ = true;
  }
  while (!bytes.empty()) {
    if (!kept_.empty() || (offset_ == 0 && bytes.front() == kPing)) {
      bytes.remove_prefix(ConsumePing(bytes));
      continue;
    }
    if (returned_ == sent_) Fail("tunnel " + std::to_string(number_) + ": bytes that nobody asked for");
    const std::size_t size = messages_->Check(number_, returned_, offset_, bytes);
    bytes.remove_prefix(size);
    offset_ += size;
    if (offset_ < messages_->echo_bytes()) return;
    offset_ = 0;
    returned.push_back(sent_at_[returned_ % sent_at_.size()]);
    ++returned_;
  }
}

std::size_t Tunnel::ConsumePing(std::string_view bytes) {
  std::size_t taken = 0;
  const auto take_up_to = [&](std::size_t size) {
    const std::size_t missing = std::min(size - std::min(size, kept_.size()), bytes.size() - taken);
    kept_.append(bytes.substr(taken, missing));
    taken += missing;
    return kept_.size() >= size;
  };
  if (!take_up_to(2)) return taken;
  const auto length = static_cast<std::uint8_t>(kept_[1]);
  if (length > websocket::kMaxControlPayloadBytes)
    Fail("tunnel " + std::to_string(number_) + ": no ping that a server may send");
  if (!take_up_to(2 + std::size_t{length})) return taken;
  Send(Pong(std::string_view(kept_).substr(2)));
  kept_.clear();
  return taken;
}

}  // namespace viaduct::bench
