#include "origin/session/disconnect.h"

#include "websocket/close_code.h"

namespace viaduct::origin {
namespace {

struct Row {
  std::string_view name;
  std::uint16_t code;
  std::string_view reason;
};

constexpr Row RowOf(Disconnect disconnect) {
  switch (disconnect) {
    case Disconnect::kClosedByPeer:
      return {"closed_by_peer", 0, ""};
    case Disconnect::kPeerGone:
      return {"peer_gone", 0, ""};
    case Disconnect::kClosedByOperator:
      return {"closed_by_operator", 0, ""};
    case Disconnect::kShuttingDown:
      return {"shutting_down", websocket::kGoingAway, "server shutting down"};
    case Disconnect::kDraining:
      return {"draining", websocket::kServiceRestart, "service restart"};
    case Disconnect::kSlowConsumer:
      return {"slow_consumer", websocket::kTryAgainLater, "reading too slowly"};
    case Disconnect::kOverloaded:
      return {"overloaded", websocket::kTryAgainLater, "server fell behind"};
    case Disconnect::kRateLimited:
      return {"rate_limited", websocket::kPolicyViolation, "rate limit"};
    case Disconnect::kMessageTimeout:
      return {"message_timeout", websocket::kPolicyViolation, "message not finished in time"};
    case Disconnect::kProtocolError:
      return {"protocol_error", websocket::kProtocolError, "protocol error"};
    case Disconnect::kInvalidPayload:
      return {"invalid_payload", websocket::kInvalidPayload, "text is not UTF-8"};
    case Disconnect::kCorruptDeflate:
      return {"corrupt_deflate", websocket::kInvalidPayload, "message cannot be inflated"};
    case Disconnect::kTooManyFragments:
      return {"too_many_fragments", websocket::kPolicyViolation, "too many fragments"};
    case Disconnect::kMessageTooBig:
      return {"message_too_big", websocket::kMessageTooBig, "message too big"};
  }
  return {};
}

}  // namespace

std::string_view DisconnectName(Disconnect disconnect) { return RowOf(disconnect).name; }
std::uint16_t DisconnectCode(Disconnect disconnect) { return RowOf(disconnect).code; }
std::string_view DisconnectReason(Disconnect disconnect) { return RowOf(disconnect).reason; }

Disconnect DisconnectFor(websocket::FrameError error) {
  if (error == websocket::FrameError::kCorruptDeflate) return Disconnect::kCorruptDeflate;
  switch (websocket::CloseCodeFor(error)) {
    case websocket::kInvalidPayload:
      return Disconnect::kInvalidPayload;
    case websocket::kPolicyViolation:
      return Disconnect::kTooManyFragments;
    case websocket::kMessageTooBig:
      return Disconnect::kMessageTooBig;
    default:
      return Disconnect::kProtocolError;
  }
}

}  // namespace viaduct::origin
