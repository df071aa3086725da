// Any Sec-WebSocket-Extensions gives an agreement that keeps to the policy, or none, and whoever is answered could
// offer that answer again.
//
// The first byte chooses the policy; the rest is the field's value.

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tests/fuzz/require.h"
#include "websocket/inflater.h"
#include "websocket/permessage_deflate.h"

namespace viaduct {

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const websocket::DeflatePolicy policy = {
      .server_window_bits = 9 + data[0] % 7,
      .client_context =
          (data[0] & 0x80) != 0 ? websocket::DeflateContext::kTakenOver : websocket::DeflateContext::kNone,
      .client_window_bits = 9 + data[0] / 7 % 7,
  };
  const std::string_view extensions(reinterpret_cast<const char*>(data) + 1, size - 1);
  const std::optional<websocket::DeflateAgreement> agreement = websocket::AgreeOnDeflate(extensions, policy);
  if (!agreement) return 0;
  Require(agreement->server_window_bits >= 9 && agreement->server_window_bits <= policy.server_window_bits,
          "the server's window is one that it can keep to");
  if (agreement->client_context == websocket::DeflateContext::kTakenOver) {
    Require(policy.client_context == websocket::DeflateContext::kTakenOver,
            "a context is taken over only if it may be");
    Require(agreement->client_window_bits <= policy.client_window_bits, "the client's window fits");
  }
  const std::string answer = agreement->Answer();
  Require(websocket::AgreeOnDeflate(answer, policy).has_value(), "an answer is a valid offer");
  return 0;
}

}  // namespace viaduct
