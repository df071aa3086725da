// The data of an open tunnel: every byte passes, in order, however it is cut, at the speed of the slower side.

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <random>
#include <string>
#include <vector>

#include "sidecar/request/tunnel_end.h"
#include "tests/sidecar/tunnel/tunnel_fixture.h"
#include "tests/support/scripted_peer.h"
#include "tests/support/sidecar_fixture.h"
#include "tests/support/ws_frames.h"
#include "tests/websocket/raw_frame.h"
#include "websocket/frame_header.h"
#include "websocket/opcode.h"

namespace viaduct::sidecar {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kMiB = std::size_t{1} << 20;
// The process's allowed growth while 64 MiB are offered to a side that does not read. Address sanitizer keeps freed
// memory for a while.
#if __has_feature(address_sanitizer)
constexpr double kMostGrowth = 12.0 * kMiB;
#else
constexpr double kMostGrowth = 4.0 * kMiB;
#endif

// Returns a conversation of every kind of frame and length; a sender's own frames are masked if it is the viewer.
std::string Conversation(websocket::Sender sender, std::mt19937* random) {
  const std::size_t kSizes[] = {0, 1, 2, 100, 125, 126, 127, 1000, 65535, 65536, 70000};
  std::string text;
  bool in_message = false;
  for (int i = 0; i < 60; ++i) {
    websocket::FrameHeader header{.masked = sender == websocket::Sender::kClient};
    header.mask = {static_cast<std::uint8_t>((*random)()), 2, 3, 4};
    std::size_t size = kSizes[(*random)() % std::size(kSizes)];
    switch ((*random)() % 4) {
      case 0:
        header.opcode = (*random)() % 2 == 0 ? websocket::Opcode::kPing : websocket::Opcode::kPong;
        size %= 126;
        break;
      default:
        header.opcode = in_message ? websocket::Opcode::kContinuation : websocket::Opcode::kBinary;
        header.fin = (*random)() % 2 == 0;
        in_message = !header.fin;
        break;
    }
    std::string payload(size, '\0');
    for (char& byte : payload) byte = static_cast<char>((*random)());
    text += websocket::RawFrame(header, payload);
  }
  return text;
}

// Sends `bytes` cut anywhere, mostly into small pieces.
void SendInPieces(ScriptedPeer* peer, std::string_view bytes, unsigned seed) {
  std::mt19937 random(seed);
  const std::size_t kMost[] = {1, 2, 20, 5000, 100'000};
  while (!bytes.empty()) {
    const std::size_t size = std::min(bytes.size(), 1 + random() % kMost[random() % std::size(kMost)]);
    ASSERT_TRUE(peer->Send(bytes.substr(0, size)));
    bytes.remove_prefix(size);
  }
}

// For tests that may take longer than the default interval on a slow machine: a ping would stand among the frames.
constexpr char kNoPings[] = "keepalive: {ping_interval: 0s}\n";

class TunnelRelayTest : public TunnelTest {};

TEST_F(TunnelRelayTest, BothDirectionsPassUnchangedHoweverTheyAreCut) {
  Start({.workers = 2});
  for (unsigned seed = 1; seed <= 12; ++seed) {
    std::mt19937 random(seed);
    const std::string up = Conversation(websocket::Sender::kClient, &random);
    const std::string down = Conversation(websocket::Sender::kServer, &random);
    TunnelEnds ends = Open();
    auto sending_up = std::async(std::launch::async, [&] { SendInPieces(&ends.viewer, up, seed); });
    auto sending_down = std::async(std::launch::async, [&] { SendInPieces(&ends.upstream, down, seed + 1000); });
    auto reading_up = std::async(std::launch::async, [&] { return ends.upstream.Read(up.size()); });
    EXPECT_TRUE(ends.viewer.Read(down.size()) == down) << "seed " << seed;
    EXPECT_TRUE(reading_up.get() == up) << "seed " << seed;
    sending_up.wait();
    sending_down.wait();
  }
}

TEST_F(TunnelRelayTest, EveryCutOfAShortConversationIsTheSame) {
  Start();
  const std::string up =
      FromViewer(websocket::Opcode::kText, "hi") + FromViewer(websocket::Opcode::kPing, "p") +
      websocket::RawFrame({.fin = false, .masked = true, .mask = {1, 2, 3, 4}}, "a") +
      FromViewer(websocket::Opcode::kPong, "") +
      websocket::RawFrame({.opcode = websocket::Opcode::kContinuation, .masked = true, .mask = {4, 3, 2, 1}}, "b") +
      FromViewer(websocket::Opcode::kBinary, std::string(130, 'x'));
  TunnelEnds ends = Open();
  for (std::size_t cut = 1; cut < 60; ++cut) {
    ends.viewer.Send(up.substr(0, cut));
    // Complete bytes go on without the rest.
    if (cut >= 8) EXPECT_EQ(ends.upstream.Read(8), up.substr(0, 8));
    ends.viewer.Send(up.substr(cut));
    const std::size_t rest = cut >= 8 ? 8 : 0;
    EXPECT_EQ(ends.upstream.Read(up.size() - rest), up.substr(rest)) << cut;
  }
}

TEST_F(TunnelRelayTest, PartsOfALargeFrameGoOnAsTheyCome) {
  Start();
  TunnelEnds ends = Open();
  const std::string frame = FromViewer(websocket::Opcode::kBinary, std::string(kMiB, 'x'));
  ends.viewer.Send(frame.substr(0, 1000));
  EXPECT_EQ(ends.upstream.Read(1000), frame.substr(0, 1000));
  ends.viewer.Send(frame.substr(1000));
  EXPECT_TRUE(ends.upstream.Read(frame.size() - 1000) == frame.substr(1000));
}

// Large frames take another way through the kernel: nothing is lost or reordered around and between them, also when the
// reader stops in between.
TEST_F(TunnelRelayTest, LargeAndSmallFramesStayInOrder) {
  Start({.yaml = kNoPings});
  std::mt19937 random(7);
  std::string up;
  const std::size_t kSizes[] = {32'767, 32'768, 65'535, 65'536, 65'550, 200'000, 600'000, 3 * kMiB, 1, 5000};
  for (int i = 0; i < 60; ++i) {
    std::string payload(kSizes[random() % std::size(kSizes)], '\0');
    for (std::size_t at = 0; at < payload.size(); at += 97) payload[at] = static_cast<char>(random());
    up += FromViewer(websocket::Opcode::kBinary, payload);
    if (i % 7 == 0) up += FromViewer(websocket::Opcode::kPing, "between");
  }
  TunnelEnds ends = Open();
  auto sending = std::async(std::launch::async, [&] { SendInPieces(&ends.viewer, up, 99); });
  std::size_t read = 0;
  while (read < up.size()) {
    const std::size_t next = std::min<std::size_t>(up.size() - read, 1 + random() % kMiB);
    ASSERT_TRUE(ends.upstream.Read(next) == std::string_view(up).substr(read, next)) << read;
    read += next;
  }
  sending.wait();
  ExpectAlive(&ends);
}

// Our Close waits for the end of the frame that a slow reader is still being sent; frames that the sidecar had not
// begun to read by then are dropped, since none may follow a Close.
TEST_F(TunnelRelayTest, ALargeFrameInFlightIsFollowedByOurClose) {
  Start({.yaml = "timeouts: {idle_timeout: 200ms}\n"});
  const std::string payload(kMiB / 4, 'x');
  const std::string frame = FromUpstream(websocket::Opcode::kBinary, payload);
  TunnelEnds ends = OpenWith(frame, 16 * 1024);
  const std::size_t sent = ends.upstream.SendUntilStuck(frame, 64 * frame.size(), milliseconds(100));
  auto sending = std::async(std::launch::async, [&] {
    if (sent % frame.size() != 0) ends.upstream.Send(std::string_view(frame).substr(sent % frame.size()));
  });
  const WsFrame whole = UpstreamFrame(websocket::Opcode::kBinary, payload);
  WsFrame last = ReadFrame(&ends.viewer);
  ASSERT_TRUE(last == whole) << "opcode " << last.opcode;
  while (last == whole) last = ReadFrame(&ends.viewer);
  EXPECT_EQ(last, UpstreamClose(1001, "idle timeout"));
  sending.wait();
}

// RSV1 marks compressed messages, which only an agreed extension may send.
TEST_F(TunnelRelayTest, CompressedMessagesPassWhenTheHandshakeAgreedOnThem) {
  Start();
  ScriptedPeer viewer = Viewer();
  viewer.Send(Upgrade("/websocket", "Sec-WebSocket-Extensions: permessage-deflate\r\n"));
  ScriptedPeer upstream = upstream_.Accept();
  upstream.ReadThrough("\r\n\r\n");
  std::string answer(kSwitching);
  answer.insert(answer.size() - 2, "Sec-WebSocket-Extensions: permessage-deflate\r\n");
  upstream.Send(answer);
  viewer.ReadThrough("\r\n\r\n");
  const std::string up = websocket::RawFrame({.rsv1 = true, .masked = true, .mask = {1, 2, 3, 4}}, "squeezed");
  viewer.Send(up);
  EXPECT_EQ(upstream.Read(up.size()), up);
  const std::string down = websocket::RawFrame({.rsv1 = true}, "squeezed too");
  upstream.Send(down);
  EXPECT_EQ(viewer.Read(down.size()), down);
}

TEST_F(TunnelRelayTest, BytesAndFramesAreCountedEachWay) {
  Start();
  TunnelEnds ends = Open();
  ends.viewer.Send(FromViewer(websocket::Opcode::kText, "four"));  // 10 bytes
  ends.viewer.Send(FromViewer(websocket::Opcode::kPing, ""));      // 6
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerFrame(websocket::Opcode::kText, "four"));
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerFrame(websocket::Opcode::kPing, ""));
  ends.upstream.Send(FromUpstream(websocket::Opcode::kPong, "") +
                     FromUpstream(websocket::Opcode::kText, "abc"));  // 2 + 5
  EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamFrame(websocket::Opcode::kPong, ""));
  EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamFrame(websocket::Opcode::kText, "abc"));
  ClosePolitely(&ends);  // 6 + 5 up, 2 + 5 down
  const LogRecord line = ExpectTunnelEnd(TunnelEnd::kViewerClose);
  EXPECT_EQ(line.at("fromViewer.bytes"), "27");
  EXPECT_EQ(line.at("fromViewer.frames"), "1");
  EXPECT_EQ(line.at("fromViewer.closeCode"), "1000");
  EXPECT_EQ(line.at("fromUpstream.bytes"), "14") << "without the 101";
  EXPECT_EQ(line.at("fromUpstream.frames"), "1");
  EXPECT_EQ(line.at("fromUpstream.closeCode"), "1000");
  EXPECT_EQ(line.count("closeSent"), 0u);
  EXPECT_EQ(sidecar().Metric("viaduct_tunnel_bytes_total{to=\"upstream\"}"), 27);
  EXPECT_EQ(sidecar().Metric("viaduct_tunnel_bytes_total{to=\"viewer\"}"), 14);
  EXPECT_EQ(sidecar().Metric("viaduct_tunnel_frames_total{to=\"upstream\"}"), 1);
  EXPECT_EQ(sidecar().Metric("viaduct_tunnel_frames_total{to=\"viewer\"}"), 1);
  EXPECT_EQ(sidecar().Metric("viaduct_tunnels_opened_total"), 1);
}

TEST_F(TunnelRelayTest, AViewerThatDoesNotReadStopsTheUpstreamAndNobodyElse) {
  Start({.yaml = kNoPings});
  TunnelEnds slow = Open(16 * 1024);
  TunnelEnds other = Open();
  const std::string frame = FromUpstream(websocket::Opcode::kBinary, std::string(kMiB, 'x'));
  const double before = sidecar().Metric("process_resident_memory_bytes");
  const std::size_t most = 64 * frame.size();
  const std::size_t sent = slow.upstream.SendUntilStuck(frame, most);
  EXPECT_LT(sent, 48 * kMiB) << "the kernel's buffers take some";
  EXPECT_TRUE(sidecar().WaitForAtLeast("viaduct_tunnel_stalls_total{to=\"viewer\"}", 1));
  EXPECT_EQ(sidecar().Metric("viaduct_tunnel_stalls_total{to=\"upstream\"}"), 0);
  EXPECT_LT(sidecar().Metric("process_resident_memory_bytes") - before, kMostGrowth);
  ExpectAlive(&other);
  // The other direction of the slow tunnel works too.
  slow.viewer.Send(FromViewer(websocket::Opcode::kText, "still here"));
  EXPECT_EQ(ReadFrame(&slow.upstream), ViewerFrame(websocket::Opcode::kText, "still here"));
  auto rest = std::async(std::launch::async, [&] {
    std::size_t total = sent;
    while (total < most) {
      const std::string_view next = std::string_view(frame).substr(total % frame.size());
      if (!slow.upstream.Send(next)) break;
      total += next.size();
    }
    return total;
  });
  for (int i = 0; i < 64; ++i) ASSERT_TRUE(slow.viewer.Read(frame.size()) == frame) << i;
  EXPECT_EQ(rest.get(), most);
  ExpectAlive(&slow);
}

TEST_F(TunnelRelayTest, AnUpstreamThatDoesNotReadStopsTheViewerAndNobodyElse) {
  Start({.yaml = kNoPings});
  TunnelEnds slow = Open();
  TunnelEnds other = Open();
  const std::string frame = FromViewer(websocket::Opcode::kBinary, std::string(kMiB, 'x'));
  const double before = sidecar().Metric("process_resident_memory_bytes");
  const std::size_t most = 64 * frame.size();
  const std::size_t sent = slow.viewer.SendUntilStuck(frame, most);
  EXPECT_LT(sent, 48 * kMiB);
  EXPECT_LT(sidecar().Metric("process_resident_memory_bytes") - before, kMostGrowth);
  ExpectAlive(&other);
  auto rest = std::async(std::launch::async, [&] {
    std::size_t total = sent;
    while (total < most) {
      const std::string_view next = std::string_view(frame).substr(total % frame.size());
      if (!slow.viewer.Send(next)) break;
      total += next.size();
    }
    return total;
  });
  for (int i = 0; i < 64; ++i) ASSERT_TRUE(slow.upstream.Read(frame.size()) == frame) << i;
  EXPECT_EQ(rest.get(), most);
  ExpectAlive(&slow);
}

TEST_F(TunnelRelayTest, ABusyTunnelDoesNotHoldUpTheOthers) {
  Start({.yaml = kNoPings});
  TunnelEnds busy = Open();
  TunnelEnds other = Open();
  const std::string frame = FromUpstream(websocket::Opcode::kBinary, std::string(kMiB, 'x'));
  auto sending = std::async(std::launch::async, [&] {
    while (busy.upstream.Send(frame)) {
    }
  });
  auto reading = std::async(std::launch::async, [&] {
    const auto end = steady_clock::now() + milliseconds(700);
    while (steady_clock::now() < end) busy.viewer.ReadFor(milliseconds(1));
  });
  const auto begin = steady_clock::now();
  for (int i = 0; i < 20; ++i) ExpectAlive(&other);
  EXPECT_LT(steady_clock::now() - begin, kPromptly);
  reading.wait();
  busy.viewer.Reset();
  sending.wait();
}

}  // namespace
}  // namespace viaduct::sidecar
