#pragma once

#include <string>
#include <string_view>

#include "tests/support/scripted_peer.h"
#include "tests/support/sidecar_fixture.h"
#include "tests/support/ws_frames.h"

namespace viaduct::sidecar {

// The handshake's fields as a browser sends them, and the answer to its key.
inline constexpr std::string_view kHandshakeFields =
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
inline constexpr std::string_view kSwitching =
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

// Returns the request for a tunnel.
std::string Upgrade(std::string_view target = "/websocket", std::string_view further_fields = "");

// Both ends of an open tunnel: frames of the viewer are read at `upstream`, and the other way round.
struct TunnelEnds {
  ScriptedPeer viewer;
  ScriptedPeer upstream;
};

// A SidecarTest with tunnels.
class TunnelTest : public SidecarTest {
 protected:
  // Opens a tunnel. With a small receive buffer, a viewer that does not read is soon full.
  TunnelEnds Open(int viewer_receive_buffer_bytes = 0);
  // Opens a tunnel in which the upstream sends `first` together with its 101, so that no timer of the tunnel fires
  // before.
  TunnelEnds OpenWith(std::string_view first, int viewer_receive_buffer_bytes = 0);
  // Sends a text each way and waits until it arrives.
  void ExpectAlive(TunnelEnds* ends);
  // Does the close handshake from the viewer's side, and waits until both connections end.
  void ClosePolitely(TunnelEnds* ends);
};

}  // namespace viaduct::sidecar
