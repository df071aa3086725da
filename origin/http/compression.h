#pragma once

#include <cstddef>
#include <optional>

#include "http/head.h"
#include "websocket/permessage_deflate.h"

namespace viaduct::origin {

// Settings of the chat's use of permessage-deflate. A value.
struct Compression {
  bool enabled = false;
  websocket::DeflatePolicy policy = {};
  // Shorter messages are not compressed.
  std::size_t min_message_bytes = 0;
};

// Returns the first offer in the handshake `head` that `compression` allows; nullopt if there is none.
std::optional<websocket::DeflateAgreement> AgreeOnCompression(const http::RequestHead& head,
                                                              const Compression& compression);

}  // namespace viaduct::origin
