#include "origin/session/disconnect.h"

namespace viaduct::origin {

const Disconnect& DisconnectFor(websocket::FrameError error) {
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
