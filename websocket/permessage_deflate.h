#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "websocket/inflater.h"

namespace viaduct::websocket {

// The limits of what a server agrees to. Its own messages never take a context over: see Deflater.
struct DeflatePolicy {
  int server_window_bits = 15;  // of the server's deflater, 9 to 15; fewer if the client asks
  // With kTakenOver the client may take its context over if its window has at most `client_window_bits`, 8 to 15, or if
  // the server may tell it so.
  DeflateContext client_context = DeflateContext::kNone;
  int client_window_bits = 15;
};

// The agreement of both sides, from the server's point of view. A value.
struct DeflateAgreement {
  int server_window_bits = 15;
  DeflateContext client_context = DeflateContext::kNone;
  int client_window_bits = 15;
  // Returns the value of the answer's Sec-WebSocket-Extensions.
  std::string Answer() const;

  // True if the answer must also name the window.
  bool names_server_window = false;
  bool names_client_window = false;
};

// Reads `extensions`, the value of one Sec-WebSocket-Extensions in a client's handshake, and accepts the first of its
// offers of permessage-deflate that the policy allows (RFC 7692 section 5.1); nullopt if there is none. Declines an
// offer with an unknown, repeated or misplaced parameter or an invalid value (section 7.1), and a server window of 8
// bits, which zlib cannot keep to. Ignores other extensions, and everything after a place that breaks the grammar of
// RFC 6455 section 9.1.
std::optional<DeflateAgreement> AgreeOnDeflate(std::string_view extensions, const DeflatePolicy& policy);

}  // namespace viaduct::websocket
