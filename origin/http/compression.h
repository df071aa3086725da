#pragma once

#include <cstddef>
#include <optional>

#include "http/head.h"
#include "websocket/permessage_deflate.h"

namespace viaduct::origin {

// How far the chat takes part in permessage-deflate. A value.
struct Compression {
  bool enabled = false;
  websocket::DeflatePolicy policy = {};
  // Shorter messages are sent as they are.
  std::size_t min_message_bytes = 256;
};

// What the handshake `head` offers that `compression` allows; nullopt if there is no such offer.
std::optional<websocket::DeflateAgreement> AgreeOnCompression(const http::RequestHead& head,
                                                              const Compression& compression);

}  // namespace viaduct::origin
