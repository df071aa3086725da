#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "websocket/inflater.h"

namespace viaduct::websocket {

// What a server lets itself be asked for. Its own messages never take a context over: see Deflater.
struct DeflatePolicy {
  int server_window_bits = 15;  // of its deflater, 9 to 15; fewer if the client asks
  // Whether the client may take its context over, if its window has at most so many bits, 8 to 15, or if it can be told
  // so.
  DeflateContext client_context = DeflateContext::kNone;
  int client_window_bits = 15;
};

// What both sides keep to, from the server's side. A value.
struct DeflateAgreement {
  int server_window_bits = 15;
  DeflateContext client_context = DeflateContext::kNone;
  int client_window_bits = 15;
  // The value of the answer's Sec-WebSocket-Extensions.
  std::string Answer() const;

  // What the answer must name besides.
  bool names_server_window = false;
  bool names_client_window = false;
};

// Reads `extensions`, the value of one Sec-WebSocket-Extensions of a client's handshake, and takes the first of its
// offers of permessage-deflate that can be kept (RFC 7692 section 5.1). An offer with an unknown, repeated or misplaced
// parameter, or with a value that is none, is declined (section 7.1), and so is a server's window of 8 bits, which zlib
// cannot keep to. Other extensions are ignored. Nothing is taken from behind what breaks the grammar of RFC 6455
// section 9.1.
std::optional<DeflateAgreement> AgreeOnDeflate(std::string_view extensions, const DeflatePolicy& policy);

}  // namespace viaduct::websocket
