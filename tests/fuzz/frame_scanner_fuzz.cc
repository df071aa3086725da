// Any bytes, however cut, give a FrameScanner the same pieces, and it agrees with a MessageReader on frame errors.
//
// The first byte chooses the sender (bit 0) and RSV1 (bit 1), the second seeds the random cuts; the rest is the stream.

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>

#include "tests/fuzz/require.h"
#include "tests/websocket/transcript.h"
#include "websocket/frame_header.h"

namespace viaduct {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const websocket::Sender sender = (data[0] & 1) != 0 ? websocket::Sender::kClient : websocket::Sender::kServer;
  const websocket::Rsv1 rsv1 = (data[0] & 2) != 0 ? websocket::Rsv1::kAllowed : websocket::Rsv1::kRefused;
  std::mt19937 random(data[1]);
  const std::string_view stream(reinterpret_cast<const char*>(data) + 2, size - 2);

  const websocket::Transcript whole = websocket::Scan(websocket::Whole(stream), sender, rsv1);
  Require(websocket::Scan(websocket::ByteByByte(stream), sender, rsv1).events == whole.events,
          "byte by byte the pieces are the same");
  Require(websocket::Scan(websocket::CutRandomly(stream, random), sender, rsv1).events == whole.events,
          "cut at random the pieces are the same");
  const std::string disagreement = websocket::Disagreement(stream, sender);
  Require(disagreement.empty(), disagreement.c_str());
  return 0;
}

}  // namespace viaduct
