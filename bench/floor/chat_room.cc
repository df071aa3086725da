#include "bench/floor/chat_room.h"

#include <sys/socket.h>
#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/unique_fd.h"
#include "websocket/frame_header.h"
#include "websocket/handshake.h"
#include "websocket/mask.h"
#include "websocket/opcode.h"

namespace viaduct::bench {
namespace {

constexpr std::string_view kKeyField = "sec-websocket-key: ";
constexpr std::size_t kKeyBytes = 24;

void AppendFrame(std::string* out, std::initializer_list<std::string_view> parts) {
  std::size_t size = 0;
  for (const std::string_view part : parts) size += part.size();
  char header[websocket::kMaxFrameHeaderBytes];
  out->append(header,
              websocket::EncodeFrameHeader({.opcode = websocket::Opcode::kText, .payload_length = size}, header));
  for (const std::string_view part : parts) out->append(part);
}

// Writes an id that looks like a UUID; it need not be unpredictable.
void WriteId(std::uint64_t number, char* out) {
  constexpr std::string_view kShape = "00000000-0000-4000-8000-000000000000";
  std::memcpy(out, kShape.data(), kShape.size());
  for (std::size_t i = kShape.size(); number != 0; number /= 10) out[--i] = static_cast<char>('0' + number % 10);
}

}  // namespace

std::size_t ChatRoom::Add(net::UniqueFd fd) {
  std::size_t place = clients_.size();
  if (free_.empty()) {
    clients_.emplace_back();
  } else {
    place = free_.back();
    free_.pop_back();
  }
  clients_[place] = Client();
  clients_[place].fd = std::move(fd);
  return place;
}

void ChatRoom::React(std::size_t place, bool readable, std::vector<char>& block) {
  Client& client = clients_[place];
  if (client.unsent) Flush(client);
  while (readable && client.fd) {
    std::size_t held = 0;
    if (client.received) {
      held = client.received->copy(block.data(), client.received->size());
      client.received.reset();
    }
    const ssize_t size = ::recv(client.fd.get(), block.data() + held, block.size() - held, 0);
    if (size < 0 && errno == EAGAIN && held == 0) return;
    if (size <= 0 && !(size < 0 && errno == EAGAIN)) return Remove(place);
    const std::size_t all = held + static_cast<std::size_t>(std::max<ssize_t>(size, 0));
    const std::size_t used = Consume(place, std::span(block.data(), all));
    if (used == std::string::npos || used + block.size() / 2 < all) return Remove(place);
    if (used < all) client.received = std::make_unique<std::string>(block.data() + used, all - used);
    // A short read: there is no more, and an edge reports new data.
    if (all < block.size()) return;
  }
}

std::size_t ChatRoom::Consume(std::size_t place, std::span<char> bytes) {
  std::size_t used = 0;
  if (!clients_[place].welcomed) {
    const std::string_view text(bytes.data(), bytes.size());
    const std::size_t end = text.find("\r\n\r\n");
    if (end == std::string_view::npos) return 0;
    used = end + 4;
    if (!Welcome(clients_[place], text.substr(0, used))) return std::string::npos;
  }
  while (true) {
    const std::string_view rest(bytes.data() + used, bytes.size() - used);
    const websocket::ParsedHeader parsed = websocket::ParseFrameHeader(rest, {.sender = websocket::Sender::kClient});
    if (parsed.kind == websocket::ParsedHeader::Kind::kNeedMore) return used;
    if (parsed.kind == websocket::ParsedHeader::Kind::kError) return std::string::npos;
    if (parsed.header.opcode != websocket::Opcode::kText || !parsed.header.fin) return std::string::npos;
    const std::size_t size = parsed.header.payload_length;
    if (rest.size() - parsed.size < size) return used;
    char* const payload = bytes.data() + used + parsed.size;
    websocket::ApplyMask(payload, size, parsed.header.mask, 0);
    Say(place, {payload, size});
    used += parsed.size + size;
  }
}

bool ChatRoom::Welcome(Client& client, std::string_view head) {
  const std::size_t field = head.find(kKeyField);
  if (field == std::string_view::npos) return false;
  const std::array<char, 28> accept = websocket::AcceptValue(head.substr(field + kKeyField.size(), kKeyBytes));
  WriteId(++ids_, client.id);
  client.welcomed = true;
  ++count_;
  std::string answer =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ";
  answer.append(accept.data(), accept.size()).append("\r\n\r\n");
  AppendFrame(&answer, {R"({"type":"welcome","id":")",
                        {client.id, sizeof(client.id)},
                        R"(","clientCount":)",
                        std::to_string(count_),
                        "}"});
  const iovec part = {answer.data(), answer.size()};
  Send(client, &part, 1);
  return true;
}

void ChatRoom::Say(std::size_t place, std::string_view text) {
  Client& client = clients_[place];
  Said said = {.client = place,
               .previous = client.last_said,
               .begin = broadcasts_.size(),
               .end = 0,
               .echo_begin = echoes_.size(),
               .echo_end = 0};
  const std::string_view id(client.id, sizeof(client.id));
  AppendFrame(&broadcasts_, {R"({"type":"broadcast","from":")", id, R"(","message":")", text, R"("})"});
  AppendFrame(&echoes_, {R"({"type":"echo","from":")", id, R"(","message":")", text, R"("})"});
  said.end = broadcasts_.size();
  said.echo_end = echoes_.size();
  said_.push_back(said);
  client.last_said = static_cast<std::uint32_t>(said_.size());
}

void ChatRoom::FinishTurn() {
  if (!said_.empty()) {
    const iovec all = {broadcasts_.data(), broadcasts_.size()};
    for (Client& client : clients_) {
      if (!client.welcomed || !client.fd) continue;
      if (client.last_said == 0) {
        Send(client, &all, 1);
        continue;
      }
      GatherFor(client);
      Send(client, parts_.data(), parts_.size());
      client.last_said = 0;
    }
    broadcasts_.clear();
    echoes_.clear();
    said_.clear();
  }
  // Places are reused only now, when no event of this turn can refer to them.
  free_.insert(free_.end(), ended_.begin(), ended_.end());
  ended_.clear();
}

void ChatRoom::GatherFor(const Client& client) {
  // Gathers from the end: a broadcast of others, its echo, a broadcast of others, ...
  parts_.clear();
  std::size_t end = broadcasts_.size();
  for (std::uint32_t i = client.last_said; i != 0; i = said_[i - 1].previous) {
    const Said& said = said_[i - 1];
    if (said.end < end) parts_.push_back({broadcasts_.data() + said.end, end - said.end});
    parts_.push_back({echoes_.data() + said.echo_begin, said.echo_end - said.echo_begin});
    end = said.begin;
  }
  if (end > 0) parts_.push_back({broadcasts_.data(), end});
  std::reverse(parts_.begin(), parts_.end());
}

void ChatRoom::Send(Client& client, const iovec* parts, std::size_t count) {
  while (count > 0) {
    const std::size_t some = std::min<std::size_t>(count, IOV_MAX);
    std::size_t sent = 0;
    if (!client.unsent) {
      msghdr message = {};
      message.msg_iov = const_cast<iovec*>(parts);
      message.msg_iovlen = some;
      const ssize_t taken = some == 1 ? ::send(client.fd.get(), parts->iov_base, parts->iov_len, MSG_NOSIGNAL)
                                      : ::sendmsg(client.fd.get(), &message, MSG_NOSIGNAL);
      // A client that has gone is noticed by reading.
      if (taken < 0 && errno != EAGAIN) return;
      sent = static_cast<std::size_t>(std::max<ssize_t>(taken, 0));
    }
    for (std::size_t i = 0; i < some; ++i) {
      const std::size_t skipped = std::min(sent, parts[i].iov_len);
      sent -= skipped;
      if (skipped == parts[i].iov_len) continue;
      if (!client.unsent) client.unsent = std::make_unique<std::string>();
      client.unsent->append(static_cast<const char*>(parts[i].iov_base) + skipped, parts[i].iov_len - skipped);
    }
    parts += some;
    count -= some;
  }
}

void ChatRoom::Flush(Client& client) {
  const ssize_t sent = ::send(client.fd.get(), client.unsent->data(), client.unsent->size(), MSG_NOSIGNAL);
  if (sent > 0) client.unsent->erase(0, static_cast<std::size_t>(sent));
  if (client.unsent->empty()) client.unsent.reset();
}

void ChatRoom::Remove(std::size_t place) {
  Client& client = clients_[place];
  if (client.welcomed) --count_;
  client = Client();
  ended_.push_back(place);
}

}  // namespace viaduct::bench
