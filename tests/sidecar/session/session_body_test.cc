// Bodies: whatever their framing, whatever their size, at the speed of the slower side.

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <random>
#include <string>
#include <thread>

#include "sidecar/request/request_end.h"
#include "tests/support/http_message.h"
#include "tests/support/scripted_peer.h"
#include "tests/support/sidecar_fixture.h"

namespace viaduct::sidecar {
namespace {

using std::chrono::milliseconds;

constexpr std::size_t kMiB = std::size_t{1} << 20;

class SessionBodyTest : public SidecarTest {
 protected:
  // A request that waits at the upstream for its response.
  void BeginGet(const std::string& request = Get("/")) {
    viewer_ = Viewer(receive_buffer_bytes_);
    viewer_.Send(request);
    peer_ = upstream_.Accept();
    ReadHttpMessage(&peer_);
  }
  void TearDown() override {
    viewer_.Close();
    peer_.Close();
    SidecarTest::TearDown();
  }

  int receive_buffer_bytes_ = 0;
  ScriptedPeer viewer_;
  ScriptedPeer peer_;  // at the upstream
};

std::string RandomBytes(std::size_t size) {
  std::mt19937 random(6455);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

// Returns the body in chunks of all sizes.
std::string Chunked(std::string_view body) {
  std::mt19937 random(9112);
  std::string text;
  while (!body.empty()) {
    const std::size_t size = std::min<std::size_t>(body.size(), 1 + random() % (random() % 2 == 0 ? 20 : 100'000));
    char line[32];
    text.append(line, static_cast<std::size_t>(std::snprintf(line, sizeof line, "%zX\r\n", size)));
    text.append(body.substr(0, size)).append("\r\n");
    body.remove_prefix(size);
  }
  return text + "0\r\n\r\n";
}

TEST_F(SessionBodyTest, RequestBodiesReachTheUpstreamWhateverTheirFraming) {
  Start();
  ScriptedPeer viewer = Viewer();
  ScriptedPeer upstream;
  const struct {
    std::string fields;
    std::string body;
    std::string content;
  } kTable[] = {
      {"Content-Length: 5\r\n", "hello", "hello"},
      {"Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", "hello world"},
      {"Transfer-Encoding: chunked\r\n", "0\r\n\r\n", ""},
      {"Transfer-Encoding: chunked\r\n", "1\r\na\r\n0\r\nX-Amz-Cf-Id: evil\r\nVia: x\r\n\r\n", "a"},
      {"Content-Length: 0\r\n", "", ""},
  };
  for (const auto& row : kTable) {
    viewer.Send(Request("PUT / HTTP/1.1", row.fields, row.body));
    if (!upstream.connected()) upstream = upstream_.Accept();
    const HttpMessage request = ReadHttpMessage(&upstream);
    EXPECT_TRUE(request.complete);
    EXPECT_EQ(request.body, row.content);
    EXPECT_EQ(request.Count("x-amz-cf-id"), 1) << "trailers are dropped";
    upstream.Send(Ok("done"));
    EXPECT_EQ(ReadHttpMessage(&viewer).body, "done");
    const LogRecord line = sidecar().log().Wait({{"end", "completed"}});
    EXPECT_EQ(line.at("requestBytes"), std::to_string(row.content.size()));
  }
  EXPECT_EQ(sidecar().Metric("viaduct_upstream_connections_total"), 1);
}

TEST_F(SessionBodyTest, ABodyMayComeByteByByte) {
  Start();
  viewer_ = Viewer();
  viewer_.Send(Request("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n"));
  peer_ = upstream_.Accept();
  for (const char byte : std::string("5\r\nhello\r\n0\r\nX: y\r\n\r\n")) viewer_.Send({&byte, 1});
  EXPECT_EQ(ReadHttpMessage(&peer_).body, "hello");
  peer_.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  for (const char byte : std::string("5\r\nhello\r\n0\r\nX: y\r\n\r\n")) peer_.Send({&byte, 1});
  EXPECT_EQ(ReadHttpMessage(&viewer_).body, "hello");
}

TEST_F(SessionBodyTest, ResponseBodiesReachTheViewerWhateverTheirFraming) {
  Start();
  const std::string kResponses[] = {
      Ok("hello world"),
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n6\r\n world\r\n0\r\nX: y\r\n\r\n",
      "HTTP/1.1 200 OK\r\n\r\nhello world",
      "HTTP/1.0 200 OK\r\n\r\nhello world",
  };
  ScriptedPeer viewer = Viewer();
  for (const std::string& text : kResponses) {
    viewer.Send(Get("/"));
    ScriptedPeer upstream = upstream_.Accept();
    ReadHttpMessage(&upstream);
    upstream.Send(text);
    upstream.Close();
    const HttpMessage response = ReadHttpMessage(&viewer);
    EXPECT_TRUE(response.complete) << text;
    EXPECT_EQ(response.body, "hello world") << text;
    EXPECT_EQ(response.Field("connection"), "") << "the viewer's connection stays, whatever the upstream's does";
  }
}

TEST_F(SessionBodyTest, LargeUploadsPassUnchangedWhateverTheirFraming) {
  Start();
  const std::string body = RandomBytes(5 * kMiB);
  for (const bool chunked : {false, true}) {
    const std::string text =
        chunked ? Request("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n", Chunked(body))
                : Request("POST / HTTP/1.1", "Content-Length: " + std::to_string(body.size()) + "\r\n", body);
    ScriptedPeer viewer = Viewer();
    auto sent = std::async(std::launch::async, [&] { return viewer.Send(text); });
    ScriptedPeer upstream = upstream_.Accept();
    const HttpMessage request = ReadHttpMessage(&upstream);
    EXPECT_TRUE(sent.get());
    EXPECT_TRUE(request.body == body) << request.body.size();
    upstream.Send(Ok("done"));
    EXPECT_EQ(ReadHttpMessage(&viewer).body, "done");
    upstream.Close();
  }
}

TEST_F(SessionBodyTest, LargeDownloadsPassUnchangedWhateverTheirFraming) {
  Start();
  const std::string body = RandomBytes(5 * kMiB);
  const std::string kResponses[] = {Ok(body), "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + Chunked(body),
                                    "HTTP/1.1 200 OK\r\n\r\n" + body};
  for (const std::string& text : kResponses) {
    BeginGet();
    auto sent = std::async(std::launch::async, [&] {
      const bool all = peer_.Send(text);
      peer_.Close();
      return all;
    });
    const HttpMessage response = ReadHttpMessage(&viewer_);
    EXPECT_TRUE(sent.get());
    EXPECT_TRUE(response.complete);
    EXPECT_TRUE(response.body == body) << response.body.size();
  }
}

TEST_F(SessionBodyTest, AViewerThatDoesNotReadStopsTheUpstream) {
  receive_buffer_bytes_ = 16 * 1024;
  Start();
  BeginGet();
  peer_.Send("HTTP/1.1 200 OK\r\nContent-Length: 67108864\r\n\r\n");
  const std::string block = RandomBytes(kMiB);
  const double before = sidecar().Metric("process_resident_memory_bytes");
  const std::size_t sent = peer_.SendUntilStuck(block, 64 * kMiB);
  EXPECT_LT(sent, 48 * kMiB) << "the kernel's buffers take some";
  // Other connections are not affected.
  ScriptedPeer other = Viewer();
  other.Send("GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_EQ(ReadHttpMessage(&other).status(), 200);
  EXPECT_LT(sidecar().Metric("process_resident_memory_bytes") - before, 8.0 * kMiB);
  // All of it arrives.
  auto rest = std::async(std::launch::async, [&] {
    std::size_t total = sent;
    while (total < 64 * kMiB && peer_.Send(std::string_view(block).substr(total % kMiB))) total += kMiB - total % kMiB;
    return total;
  });
  EXPECT_TRUE(viewer_.ReadThrough("\r\n\r\n").ends_with("\r\n\r\n"));
  for (int i = 0; i < 64; ++i) ASSERT_TRUE(viewer_.Read(kMiB) == block) << i;
  EXPECT_EQ(rest.get(), 64 * kMiB);
  EXPECT_EQ(ExpectRequestEnd(RequestEnd::kCompleted).at("responseBytes"), "67108864");
}

TEST_F(SessionBodyTest, AnUpstreamThatDoesNotReadStopsTheViewer) {
  Start();
  viewer_ = Viewer();
  viewer_.Send(Request("POST / HTTP/1.1", "Content-Length: 67108864\r\n"));
  peer_ = upstream_.Accept();
  const std::string block = RandomBytes(kMiB);
  const double before = sidecar().Metric("process_resident_memory_bytes");
  const std::size_t sent = viewer_.SendUntilStuck(block, 64 * kMiB);
  EXPECT_LT(sent, 48 * kMiB);
  EXPECT_LT(sidecar().Metric("process_resident_memory_bytes") - before, 8.0 * kMiB);
  auto rest = std::async(std::launch::async, [&] {
    std::size_t total = sent;
    while (total < 64 * kMiB && viewer_.Send(std::string_view(block).substr(total % kMiB))) {
      total += kMiB - total % kMiB;
    }
    return total;
  });
  peer_.ReadThrough("\r\n\r\n");
  for (int i = 0; i < 64; ++i) ASSERT_TRUE(peer_.Read(kMiB) == block) << i;
  EXPECT_EQ(rest.get(), 64 * kMiB);
  peer_.Send(Ok("done"));
  EXPECT_EQ(ReadHttpMessage(&viewer_).body, "done");
}

TEST_F(SessionBodyTest, AnEarlyResponseIsDeliveredAndTheConnectionNotKept) {
  Start();
  viewer_ = Viewer();
  viewer_.Send(Request("POST / HTTP/1.1", "Content-Length: 1000000\r\n", "the beginning"));
  peer_ = upstream_.Accept();
  peer_.ReadThrough("the beginning");
  peer_.Send(Response("HTTP/1.1 413 Content Too Large", "too much"));
  const HttpMessage response = ReadHttpMessage(&viewer_);
  EXPECT_EQ(response.status(), 413);
  EXPECT_EQ(response.body, "too much");
  EXPECT_EQ(response.Field("connection"), "close");
  EXPECT_NE(peer_.WaitForEnd(), PeerEnd::kOpen);
  viewer_.Send("and its rest, which must not be taken for a request: " + Get("/smuggled"));
  EXPECT_EQ(viewer_.WaitForEnd(), PeerEnd::kFin);
  viewer_.Close();
  EXPECT_TRUE(upstream_.NobodyCame());
  ExpectRequestEnd(RequestEnd::kCompleted);
}

// Plain clients read no answer before they have sent all. A reset in between would destroy it.
TEST_F(SessionBodyTest, AViewerMayFinishTheBodyThatWasAnsweredEarly) {
  Start();
  const std::string piece(100'000, 'x');
  viewer_ = Viewer();
  viewer_.Send(Request("POST / HTTP/1.1", "Content-Length: 1200000\r\n", piece));
  peer_ = upstream_.Accept();
  peer_.ReadThrough("\r\n\r\n");
  peer_.Send(Response("HTTP/1.1 413 Content Too Large", "too much", "Connection: close\r\n"));
  peer_.Close();
  // Longer than what is refused for good may go on.
  for (int i = 1; i < 12; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds(150));
    ASSERT_TRUE(viewer_.Send(piece)) << i;
  }
  const HttpMessage response = ReadHttpMessage(&viewer_);
  EXPECT_EQ(response.status(), 413);
  EXPECT_EQ(response.Field("connection"), "close");
  EXPECT_EQ(viewer_.WaitForEnd(), PeerEnd::kFin);
  ExpectRequestEnd(RequestEnd::kCompleted);
}

TEST_F(SessionBodyTest, ABodyThatWasAnsweredEarlyHasItsTimeAndNotMore) {
  Start({.yaml = "timeouts: {body_timeout: 1500ms}\n"});
  const auto begin = std::chrono::steady_clock::now();
  viewer_ = Viewer();
  viewer_.Send(Request("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n", "5\r\nhello\r\n"));
  peer_ = upstream_.Accept();
  peer_.ReadThrough("hello");
  peer_.Send(Response("HTTP/1.1 401 Unauthorized", "who?"));
  EXPECT_EQ(ReadHttpMessage(&viewer_).status(), 401);
  EXPECT_TRUE(sidecar().WaitForMetric("viaduct_sessions_open", 0));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(1500));
}

TEST_F(SessionBodyTest, AViewerThatStopsInABodyThatWasAnsweredEarlyIsLetGo) {
  Start({.yaml = "routes: [{path_prefix: \"/\", http: REFUSE}]\n"});
  const std::string request = Request("POST / HTTP/1.1", "Content-Length: 1000\r\n");
  ScriptedPeer silent = Viewer();
  viewer_ = Viewer();
  const auto begin = std::chrono::steady_clock::now();
  for (ScriptedPeer* viewer : {&silent, &viewer_}) {
    viewer->Send(request);
    EXPECT_EQ(ReadHttpMessage(viewer).status(), 403);
  }
  while (sidecar().Metric("viaduct_sessions_open") == 2 && std::chrono::steady_clock::now() - begin < kPatience) {
    EXPECT_TRUE(viewer_.Send("x"));
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
  }
  EXPECT_GE(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
  EXPECT_EQ(sidecar().Metric("viaduct_sessions_open"), 1) << "the one that sends on stays";
}

TEST_F(SessionBodyTest, ABodyThatWasAnsweredEarlyIsReadUpToABound) {
  Start();
  viewer_ = Viewer();
  viewer_.Send(Request("POST / HTTP/1.1", "Content-Length: 1073741824\r\n", "hello"));
  peer_ = upstream_.Accept();
  peer_.ReadThrough("hello");
  peer_.Send(Response("HTTP/1.1 413 Content Too Large", "too much"));
  EXPECT_EQ(ReadHttpMessage(&viewer_).status(), 413);
  const std::size_t sent = viewer_.SendUntilStuck(std::string(kMiB, 'x'), 512 * kMiB, kPatience);
  EXPECT_GE(sent, 64 * kMiB);
  EXPECT_LT(sent, 128 * kMiB) << "what the kernel takes beyond the bound is less";
}

TEST_F(SessionBodyTest, ADrainDoesNotWaitForABodyThatWasAnsweredEarly) {
  Start({.yaml = "drain: {accept_window: 0s, spread: 0s, timeout: 60s}\n"});
  viewer_ = Viewer();
  viewer_.Send(Request("POST / HTTP/1.1", "Content-Length: 10\r\n", "hello"));
  peer_ = upstream_.Accept();
  peer_.ReadThrough("hello");
  peer_.Send(Response("HTTP/1.1 401 Unauthorized", "who?"));
  EXPECT_EQ(ReadHttpMessage(&viewer_).status(), 401);
  sidecar().server().BeginDrain();
  EXPECT_TRUE(sidecar().WaitUntilDrained(kPromptly));
}

// The upstream answers and closes, and so resets what is still being sent: its answer counts.
TEST_F(SessionBodyTest, AnAnswerIsDeliveredAlthoughTheUpstreamStoppedReading) {
  Start();
  viewer_ = Viewer();
  viewer_.Send(Request("POST / HTTP/1.1", "Content-Length: 4194304\r\n"));
  peer_ = upstream_.Accept();
  peer_.ReadThrough("\r\n\r\n");
  peer_.Send(Response("HTTP/1.1 413 Content Too Large", "too much", "Connection: close\r\n"));
  peer_.ShutdownWrite();
  auto sending = std::async(std::launch::async, [&] { viewer_.SendUntilStuck(RandomBytes(kMiB), 4 * kMiB); });
  const HttpMessage response = ReadHttpMessage(&viewer_);
  EXPECT_EQ(response.status(), 413);
  EXPECT_EQ(response.body, "too much");
  peer_.Close();
  sending.wait();
  viewer_.Close();
}

TEST_F(SessionBodyTest, ABrokenChunkIsABadRequest) {
  Start();
  for (const std::string body :
       {"5\r\nhelloX", "5;ext=1\r\nhello\r\n0\r\n\r\n", "5 \r\nhello\r\n0\r\n\r\n", "5\nhello\n0\n\n", "g\r\n",
        "-1\r\n", "0x5\r\nhello\r\n", "10000000000000000\r\n", "0\r\nbad line\r\n\r\n", "\r\n"}) {
    ScriptedPeer viewer = Viewer();
    viewer.Send(Request("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n", body));
    ScriptedPeer upstream = upstream_.Accept();
    const HttpMessage response = ReadHttpMessage(&viewer);
    EXPECT_EQ(response.status(), 400) << body;
    EXPECT_EQ(response.Field("connection"), "close");
    EXPECT_EQ(viewer.WaitForEnd(), PeerEnd::kFin);
    const std::string seen = upstream.ReadToEnd();
    EXPECT_EQ(seen.find("0\r\n\r\n"), std::string::npos) << "the upstream took it for a whole request";
    EXPECT_EQ(sidecar().log().Wait({{"end", "bad_request_body"}})["rule"],
              body[0] == '0' && body[1] == '\r' ? "bad_trailer" : "bad_chunk");
  }
}

TEST_F(SessionBodyTest, ABrokenChunkOfTheUpstreamCutsAResponseThatHasBegun) {
  Start();
  BeginGet();
  peer_.Send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
  viewer_.ReadThrough("\r\n\r\n");
  peer_.Send("5\r\nhelloX");
  EXPECT_EQ(viewer_.ReadToEnd().find("0\r\n\r\n"), std::string::npos);
  EXPECT_EQ(viewer_.end(), PeerEnd::kReset);
  EXPECT_EQ(ExpectRequestEnd(RequestEnd::kBadUpstreamResponse).at("rule"), "bad_chunk");
}

// "5" and a FIN: no chunk can follow.
TEST_F(SessionBodyTest, AViewerThatLeavesInsideAChunkHeaderIsNoticedAtOnce) {
  Start();
  viewer_ = Viewer();
  viewer_.Send(Request("POST / HTTP/1.1", "Transfer-Encoding: chunked\r\n", "2\r\nab\r\n5"));
  peer_ = upstream_.Accept();
  peer_.ReadThrough("ab");
  const auto begin = std::chrono::steady_clock::now();
  viewer_.ShutdownWrite();
  EXPECT_NE(peer_.WaitForEnd(), PeerEnd::kOpen);
  EXPECT_LT(std::chrono::steady_clock::now() - begin, kPromptly);
  ExpectRequestEnd(RequestEnd::kDownstreamDisconnect);
}

TEST_F(SessionBodyTest, AViewerThatLeavesInsideItsBodyIsNoticedAtOnce) {
  Start();
  viewer_ = Viewer();
  viewer_.Send(Request("POST / HTTP/1.1", "Content-Length: 10\r\n", "hello"));
  peer_ = upstream_.Accept();
  peer_.ReadThrough("hello");
  viewer_.Close();
  EXPECT_NE(peer_.WaitForEnd(), PeerEnd::kOpen);
  ExpectRequestEnd(RequestEnd::kDownstreamDisconnect);
}

}  // namespace
}  // namespace viaduct::sidecar
