#include "tests/sidecar/tunnel/tunnel_fixture.h"

#include <gtest/gtest.h>

namespace viaduct::sidecar {

std::string Upgrade(std::string_view target, std::string_view further_fields) {
  return Get(target, std::string(kHandshakeFields).append(further_fields));
}

TunnelEnds TunnelTest::Open(int viewer_receive_buffer_bytes) { return OpenWith("", viewer_receive_buffer_bytes); }

TunnelEnds TunnelTest::OpenWith(std::string_view first, int viewer_receive_buffer_bytes) {
  TunnelEnds ends{.viewer = Viewer(viewer_receive_buffer_bytes), .upstream = {}};
  ends.viewer.Send(Upgrade());
  ends.upstream = upstream_.Accept();
  EXPECT_TRUE(ends.upstream.ReadThrough("\r\n\r\n").starts_with("GET /websocket HTTP/1.1\r\n"));
  ends.upstream.Send(std::string(kSwitching).append(first));
  EXPECT_TRUE(ends.viewer.ReadThrough("\r\n\r\n").starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
  return ends;
}

void TunnelTest::ExpectAlive(TunnelEnds* ends) {
  ends->viewer.Send(FromViewer(websocket::Opcode::kText, "alive?"));
  EXPECT_EQ(ReadFrame(&ends->upstream), ViewerFrame(websocket::Opcode::kText, "alive?"));
  ends->upstream.Send(FromUpstream(websocket::Opcode::kText, "alive!"));
  EXPECT_EQ(ReadFrame(&ends->viewer), UpstreamFrame(websocket::Opcode::kText, "alive!"));
}

void TunnelTest::ClosePolitely(TunnelEnds* ends) {
  ends->viewer.Send(CloseFromViewer(1000, "bye"));
  EXPECT_EQ(ReadFrame(&ends->upstream), ViewerClose(1000, "bye"));
  ends->upstream.Send(CloseFromUpstream(1000, "bye"));
  EXPECT_EQ(ReadFrame(&ends->viewer), UpstreamClose(1000, "bye"));
  EXPECT_EQ(ends->viewer.WaitForEnd(), PeerEnd::kFin);
  ends->upstream.ShutdownWrite();  // a server closes first
  EXPECT_EQ(ends->upstream.WaitForEnd(), PeerEnd::kFin);
  ends->viewer.Close();
  ends->upstream.Close();
}

}  // namespace viaduct::sidecar
