// Any bytes, however cut, give a MessageReader the same events, with small limits and without, and without them it
// agrees with a FrameScanner on frame errors. So they do where messages may be compressed.
//
// The first byte chooses the sender (bit 0), small limits (bit 1) and compression (bit 2), the second seeds the random
// cuts; the rest is the stream.

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/fuzz/require.h"
#include "tests/websocket/transcript.h"
#include "websocket/frame_header.h"
#include "websocket/inflater.h"
#include "websocket/message_reader.h"

namespace viaduct {
namespace {

constexpr websocket::MessageReader::Limits kSmall = {.max_message_bytes = 40, .max_fragments = 3};
constexpr websocket::MessageReader::Limits kLarge = {.max_message_bytes = 10'000, .max_fragments = 1000};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const websocket::Sender sender = (data[0] & 1) != 0 ? websocket::Sender::kClient : websocket::Sender::kServer;
  const websocket::MessageReader::Limits limits = (data[0] & 2) != 0 ? kSmall : websocket::kNoLimits;
  std::mt19937 random(data[1]);
  const std::string_view stream(reinterpret_cast<const char*>(data) + 2, size - 2);

  if ((data[0] & 4) != 0) {
    const auto read = [&](const websocket::Pieces& pieces) {
      websocket::Inflater inflater(15, websocket::DeflateContext::kTakenOver);
      // Without a limit a bomb would take too long.
      return websocket::Read(pieces, sender, (data[0] & 2) != 0 ? kSmall : kLarge, &inflater).events;
    };
    const std::vector<std::string> events = read(websocket::Whole(stream));
    Require(read(websocket::ByteByByte(stream)) == events, "byte by byte the events are the same");
    Require(read(websocket::CutRandomly(stream, random)) == events, "cut at random the events are the same");
    return 0;
  }
  const websocket::Transcript whole = websocket::Read(websocket::Whole(stream), sender, limits);
  Require(websocket::Read(websocket::ByteByByte(stream), sender, limits).events == whole.events,
          "byte by byte the events are the same");
  Require(websocket::Read(websocket::CutRandomly(stream, random), sender, limits).events == whole.events,
          "cut at random the events are the same");
  const std::string disagreement = websocket::Disagreement(stream, sender);
  Require(disagreement.empty(), disagreement.c_str());
  return 0;
}

}  // namespace viaduct
