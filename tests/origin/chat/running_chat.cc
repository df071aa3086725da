#include "tests/origin/chat/running_chat.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <thread>

namespace viaduct::origin {

OriginConfig RunningChat::Config() {
  origin::v1::OriginConfig proto;
  proto.set_listen("127.0.0.1:0");
  proto.set_workers(2);
  // Tests send longer messages, and more at once, than people do.
  proto.mutable_limits()->set_max_message_bytes(1 << 20);
  proto.mutable_limits()->set_max_message_rate(0);
  proto.mutable_limits()->set_max_byte_rate(0);
  // Longer than RawPeer waits, so that a client that is slow to answer a Close is not cut.
  proto.mutable_timeouts()->mutable_close_timeout()->set_seconds(60);
  return OriginConfig::Create(&proto).value();
}

RunningChat::RunningChat(const OriginConfig& config, const BrokerLink::MakeBroker& make_broker)
    : log_file_(::memfd_create("log", MFD_CLOEXEC)), log_(std::make_unique<ops::LogSink>(log_file_.get(), 256 << 20)) {
  auto chat = Chat::Start(config, log_.get(), make_broker);
  EXPECT_TRUE(chat.ok()) << chat.status();
  if (chat.ok()) chat_ = *std::move(chat);
}

RunningChat::~RunningChat() = default;

std::string RunningChat::Log() {
  log_->Flush(std::chrono::steady_clock::now() + std::chrono::seconds(5));
  std::string text(static_cast<std::size_t>(::lseek(log_file_.get(), 0, SEEK_CUR)), '\0');
  const ssize_t got = ::pread(log_file_.get(), text.data(), text.size(), 0);
  text.resize(static_cast<std::size_t>(got < 0 ? 0 : got));
  return text;
}

std::vector<std::string> RunningChat::LogLines(std::string_view text, std::size_t count) {
  std::vector<std::string> lines;
  Eventually([&] {
    lines.clear();
    const std::string log = Log();
    for (std::size_t begin = 0; begin < log.size();) {
      const std::size_t end = log.find('\n', begin);
      const std::string line = log.substr(begin, end - begin);
      if (line.find(text) != std::string::npos) lines.push_back(line);
      begin = end + 1;
    }
    return lines.size() >= count;
  });
  return lines;
}

bool Eventually(const std::function<bool()>& fact) {
  const auto deadline = std::chrono::steady_clock::now() + RawPeer::kTimeout;
  while (!fact()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

std::string JsonMember(std::string_view json, std::string_view name) {
  const std::string key = "\"" + std::string(name) + "\":";
  std::size_t begin = json.find(key);
  if (begin == std::string_view::npos) return "";
  begin += key.size();
  if (json[begin] == '"') {
    const std::size_t end = json.find('"', begin + 1);
    return std::string(json.substr(begin + 1, end - begin - 1));
  }
  return std::string(json.substr(begin, json.find_first_of(",}", begin) - begin));
}

std::string Handshake(std::string_view target, std::string_view fields) {
  return "GET " + std::string(target) +
         " HTTP/1.1\r\nHost: chat.example\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
         "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n" +
         std::string(fields) + "\r\n";
}

std::string Bytes(const ClientFrame& frame) {
  const std::uint64_t size = frame.claimed_size.value_or(frame.payload.size());
  int length_bytes = frame.length_bytes;
  if (length_bytes == 0) length_bytes = size < 126 ? 1 : size < 65536 ? 3 : 9;
  std::string bytes(1, static_cast<char>(frame.first_byte));
  const int mask_bit = frame.masked ? 0x80 : 0;
  bytes += static_cast<char>(mask_bit | (length_bytes == 1 ? static_cast<int>(size) : length_bytes == 3 ? 126 : 127));
  for (int shift = (length_bytes - 2) * 8; length_bytes > 1 && shift >= 0; shift -= 8) {
    bytes += static_cast<char>(size >> shift & 0xff);
  }
  if (!frame.masked) return bytes + frame.payload;
  constexpr std::array<char, 4> kMask = {0x11, 0x22, 0x33, 0x44};
  bytes.append(kMask.data(), kMask.size());
  for (std::size_t i = 0; i < frame.payload.size(); ++i) {
    bytes += static_cast<char>(frame.payload[i] ^ kMask[i % kMask.size()]);
  }
  return bytes;
}

std::optional<ServerFrame> ReadFrame(RawPeer* peer) {
  const std::string head = peer->Read(2);
  if (head.size() < 2) return std::nullopt;
  std::uint64_t size = static_cast<unsigned char>(head[1]);
  const std::size_t more = size == 126 ? 2 : size == 127 ? 8 : 0;
  if (more > 0) {
    size = 0;
    for (const char c : peer->Read(more)) size = size << 8 | static_cast<unsigned char>(c);
  }
  ServerFrame frame{.first_byte = static_cast<unsigned char>(head[0]), .payload = peer->Read(size)};
  if (frame.payload.size() < size) return std::nullopt;
  return frame;
}

int ReadCloseCode(RawPeer* peer) {
  for (;;) {
    const std::optional<ServerFrame> frame = ReadFrame(peer);
    if (!frame) return 1006;
    if (frame->first_byte != 0x88) continue;
    if (frame->payload.size() < 2) return 1005;
    return static_cast<unsigned char>(frame->payload[0]) << 8 | static_cast<unsigned char>(frame->payload[1]);
  }
}

std::string OpenWebSocket(RawPeer* peer) { return JsonMember(OpenWebSocket(peer, "/websocket"), "id"); }

std::string OpenWebSocket(RawPeer* peer, std::string_view target) {
  peer->Send(Handshake(target));
  const std::string head = peer->ReadUntil("\r\n\r\n");
  EXPECT_EQ(head.substr(0, 12), "HTTP/1.1 101") << head;
  const std::optional<ServerFrame> welcome = ReadFrame(peer);
  if (!welcome) {
    ADD_FAILURE() << "no welcome";
    return "";
  }
  EXPECT_EQ(JsonMember(welcome->payload, "type"), "welcome");
  return welcome->payload;
}

std::string ReadPayload(RawPeer* peer) {
  const std::optional<ServerFrame> frame = ReadFrame(peer);
  return frame ? frame->payload : "nothing came";
}

void ChatClient::Say(const std::string& text) { EXPECT_TRUE(peer->Send(Bytes({.payload = text}))); }

std::string ChatClient::Hear() { return ReadPayload(peer.get()); }

std::string ChatClient::HearMessage() {
  for (;;) {
    std::string payload = Hear();
    const std::string type = JsonMember(payload, "type");
    if (type != "presence" && type != "replay") return payload;
  }
}

ChatClient JoinRoom(RunningChat* running, const std::string& query) {
  ChatClient client{.peer = std::make_unique<RawPeer>(running->address())};
  client.welcome = OpenWebSocket(client.peer.get(), "/websocket" + query);
  client.id = JsonMember(client.welcome, "id");
  return client;
}

}  // namespace viaduct::origin
