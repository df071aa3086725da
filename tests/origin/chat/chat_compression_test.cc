// Compression in a running chat: which clients get it, and that a broadcast is compressed once.

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tests/origin/chat/running_chat.h"
#include "tests/support/raw_peer.h"
#include "tests/websocket/zlib_peer.h"

namespace viaduct::origin {
namespace {

constexpr char kChromium[] = "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";
constexpr int kCompressedText = 0xc1;

OriginConfig Compressing() {
  OriginConfig config = RunningChat::Config();
  config.compression.enabled = true;
  return config;
}

struct Client {
  std::unique_ptr<RawPeer> peer;
  std::string answer;  // to the handshake
  std::string id;
  int last_first_byte = 0;
  std::unique_ptr<websocket::ZlibPeer> zlib = std::make_unique<websocket::ZlibPeer>(15);

  void Say(const std::string& text) { EXPECT_TRUE(peer->Send(Bytes({.payload = text}))); }
  void SayCompressed(const std::string& text) {
    EXPECT_TRUE(peer->Send(Bytes({.first_byte = kCompressedText, .payload = zlib->Deflate(text)})));
  }
  // Returns the next message, inflated if it is compressed.
  std::string Hear() {
    const std::optional<ServerFrame> frame = ReadFrame(peer.get());
    if (!frame) return "nothing came";
    last_first_byte = frame->first_byte;
    return frame->first_byte == kCompressedText ? zlib->Inflate(frame->payload) : frame->payload;
  }
};

Client Join(RunningChat* running, const std::string& fields, const std::string& query = "") {
  Client client{.peer = std::make_unique<RawPeer>(running->address()), .answer = "", .id = ""};
  EXPECT_TRUE(client.peer->Send(Handshake("/websocket" + query, fields)));
  client.answer = client.peer->ReadUntil("\r\n\r\n");
  client.id = JsonMember(client.Hear(), "id");
  return client;
}

std::string Broadcast(const Client& from, const std::string& message) {
  return R"({"type":"broadcast","from":")" + from.id + R"(","message":")" + message + "\"}";
}

DeflateCounters* Sum(RunningChat* running, DeflateCounters* sum) {
  for (std::size_t i = 0; i < running->chat().worker_count(); ++i) {
    const DeflateCounters& counted = running->chat().counters(i).deflate;
    sum->messages.Add(counted.messages.value());
    sum->bytes_before.Add(counted.bytes_before.value());
    sum->bytes_after.Add(counted.bytes_after.value());
  }
  return sum;
}
std::uint64_t TimesDeflated(RunningChat* running) {
  DeflateCounters sum;
  return Sum(running, &sum)->messages.value();
}

TEST(ChatCompressionTest, ItIsOffByDefault) {
  RunningChat running;
  Client client = Join(&running, kChromium);
  EXPECT_EQ(client.answer.find("Sec-WebSocket-Extensions"), std::string::npos);
  client.SayCompressed("x");
  EXPECT_EQ(ReadCloseCode(client.peer.get()), 1002);
}

TEST(ChatCompressionTest, ABroadcastIsCompressedOnceForAHundred) {
  RunningChat running(Compressing());
  std::vector<Client> hearers;
  for (int i = 0; i < 100; ++i) hearers.push_back(Join(&running, kChromium));
  Client speaker = Join(&running, kChromium);
  EXPECT_NE(speaker.answer.find("\r\nSec-WebSocket-Extensions: permessage-deflate; server_no_context_takeover; "
                                "client_no_context_takeover\r\n\r\n"),
            std::string::npos);
  const std::string text(3000, 't');
  speaker.SayCompressed(text);
  EXPECT_EQ(JsonMember(speaker.Hear(), "message"), text);
  for (Client& hearer : hearers) {
    EXPECT_EQ(hearer.Hear(), Broadcast(speaker, text));
    EXPECT_EQ(hearer.last_first_byte, kCompressedText);
  }
  DeflateCounters sum;
  Sum(&running, &sum);
  EXPECT_EQ(sum.messages.value(), 1u);
  EXPECT_EQ(sum.bytes_before.value(), Broadcast(speaker, text).size());
  EXPECT_LT(sum.bytes_after.value(), 200u);
}

TEST(ChatCompressionTest, ClientsOfAllKindsHearTheSameInTheSameOrder) {
  RunningChat running(Compressing());
  std::vector<Client> clients;
  clients.push_back(Join(&running, ""));
  clients.push_back(Join(&running, kChromium));
  clients.push_back(Join(&running, "Sec-WebSocket-Extensions: permessage-deflate; server_max_window_bits=9\r\n"));
  Client speaker = Join(&running, kChromium);
  const std::vector<std::string> texts = {std::string(1000, 'a'), "short", std::string(2000, 'b')};
  std::string all;
  for (const std::string& text : texts) all += Bytes({.payload = text});
  EXPECT_TRUE(speaker.peer->Send(all));
  for (const std::string& text : texts) EXPECT_EQ(JsonMember(speaker.Hear(), "message"), text);
  for (Client& client : clients) {
    for (const std::string& text : texts) EXPECT_EQ(client.Hear(), Broadcast(speaker, text));
  }
  // Two long messages for two windows; none for clients that did not offer compression.
  EXPECT_EQ(TimesDeflated(&running), 4u);
}

TEST(ChatCompressionTest, SendersHearOthersBetweenTheirOwnMessages) {
  RunningChat running(Compressing());
  Client a = Join(&running, kChromium);
  Client b = Join(&running, kChromium);
  const std::string long_text(1000, 'x');
  for (int i = 0; i < 50; ++i) {
    const std::string of_a = "a" + std::to_string(i) + long_text;
    const std::string of_b = "b" + std::to_string(i) + long_text;
    EXPECT_TRUE(a.peer->Send(Bytes({.payload = of_a}) + Bytes({.payload = "then"})));
    b.Say(of_b);
    // Each hears three messages in one order, its own as echoes.
    std::vector<std::string> heard_by_a;
    std::vector<std::string> heard_by_b;
    for (int message = 0; message < 3; ++message) {
      heard_by_a.push_back(JsonMember(a.Hear(), "message"));
      heard_by_b.push_back(JsonMember(b.Hear(), "message"));
    }
    EXPECT_EQ(heard_by_a, heard_by_b);
  }
}

TEST(ChatCompressionTest, ResumingClientsGetTheirOwnWordsCompressed) {
  RunningChat running(Compressing());
  Client resuming = Join(&running, kChromium, "?since=");
  Client speaker = Join(&running, "");
  const std::string text(1000, 'r');
  speaker.Say(text);
  std::string heard;
  do {
    heard = resuming.Hear();
  } while (JsonMember(heard, "type") == "presence");
  EXPECT_EQ(resuming.last_first_byte, kCompressedText);
  EXPECT_EQ(JsonMember(heard, "message"), text);
  EXPECT_NE(JsonMember(heard, "position"), "");
}

TEST(ChatCompressionTest, AClientMayTakeItsContextOverIfItIsAllowedTo) {
  OriginConfig config = Compressing();
  config.compression.policy.client_context = websocket::DeflateContext::kTakenOver;
  RunningChat running(config);
  Client client = Join(&running, kChromium);
  EXPECT_EQ(client.answer.find("client_no_context_takeover"), std::string::npos);
  for (int i = 0; i < 5; ++i) {
    client.SayCompressed("the same words again and again");
    EXPECT_EQ(JsonMember(client.Hear(), "message"), "the same words again and again");
  }
}

TEST(ChatCompressionTest, BombsAndCorruptMessagesEndOnlyTheirSender) {
  RunningChat running(Compressing());
  Client other = Join(&running, kChromium);
  Client bomber = Join(&running, kChromium);
  bomber.SayCompressed(std::string((1 << 20) + 1, '0'));
  EXPECT_EQ(ReadCloseCode(bomber.peer.get()), 1009);
  Client corrupt = Join(&running, kChromium);
  EXPECT_TRUE(corrupt.peer->Send(Bytes({.first_byte = kCompressedText, .payload = "\xff\xff\xff"})));
  EXPECT_EQ(ReadCloseCode(corrupt.peer.get()), 1007);
  Client not_text = Join(&running, kChromium);
  not_text.SayCompressed("\xc3");
  EXPECT_EQ(ReadCloseCode(not_text.peer.get()), 1007);
  other.SayCompressed("still here");
  EXPECT_EQ(JsonMember(other.Hear(), "message"), "still here");
}

}  // namespace
}  // namespace viaduct::origin
