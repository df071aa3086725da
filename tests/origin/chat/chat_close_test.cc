// The ways in which connections of a running chat end.
#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/origin/chat/running_chat.h"
#include "tests/support/raw_peer.h"

namespace viaduct::origin {
namespace {

std::uint64_t Disconnects(RunningChat* running, const Disconnect& disconnect) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < running->chat().worker_count(); ++i) {
    sum += running->chat().counters(i).disconnects[disconnect.index].value();
  }
  return sum;
}

std::string Close(std::string_view payload) { return Bytes({.first_byte = 0x88, .payload = std::string(payload)}); }
std::string CloseWithCode(int code, std::string_view reason = "") {
  return Close(std::string{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)} + std::string(reason));
}

struct Row {
  std::string_view name;
  std::string bytes;
  int code;            // of the Close that answers
  std::string logged;  // code in the log
};

TEST(ChatCloseTest, EachEndingHasItsCode) {
  OriginConfig config = RunningChat::Config();
  config.max_fragments = 10;
  RunningChat running(config);
  std::string many_fragments = Bytes({.first_byte = 0x01, .payload = "x"});
  for (int i = 0; i < 20; ++i) many_fragments += Bytes({.first_byte = 0x00, .payload = "x"});
  std::vector<Row> rows = {
      {"no code", Close(""), 1005, "1005"},
      {"1000", CloseWithCode(1000), 1000, "1000"},
      {"1001", CloseWithCode(1001, "away"), 1001, "1001"},
      {"3000", CloseWithCode(3000), 3000, "3000"},
      {"4999", CloseWithCode(4999), 4999, "4999"},
      {"close of one byte", Close("x"), 1002, "1006"},
      {"code 999", CloseWithCode(999), 1002, "1006"},
      {"code 1004", CloseWithCode(1004), 1002, "1006"},
      {"code 1005", CloseWithCode(1005), 1002, "1006"},
      {"code 1006", CloseWithCode(1006), 1002, "1006"},
      {"code 1015", CloseWithCode(1015), 1002, "1006"},
      {"code 2999", CloseWithCode(2999), 1002, "1006"},
      {"code 5000", CloseWithCode(5000), 1002, "1006"},
      {"reason not UTF-8", CloseWithCode(1000, "\xff"), 1007, "1006"},
      {"no mask", Bytes({.payload = "x", .masked = false}), 1002, "1006"},
      {"RSV1", Bytes({.first_byte = 0xc1, .payload = "x"}), 1002, "1006"},
      {"RSV2", Bytes({.first_byte = 0xa1, .payload = "x"}), 1002, "1006"},
      {"RSV3", Bytes({.first_byte = 0x91, .payload = "x"}), 1002, "1006"},
      {"opcode 3", Bytes({.first_byte = 0x83, .payload = "x"}), 1002, "1006"},
      {"opcode 11", Bytes({.first_byte = 0x8b, .payload = "x"}), 1002, "1006"},
      {"fragmented ping", Bytes({.first_byte = 0x09, .payload = "x"}), 1002, "1006"},
      {"long ping", Bytes({.first_byte = 0x89, .payload = std::string(126, 'x')}), 1002, "1006"},
      {"continuation of nothing", Bytes({.first_byte = 0x80, .payload = "x"}), 1002, "1006"},
      {"text inside text", Bytes({.first_byte = 0x01, .payload = "x"}) + Bytes({.payload = "y"}), 1002, "1006"},
      {"length not minimal", Bytes({.payload = "x", .length_bytes = 3}), 1002, "1006"},
      {"length of 64 bits", Bytes({.claimed_size = 1ull << 63}), 1002, "1006"},
      {"length of 63 bits", Bytes({.claimed_size = 1ull << 62}), 1009, "1006"},
      {"text not UTF-8", Bytes({.payload = "\xc3("}), 1007, "1006"},
      {"text cut inside a character", Bytes({.payload = "\xe3\x81"}), 1007, "1006"},
      {"fragment not UTF-8", Bytes({.first_byte = 0x01, .payload = "\xff"}), 1007, "1006"},
      {"too many fragments", many_fragments, 1008, "1006"},
      {"too big, before its payload", Bytes({.claimed_size = (1 << 20) + 1}), 1009, "1006"},
      {"too big in fragments",
       Bytes({.first_byte = 0x01, .payload = std::string(1 << 19, 'x')}) +
           Bytes({.first_byte = 0x80, .payload = std::string((1 << 19) + 1, 'x')}),
       1009, "1006"},
  };
  for (const Row& row : rows) {
    RawPeer peer(running.address());
    const std::string id = OpenWebSocket(&peer);
    ASSERT_TRUE(peer.Send(row.bytes)) << row.name;
    EXPECT_EQ(ReadCloseCode(&peer), row.code) << row.name;
    EXPECT_EQ(peer.ReadToEnd(), "") << row.name;
    EXPECT_FALSE(peer.was_reset()) << row.name;
    peer.ShutdownWrite();
    std::string logged;
    for (const std::string& line : running.LogLines("\"" + id + "\",\"code\"")) logged = JsonMember(line, "code");
    EXPECT_EQ(logged, row.logged) << row.name;
  }
  EXPECT_TRUE(Eventually([&] { return running.chat().empty(); }));
}

TEST(ChatCloseTest, ACloseStandsBehindTheEchoesOfWhatCameBefore) {
  RunningChat running;
  RawPeer peer(running.address());
  OpenWebSocket(&peer);
  ASSERT_TRUE(peer.Send(Bytes({.payload = "last words"}) + CloseWithCode(1000) + Bytes({.payload = "too late"})));
  EXPECT_EQ(JsonMember(ReadFrame(&peer)->payload, "message"), "last words");
  EXPECT_EQ(ReadFrame(&peer)->first_byte, 0x88);
  EXPECT_EQ(peer.ReadToEnd(), "");
  EXPECT_FALSE(peer.was_reset());
}

TEST(ChatCloseTest, AFinWithoutACloseStillGetsTheEchoes) {
  RunningChat running;
  RawPeer peer(running.address());
  OpenWebSocket(&peer);
  ASSERT_TRUE(peer.Send(Bytes({.payload = "last words"})));
  peer.ShutdownWrite();
  EXPECT_EQ(JsonMember(ReadFrame(&peer)->payload, "message"), "last words");
  EXPECT_EQ(peer.ReadToEnd(), "");
  const std::vector<std::string> lines = running.LogLines("ws closed");
  ASSERT_EQ(lines.size(), 1u);
  EXPECT_NE(lines[0].find(R"("code":1006,"reason":"","clientCount":0)"), std::string::npos) << lines[0];
}

TEST(ChatCloseTest, ClientsThatVanishAreCountedOut) {
  RunningChat running;
  std::vector<std::unique_ptr<RawPeer>> peers;
  for (int i = 0; i < 20; ++i) {
    peers.push_back(std::make_unique<RawPeer>(running.address()));
    OpenWebSocket(peers.back().get());
  }
  for (int i = 0; i < 15; ++i) peers[i]->Abort();
  EXPECT_EQ(running.LogLines("\"code\":1006", 15).size(), 15u);
  EXPECT_EQ(Disconnects(&running, Disconnect::kPeerGone), 15u);
  RawPeer next(running.address());
  next.Send(Handshake());
  next.ReadUntil("\r\n\r\n");
  EXPECT_EQ(JsonMember(ReadFrame(&next)->payload, "clientCount"), "6");
}

TEST(ChatCloseTest, WhoSendsTooFastIsClosedBehindWhatWasAllowed) {
  OriginConfig config = RunningChat::Config();
  config.max_message_rate = 1;
  config.message_burst = 3;
  RunningChat running(config);
  RawPeer peer(running.address());
  OpenWebSocket(&peer);
  std::string all;
  for (int i = 0; i < 200; ++i) all += Bytes({.payload = std::to_string(i)});
  ASSERT_TRUE(peer.Send(all));
  int echoes = 0;
  std::optional<ServerFrame> frame = ReadFrame(&peer);
  for (; frame && frame->first_byte == 0x81; frame = ReadFrame(&peer)) {
    EXPECT_EQ(JsonMember(frame->payload, "message"), std::to_string(echoes++));
  }
  EXPECT_GE(echoes, 3);
  ASSERT_TRUE(frame.has_value());
  EXPECT_EQ(frame->payload, std::string("\x03\xf0rate limit"));
  EXPECT_TRUE(Eventually([&] { return Disconnects(&running, Disconnect::kRateLimited) == 1; }));
}

TEST(ChatCloseTest, WhoSendsTooManyBytesIsClosedBehindWhatWasAllowed) {
  OriginConfig config = RunningChat::Config();
  config.max_byte_rate = 1;
  config.byte_burst = 1000;
  RunningChat running(config);
  RawPeer peer(running.address());
  OpenWebSocket(&peer);
  std::string all;
  for (int i = 0; i < 3; ++i) all += Bytes({.payload = std::string(400, 'x')});
  ASSERT_TRUE(peer.Send(all));
  EXPECT_EQ(ReadFrame(&peer)->first_byte, 0x81);
  EXPECT_EQ(ReadFrame(&peer)->first_byte, 0x81);
  EXPECT_EQ(ReadFrame(&peer)->payload, std::string("\x03\xf0rate limit"));
  EXPECT_TRUE(Eventually([&] { return Disconnects(&running, Disconnect::kRateLimited) == 1; }));
}

TEST(ChatCloseTest, AMessageIsAlsoMeasuredAsJson) {
  OriginConfig config = RunningChat::Config();
  config.max_message_bytes = 600;
  RunningChat running(config);
  for (const bool fits : {true, false}) {
    RawPeer peer(running.address());
    OpenWebSocket(&peer);
    ASSERT_TRUE(peer.Send(Bytes({.payload = std::string(fits ? 100 : 101, '\x01')})));
    if (fits) {
      EXPECT_EQ(ReadFrame(&peer)->first_byte, 0x81);
    } else {
      EXPECT_EQ(ReadFrame(&peer)->payload, std::string("\x03\xf1message too big"));
    }
  }
  EXPECT_TRUE(Eventually([&] { return Disconnects(&running, Disconnect::kMessageTooBig) == 1; }));
}

TEST(ChatCloseTest, AMessageMustBeFinishedInTime) {
  OriginConfig config = RunningChat::Config();
  config.message_timeout = std::chrono::milliseconds(200);
  RunningChat running(config);
  const std::vector<std::string> unfinished = {
      Bytes({.first_byte = 0x01, .payload = "begun"}),
      Bytes({.payload = "begun", .claimed_size = 100}),
  };
  for (const std::string& begin : unfinished) {
    RawPeer peer(running.address());
    OpenWebSocket(&peer);
    const auto start = std::chrono::steady_clock::now();
    ASSERT_TRUE(peer.Send(Bytes({.payload = "whole"}) + begin));
    EXPECT_EQ(JsonMember(ReadFrame(&peer)->payload, "message"), "whole");
    EXPECT_EQ(ReadCloseCode(&peer), 1008);
    EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(200));
  }
  EXPECT_TRUE(Eventually([&] { return Disconnects(&running, Disconnect::kMessageTimeout) == 2; }));
}

TEST(ChatCloseTest, WholeMessagesWithPausesAreNeverTooSlow) {
  OriginConfig config = RunningChat::Config();
  config.message_timeout = std::chrono::seconds(5);
  RunningChat running(config);
  RawPeer peer(running.address());
  OpenWebSocket(&peer);
  const auto start = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - start < std::chrono::milliseconds(5500)) {
    // Each message comes in two pieces, with a part of the time between them.
    const std::string bytes = Bytes({.payload = "in two pieces"});
    ASSERT_TRUE(peer.Send(bytes.substr(0, 8)));
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    ASSERT_TRUE(peer.Send(bytes.substr(8)));
    EXPECT_EQ(JsonMember(ReadFrame(&peer)->payload, "message"), "in two pieces");
  }
}

TEST(ChatCloseTest, AClientThatDoesNotAnswerOurCloseIsCut) {
  OriginConfig config = RunningChat::Config();
  config.message_timeout = std::chrono::milliseconds(50);
  config.close_timeout = std::chrono::milliseconds(200);
  RunningChat running(config);
  RawPeer peer(running.address());
  OpenWebSocket(&peer);
  const auto start = std::chrono::steady_clock::now();
  ASSERT_TRUE(peer.Send(Bytes({.first_byte = 0x01, .payload = "begun"})));
  EXPECT_EQ(ReadCloseCode(&peer), 1008);
  EXPECT_EQ(peer.ReadToEnd(), "");
  EXPECT_GE(std::chrono::steady_clock::now() - start, std::chrono::milliseconds(200));
  EXPECT_TRUE(Eventually([&] { return running.chat().empty(); }));
}

TEST(ChatCloseTest, OurCloseIsFinishedByTheirs) {
  OriginConfig config = RunningChat::Config();
  config.message_timeout = std::chrono::milliseconds(50);
  config.close_timeout = std::chrono::seconds(60);
  RunningChat running(config);
  RawPeer peer(running.address());
  const std::string id = OpenWebSocket(&peer);
  ASSERT_TRUE(peer.Send(Bytes({.first_byte = 0x01, .payload = "begun"})));
  EXPECT_EQ(ReadCloseCode(&peer), 1008);
  ASSERT_TRUE(peer.Send(CloseWithCode(1008)));
  EXPECT_EQ(peer.ReadToEnd(), "");
  EXPECT_FALSE(peer.was_reset());
  EXPECT_EQ(running.LogLines("\"code\":1008").size(), 1u);
}

// ---- In the middle of a read.

TEST(ChatCloseTest, BehindACloseOfOursFramesAreStillReadAsFrames) {
  OriginConfig config = RunningChat::Config();
  config.max_message_rate = 1;
  config.message_burst = 1;
  RunningChat running(config);
  RawPeer peer(running.address());
  OpenWebSocket(&peer);
  // The third message is cut inside its payload, the rest of which looks like a Close. Its mask is 0.
  const std::string forged = CloseWithCode(4444);
  const std::string head =
      std::string("\x82", 1) + static_cast<char>(0x80 | (10 + forged.size())) + std::string(4, '\0');
  ASSERT_TRUE(peer.Send(Bytes({.payload = "good"}) + Bytes({.payload = "too soon"}) + head + std::string(10, 'x')));
  EXPECT_EQ(JsonMember(ReadFrame(&peer)->payload, "message"), "good");
  EXPECT_EQ(ReadCloseCode(&peer), 1008);
  ASSERT_TRUE(peer.Send(forged));
  ASSERT_TRUE(peer.Send(CloseWithCode(3210)));
  EXPECT_EQ(peer.ReadToEnd(), "");
  EXPECT_FALSE(peer.was_reset());
  EXPECT_EQ(running.LogLines("\"code\":3210").size(), 1u);
  EXPECT_EQ(running.Log().find("\"code\":4444"), std::string::npos);
  EXPECT_EQ(Disconnects(&running, Disconnect::kRateLimited), 1u);
}

TEST(ChatCloseTest, ACloseOfThePeerInTheSameReadAnswersOurs) {
  OriginConfig config = RunningChat::Config();
  config.max_message_rate = 1;
  config.message_burst = 1;
  config.close_timeout = std::chrono::hours(1);
  RunningChat running(config);
  RawPeer peer(running.address());
  OpenWebSocket(&peer);
  const std::string ping = Bytes({.first_byte = 0x89, .payload = "?"});
  ASSERT_TRUE(
      peer.Send(Bytes({.payload = "good"}) + Bytes({.payload = "too soon"}) + ping + CloseWithCode(3210, "bye")));
  EXPECT_EQ(JsonMember(ReadFrame(&peer)->payload, "message"), "good");
  EXPECT_EQ(ReadCloseCode(&peer), 1008) << "ours, not an echo of the peer's";
  EXPECT_EQ(peer.ReadToEnd(), "");
  EXPECT_FALSE(peer.was_reset());
  EXPECT_EQ(running.LogLines("\"code\":3210").size(), 1u);
  EXPECT_EQ(Disconnects(&running, Disconnect::kRateLimited), 1u);
}

// ---- Slow readers.

TEST(ChatCloseTest, ASlowReaderIsDroppedAndNobodyElseNotices) {
  OriginConfig config = RunningChat::Config();
  config.max_message_bytes = 64 << 10;
  config.max_outbound_bytes = 256 << 10;
  RunningChat running(config);
  RawPeer sender(running.address());
  OpenWebSocket(&sender);
  RawPeer reader(running.address());
  OpenWebSocket(&reader);
  RawPeer slow(running.address(), {.receive_buffer_bytes = 4096});
  const std::string slow_id = OpenWebSocket(&slow);

  const std::string message(32 << 10, 'm');
  const std::size_t broadcast_size =
      message.size() + 36 + std::string(R"({"type":"broadcast","from":"","message":""})").size();
  for (int i = 0; i < 5000 && Disconnects(&running, Disconnect::kSlowConsumer) == 0; ++i) {
    ASSERT_TRUE(sender.Send(Bytes({.payload = message})));
    ASSERT_EQ(JsonMember(ReadFrame(&sender)->payload, "type"), "echo");
    ASSERT_EQ(ReadFrame(&reader)->payload.size(), broadcast_size);
  }
  // The client finds the whole frames that the kernel had taken, and then the Close.
  EXPECT_EQ(ReadCloseCode(&slow), 1013);
  ASSERT_TRUE(slow.Send(CloseWithCode(1013)));
  EXPECT_EQ(slow.ReadToEnd(), "");
  EXPECT_EQ(running.LogLines("\"" + slow_id + "\",\"code\":1013").size(), 1u);
  EXPECT_EQ(Disconnects(&running, Disconnect::kSlowConsumer), 1u);
  EXPECT_TRUE(Eventually([&] {
    return running.chat().counters(0).queued_bytes.value() + running.chat().counters(1).queued_bytes.value() == 0;
  }));
}

// What the kernel had taken for it takes longer than the wait for its Close.
TEST(ChatCloseTest, ASlowReaderThatStillReadsIsWaitedFor) {
  OriginConfig config = RunningChat::Config();
  config.max_message_bytes = 64 << 10;
  config.max_outbound_bytes = 256 << 10;
  config.close_timeout = std::chrono::milliseconds(800);
  RunningChat running(config);
  RawPeer sender(running.address());
  OpenWebSocket(&sender);
  RawPeer slow(running.address(), {.receive_buffer_bytes = 16 << 10});
  OpenWebSocket(&slow);
  const std::string message(16 << 10, 'm');
  for (int i = 0; i < 5000 && Disconnects(&running, Disconnect::kSlowConsumer) == 0; ++i) {
    ASSERT_TRUE(sender.Send(Bytes({.payload = message})));
    ASSERT_EQ(JsonMember(ReadFrame(&sender)->payload, "type"), "echo");
  }
  std::size_t bytes = 0;
  const auto begin = std::chrono::steady_clock::now();
  while (std::chrono::steady_clock::now() - begin < std::chrono::milliseconds(1200)) {
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
    bytes += slow.Read(8'000).size();
  }
  EXPECT_EQ(bytes % 8'000, 0u) << "it was cut";
  EXPECT_GT(bytes, 0u);
  EXPECT_TRUE(slow.ReadUntil("reading too slowly").ends_with("reading too slowly"));
  EXPECT_FALSE(slow.was_reset());
}

TEST(ChatCloseTest, ASlowReaderThatNeverReadsAgainIsCut) {
  OriginConfig config = RunningChat::Config();
  config.max_message_bytes = 64 << 10;
  config.max_outbound_bytes = 256 << 10;
  config.close_timeout = std::chrono::milliseconds(100);
  RunningChat running(config);
  RawPeer sender(running.address());
  OpenWebSocket(&sender);
  RawPeer slow(running.address(), {.receive_buffer_bytes = 4096});
  OpenWebSocket(&slow);
  const std::string message(32 << 10, 'm');
  for (int i = 0; i < 5000 && Disconnects(&running, Disconnect::kSlowConsumer) == 0; ++i) {
    ASSERT_TRUE(sender.Send(Bytes({.payload = message})));
    ASSERT_EQ(JsonMember(ReadFrame(&sender)->payload, "type"), "echo");
  }
  EXPECT_EQ(Disconnects(&running, Disconnect::kSlowConsumer), 1u);
  EXPECT_EQ(running.LogLines("\"code\":1006").size(), 1u);
}

TEST(ChatCloseTest, AClientThatDoesNotReadItsEchoesIsNotReadFrom) {
  OriginConfig config = RunningChat::Config();
  config.workers = 1;
  config.max_message_bytes = 64 << 10;
  config.max_outbound_bytes = 1 << 20;
  RunningChat running(config);
  RawPeer peer(running.address(), {.receive_buffer_bytes = 4096});
  OpenWebSocket(&peer);
  std::string flood;
  for (int i = 0; i < 100; ++i) flood += Bytes({.payload = std::string(1000, 'e')});
  // Sends until this much waits and nothing more is taken: the chat has stopped reading, and the queue stays within the
  // bound.
  const ops::Gauge& queued = running.chat().counters(0).queued_bytes;
  std::size_t sent = 0;
  std::size_t offset = 0;
  auto last_progress = std::chrono::steady_clock::now();
  const auto deadline = last_progress + RawPeer::kTimeout;
  while (queued.value() < 1 << 19 ||
         std::chrono::steady_clock::now() - last_progress < std::chrono::milliseconds(300)) {
    ASSERT_LT(std::chrono::steady_clock::now(), deadline) << queued.value();
    const std::size_t once = peer.SendSome(std::string_view(flood).substr(offset));
    if (once == 0) continue;
    offset = (offset + once) % flood.size();
    sent += once;
    last_progress = std::chrono::steady_clock::now();
    ASSERT_LT(sent, 256u << 20);
  }
  EXPECT_LE(queued.value(), 1 << 20);
  // The client reads again, and all its messages are answered.
  const std::size_t messages = sent / (flood.size() / 100);
  for (std::size_t i = 0; i < messages; ++i) {
    const auto frame = ReadFrame(&peer);
    ASSERT_TRUE(frame.has_value()) << i << " of " << messages;
    ASSERT_EQ(JsonMember(frame->payload, "type"), "echo");
  }
}

TEST(ChatCloseTest, OfManyPingsAClientThatDoesNotReadGetsOnlySomeAnswered) {
  OriginConfig config = RunningChat::Config();
  config.workers = 1;
  RunningChat running(config);
  RawPeer peer(running.address(), {.receive_buffer_bytes = 4096});
  OpenWebSocket(&peer);
  std::string pings;
  for (int i = 0; i < 1000; ++i) pings += Bytes({.first_byte = 0x89, .payload = std::string(125, 'p')});
  for (int i = 0; i < 100; ++i) ASSERT_TRUE(peer.Send(pings));
  ASSERT_TRUE(peer.Send(Bytes({.first_byte = 0x89, .payload = "the last"})));
  for (int i = 0; i <= 100'000; ++i) {
    const auto pong = ReadFrame(&peer);
    ASSERT_TRUE(pong.has_value());
    ASSERT_EQ(pong->first_byte, 0x8a);
    if (pong->payload == "the last") break;
    ASSERT_LT(i, 100'000);
  }
}

}  // namespace
}  // namespace viaduct::origin
