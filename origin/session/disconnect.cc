#include "origin/session/disconnect.h"

#include "websocket/close_code.h"

namespace viaduct {
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
      return {"shutting_down", kGoingAway, "server shutting down"};
    case Disconnect::kDraining:
      return {"draining", kServiceRestart, "service restart"};
    case Disconnect::kSlowConsumer:
      return {"slow_consumer", kTryAgainLater, "reading too slowly"};
    case Disconnect::kOverloaded:
      return {"overloaded", kTryAgainLater, "server fell behind"};
    case Disconnect::kRateLimited:
      return {"rate_limited", kPolicyViolation, "rate limit"};
    case Disconnect::kMessageTimeout:
      return {"message_timeout", kPolicyViolation, "message not finished in time"};
    case Disconnect::kProtocolError:
      return {"protocol_error", kProtocolError, "protocol error"};
    case Disconnect::kInvalidPayload:
      return {"invalid_payload", kInvalidPayload, "text is not UTF-8"};
    case Disconnect::kCorruptDeflate:
      return {"corrupt_deflate", kInvalidPayload, "message cannot be inflated"};
    case Disconnect::kTooManyFragments:
      return {"too_many_fragments", kPolicyViolation, "too many fragments"};
    case Disconnect::kMessageTooBig:
      return {"message_too_big", kMessageTooBig, "message too big"};
  }
  return {};
}

}  // namespace

std::string_view DisconnectName(Disconnect disconnect) { return RowOf(disconnect).name; }
std::uint16_t DisconnectCode(Disconnect disconnect) { return RowOf(disconnect).code; }
std::string_view DisconnectReason(Disconnect disconnect) { return RowOf(disconnect).reason; }

Disconnect DisconnectFor(FrameError error) {
  if (error == FrameError::kCorruptDeflate) return Disconnect::kCorruptDeflate;
  switch (CloseCodeFor(error)) {
    case kInvalidPayload:
      return Disconnect::kInvalidPayload;
    case kPolicyViolation:
      return Disconnect::kTooManyFragments;
    case kMessageTooBig:
      return Disconnect::kMessageTooBig;
    default:
      return Disconnect::kProtocolError;
  }
}

}  // namespace viaduct
