#pragma once

#include <cstdint>

#include "http/head.h"

namespace viaduct::sidecar {

// The form in which a response is passed on to the viewer.
struct ResponseFraming {
  // The way in which the viewer learns where the body ends (RFC 9112 section 6.3).
  enum class Body : std::uint8_t {
    kNone,        // there is none, whatever length the head states
    kLength,      // by the upstream's Content-Length
    kChunked,     // by chunks that are framed anew
    kUntilClose,  // by the end of the connection
  };
  Body body = Body::kNone;
  bool close = false;             // the connection ends after the response
  bool keep_alive_field = false;  // an HTTP/1.0 viewer must be told that the connection stays open
  bool passed_on = true;          // false: the viewer does not expect such a response
};

// The facts, besides the response's head, that decide its framing.
struct FramingFacts {
  int viewer_minor_version = 1;    // of HTTP/1.x
  bool viewer_keeps_alive = true;  // the viewer expects to send another request (RFC 9112 section 9.3)
  bool last = false;       // the sidecar takes no further request on this connection, whatever the viewer expects
  bool handshake = false;  // the request is a WebSocket handshake
};

// Frames any response except a 101. Recognizes HEAD, 204 and 304 by the head's body (http::ParseResponseHead). A body
// of unknown length is chunked, unless the viewer speaks HTTP/1.0, which knows no chunks (RFC 9112 section 6.1) and no
// interim responses (RFC 9110 section 15.2). An interim response says nothing about the connection. After a handshake
// it is dropped, since many WebSocket libraries take it for the answer.
ResponseFraming FrameResponse(const http::ResponseHead& head, const FramingFacts& facts);

}  // namespace viaduct::sidecar
