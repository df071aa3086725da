// The chat as an HTTP/1.1 server, over real sockets.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "origin/page/page.h"
#include "tests/origin/chat/running_chat.h"
#include "tests/support/raw_peer.h"

namespace viaduct::origin {
namespace {

std::string Get(std::string_view target, std::string_view fields = "") {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}

std::string StatusOf(const std::string& head) { return head.substr(0, head.find('\r')); }

std::string FieldOf(const std::string& head, const std::string& name) {
  const std::size_t begin = head.find("\r\n" + name + ": ");
  if (begin == std::string::npos) return "";
  const std::size_t value = begin + name.size() + 4;
  return head.substr(value, head.find('\r', value) - value);
}

const PageFile& Page(std::string_view path) {
  for (const PageFile& file : PageFiles()) {
    if (file.path == path) return file;
  }
  ADD_FAILURE() << "no such file: " << path;
  return PageFiles().front();
}

TEST(ChatHttpTest, ServesThePageOnOneConnection) {
  RunningChat running;
  RawPeer peer(running.address());
  for (const PageFile& file : PageFiles()) {
    ASSERT_TRUE(peer.Send(Get(file.path)));
    const std::string head = peer.ReadUntil("\r\n\r\n");
    EXPECT_EQ(StatusOf(head), "HTTP/1.1 200 OK");
    EXPECT_EQ(FieldOf(head, "Content-Type"), file.content_type);
    EXPECT_EQ(FieldOf(head, "ETag"), file.etag);
    EXPECT_TRUE(peer.Read(file.body.size()) == file.body) << file.path;

    ASSERT_TRUE(peer.Send(Get(file.path, "If-None-Match: " + std::string(file.etag) + "\r\n")));
    EXPECT_EQ(StatusOf(peer.ReadUntil("\r\n\r\n")), "HTTP/1.1 304 Not Modified");
    ASSERT_TRUE(peer.Send("HEAD " + std::string(file.path) + " HTTP/1.1\r\nHost: a\r\n\r\n"));
    EXPECT_EQ(FieldOf(peer.ReadUntil("\r\n\r\n"), "Content-Length"), std::to_string(file.body.size()));
  }
}

TEST(ChatHttpTest, PipelinedRequestsAreAnsweredInOrder) {
  RunningChat running;
  RawPeer peer(running.address());
  std::string requests;
  for (int i = 0; i < 200; ++i) requests += Get(i % 2 == 0 ? "/chat.js" : "/healthz");
  ASSERT_TRUE(peer.Send(requests + Get("/nothing", "Connection: close\r\n")));
  for (int i = 0; i < 200; ++i) {
    EXPECT_EQ(StatusOf(peer.ReadUntil("\r\n\r\n")), "HTTP/1.1 200 OK");
    const std::string_view body = i % 2 == 0 ? Page("/chat.js").body : std::string_view("ok\n");
    ASSERT_TRUE(peer.Read(body.size()) == body) << i;
  }
  EXPECT_EQ(StatusOf(peer.ReadUntil("\r\n\r\n")), "HTTP/1.1 404 Not Found");
  EXPECT_EQ(peer.ReadToEnd(), "Not Found\n");
  EXPECT_FALSE(peer.was_reset());
}

TEST(ChatHttpTest, AClientThatDoesNotTakeItsAnswersIsNotReadFrom) {
  RunningChat running;
  RawPeer peer(running.address(), {.receive_buffer_bytes = 4096});
  const std::string request = Get("/chat.js", "x: " + std::string(20'000, 'x') + "\r\n");
  // Sends until the kernel takes no more: the chat has stopped reading.
  std::size_t whole = 0;
  while (peer.SendSome(request) == request.size()) ASSERT_LT(++whole, 3000u);
  for (std::size_t i = 0; i < whole; ++i) {
    ASSERT_EQ(StatusOf(peer.ReadUntil("\r\n\r\n")), "HTTP/1.1 200 OK") << i;
    ASSERT_EQ(peer.Read(Page("/chat.js").body.size()).size(), Page("/chat.js").body.size());
  }
}

TEST(ChatHttpTest, AHeadMayComeByteByByte) {
  RunningChat running;
  RawPeer peer(running.address());
  for (const char c : Get("/healthz")) ASSERT_TRUE(peer.Send(std::string(1, c)));
  EXPECT_EQ(StatusOf(peer.ReadUntil("\r\n\r\n")), "HTTP/1.1 200 OK");
}

struct Refused {
  std::string_view name;
  std::string request;
  std::string status;
};

// Each is refused at once, and the answer arrives although bytes are left unread.
TEST(ChatHttpTest, WhatIsNoProperRequestIsRefusedAndTheConnectionClosed) {
  RunningChat running;
  const std::string upgrade = Handshake();
  const auto with = [&](std::string_view from, std::string_view to) {
    std::string text = upgrade;
    return text.replace(text.find(from), from.size(), to);
  };
  for (const Refused& row : std::vector<Refused>{
           {"garbage", std::string("\x16\x03\x01\x02\x00\x01\x00", 7), "400 Bad Request"},
           {"text", "hello\r\n\r\n", "400 Bad Request"},
           {"bare line feeds", "GET / HTTP/1.1\nHost: a\n\n", "400 Bad Request"},
           {"no host", "GET / HTTP/1.1\r\n\r\n", "400 Bad Request"},
           {"two hosts", "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "400 Bad Request"},
           {"length and encoding", Get("/", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n"), "400 Bad Request"},
           {"CONNECT", "CONNECT a:80 HTTP/1.1\r\nHost: a\r\n\r\n", "405 Method Not Allowed"},
           {"absolute form", "GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "400 Bad Request"},
           {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505 HTTP Version Not Supported"},
           {"large head", Get("/", "x: " + std::string(40'000, 'x') + "\r\n"), "431 Request Header Fields Too Large"},
           {"endless head", "GET / HTTP/1.1\r\nx: " + std::string(100'000, 'x'), "431 Request Header Fields Too Large"},
           {"long target", Get("/" + std::string(9'000, 'x')), "414 URI Too Long"},
           {"body", "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n" + std::string(100'000, 'x'),
            "405 Method Not Allowed"},
           {"no upgrade", Get("/websocket"), "426 Upgrade Required"},
           {"wrong version", with("Version: 13", "Version: 12"), "426 Upgrade Required"},
           {"bad key", with("dGhlIHNhbXBsZSBub25jZQ==", "short"), "400 Bad Request"},
           {"handshake with a body", Handshake("/websocket", "Content-Length: 5\r\n") + "12345", "400 Bad Request"},
           {"POST", with("GET", "POST"), "405 Method Not Allowed"},
       }) {
    RawPeer peer(running.address());
    peer.Send(row.request);
    const std::string answer = peer.ReadToEnd();
    EXPECT_EQ(StatusOf(answer), "HTTP/1.1 " + row.status) << row.name;
    EXPECT_NE(FieldOf(answer, "Connection").find("close"), std::string::npos) << row.name;
    EXPECT_TRUE(peer.ended()) << row.name;
    EXPECT_FALSE(peer.was_reset()) << row.name;
  }
  EXPECT_TRUE(Eventually([&] { return running.chat().empty(); }));
}

TEST(ChatHttpTest, NothingBehindARefusedHandshakeIsTakenForARequest) {
  RunningChat running;
  RawPeer peer(running.address());
  std::string refused = Handshake();
  refused.replace(refused.find("13"), 2, "12");
  ASSERT_TRUE(peer.Send(refused + Get("/healthz")));
  const std::string answers = peer.ReadToEnd();
  EXPECT_EQ(StatusOf(answers), "HTTP/1.1 426 Upgrade Required");
  EXPECT_EQ(answers.find("200 OK"), std::string::npos);
}

TEST(ChatHttpTest, AHeadMustBeThereInTime) {
  OriginConfig config = RunningChat::Config();
  config.request_head_timeout = std::chrono::seconds(2);
  RunningChat running(config);
  const auto begin = std::chrono::steady_clock::now();
  RawPeer silent(running.address());
  RawPeer slow(running.address());
  ASSERT_TRUE(slow.Send("GET / HTTP/1.1\r\nHost: a\r\n"));
  EXPECT_EQ(StatusOf(slow.ReadToEnd()), "HTTP/1.1 408 Request Timeout");
  EXPECT_EQ(silent.ReadToEnd(), "");
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
}

TEST(ChatHttpTest, AKeptConnectionEndsWhenItIsNotUsed) {
  OriginConfig config = RunningChat::Config();
  config.keep_alive_timeout = std::chrono::milliseconds(150);
  RunningChat running(config);
  RawPeer peer(running.address());
  const auto begin = std::chrono::steady_clock::now();
  ASSERT_TRUE(peer.Send(Get("/healthz")));
  peer.ReadUntil("ok\n");
  EXPECT_EQ(peer.ReadToEnd(), "");
  EXPECT_FALSE(peer.was_reset());
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(100));
}

TEST(ChatHttpTest, AFurtherHeadHasItsOwnTime) {
  OriginConfig config = RunningChat::Config();
  config.keep_alive_timeout = std::chrono::seconds(60);
  config.request_head_timeout = std::chrono::seconds(2);
  RunningChat running(config);
  RawPeer peer(running.address());
  ASSERT_TRUE(peer.Send(Get("/healthz") + "GET /"));
  peer.ReadUntil("ok\n");
  EXPECT_EQ(StatusOf(peer.ReadToEnd()), "HTTP/1.1 408 Request Timeout");
}

TEST(ChatHttpTest, ConnectionsOverTheLimitAreTold503UntilOneIsFree) {
  OriginConfig config = RunningChat::Config();
  config.max_connections = 2;
  RunningChat running(config);
  RawPeer first(running.address());
  OpenWebSocket(&first);
  {
    RawPeer second(running.address());
    ASSERT_TRUE(second.Send(Get("/healthz")));
    second.ReadUntil("ok\n");

    RawPeer third(running.address());
    ASSERT_TRUE(third.Send(Handshake()));
    EXPECT_EQ(StatusOf(third.ReadToEnd()), "HTTP/1.1 503 Service Unavailable");
    RawPeer health(running.address());
    ASSERT_TRUE(health.Send(Get("/healthz")));
    EXPECT_EQ(StatusOf(health.ReadToEnd()), "HTTP/1.1 200 OK");
  }
  EXPECT_TRUE(Eventually([&] {
    RawPeer next(running.address());
    next.Send(Handshake());
    return StatusOf(next.ReadUntil("\r\n\r\n")) == "HTTP/1.1 101 Switching Protocols";
  }));
}

}  // namespace
}  // namespace viaduct::origin
