// Any payload, with any limit, gives an Inflater a message that fits the limit, or an error; and zlib alone reads the
// same out of it where it reads anything.
//
// The first byte chooses the limit; the rest is the payload.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "tests/fuzz/require.h"
#include "tests/websocket/zlib_peer.h"
#include "websocket/deflater.h"
#include "websocket/inflater.h"

namespace viaduct {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::size_t max_bytes = std::size_t{1} << (data[0] % 20);
  const std::string_view payload(reinterpret_cast<const char*>(data) + 1, size - 1);

  websocket::Inflater alone(15, websocket::DeflateContext::kNone);
  websocket::Inflater taken_over(15, websocket::DeflateContext::kTakenOver);
  std::string message;
  std::string again;
  const websocket::Inflater::Outcome outcome = alone.Inflate(payload, max_bytes, message);
  Require(message.size() <= max_bytes + 1, "a message stays near its limit");
  Require(taken_over.Inflate(payload, max_bytes, again) == outcome, "a first message has no context to use");
  Require(alone.Inflate(payload, max_bytes, again) == outcome, "nothing is left of the message before");
  if (outcome != websocket::Inflater::Outcome::kWhole) return 0;
  Require(again == message && message.size() <= max_bytes, "the same payload is the same message");

  // zlib alone stops at a final block.
  const std::string independent = websocket::ZlibPeer(15).Inflate(payload);
  Require(independent == "corrupt" || independent == message, "zlib reads the same");
  websocket::Deflater deflater(9 + data[0] % 7);
  std::string sent;
  deflater.Append(sent, message);
  Require(alone.Inflate(sent, max_bytes, again) == websocket::Inflater::Outcome::kWhole && again == message,
          "what is deflated comes back");
  return 0;
}

}  // namespace viaduct
