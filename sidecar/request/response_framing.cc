#include "sidecar/request/response_framing.h"

namespace viaduct::sidecar {
namespace {

ResponseFraming::Body BodyFor(http::BodyLength::Kind kind, bool old_viewer) {
  switch (kind) {
    case http::BodyLength::Kind::kNone:
      return ResponseFraming::Body::kNone;
    case http::BodyLength::Kind::kContentLength:
      return ResponseFraming::Body::kLength;
    case http::BodyLength::Kind::kChunked:
    case http::BodyLength::Kind::kUntilClose:
      break;
  }
  return old_viewer ? ResponseFraming::Body::kUntilClose : ResponseFraming::Body::kChunked;
}

}  // namespace

ResponseFraming FrameResponse(const http::ResponseHead& head, const FramingFacts& facts) {
  const bool old_viewer = facts.viewer_minor_version == 0;
  if (head.status < 200) return {.passed_on = !old_viewer && !facts.handshake};
  ResponseFraming framing{.body = BodyFor(head.body.kind, old_viewer)};
  framing.close = facts.last || !facts.viewer_keeps_alive || framing.body == ResponseFraming::Body::kUntilClose;
  framing.keep_alive_field = old_viewer && !framing.close;
  return framing;
}

}  // namespace viaduct::sidecar
