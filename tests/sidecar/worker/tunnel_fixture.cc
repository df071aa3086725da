#include "tests/sidecar/worker/tunnel_fixture.h"

#include <gtest/gtest.h>

namespace viaduct {

std::string Upgrade(std::string_view target, std::string_view further_fields) {
  return Get(target, std::string(kHandshakeFields).append(further_fields));
}

TunnelEnds TunnelTest::Open(int viewer_receive_buffer_bytes) { return OpenWith("", viewer_receive_buffer_bytes); }

TunnelEnds TunnelTest::OpenWith(std::string_view first, int viewer_receive_buffer_bytes) {
  TunnelEnds ends{.viewer = Viewer(viewer_receive_buffer_bytes), .origin = {}};
  ends.viewer.Send(Upgrade());
  ends.origin = origin_.Accept();
  EXPECT_TRUE(ends.origin.ReadThrough("\r\n\r\n").starts_with("GET /websocket HTTP/1.1\r\n"));
  ends.origin.Send(std::string(kSwitching).append(first));
  EXPECT_TRUE(ends.viewer.ReadThrough("\r\n\r\n").starts_with("HTTP/1.1 101 Switching Protocols\r\n"));
  return ends;
}

void TunnelTest::ExpectAlive(TunnelEnds* ends) {
  ends->viewer.Send(FromViewer(Opcode::kText, "alive?"));
  EXPECT_EQ(ReadFrame(&ends->origin), ViewerFrame(Opcode::kText, "alive?"));
  ends->origin.Send(FromOrigin(Opcode::kText, "alive!"));
  EXPECT_EQ(ReadFrame(&ends->viewer), OriginFrame(Opcode::kText, "alive!"));
}

void TunnelTest::ClosePolitely(TunnelEnds* ends) {
  ends->viewer.Send(CloseFromViewer(1000, "bye"));
  EXPECT_EQ(ReadFrame(&ends->origin), ViewerClose(1000, "bye"));
  ends->origin.Send(CloseFromOrigin(1000, "bye"));
  EXPECT_EQ(ReadFrame(&ends->viewer), OriginClose(1000, "bye"));
  EXPECT_EQ(ends->viewer.WaitForEnd(), PeerEnd::kFin);
  EXPECT_EQ(ends->origin.WaitForEnd(), PeerEnd::kFin);
  ends->viewer.Close();
  ends->origin.Close();
}

}  // namespace viaduct
