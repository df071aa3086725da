#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "websocket/frame_error.h"

namespace viaduct::origin {

// Every way in which a chat connection can end: the closed list. What the viewer is told by a Close frame is fixed per
// entry and never contains input.
enum class Disconnect : std::uint8_t {
  kClosedByPeer,      // its Close came first; it is answered with its own code
  kPeerGone,          // the connection ended without a Close frame
  kClosedByOperator,  // CloseConnection of the admin API; code and reason are the operator's
  kShuttingDown,      // this process was told to stop
  kDraining,          // an operator took this task out of service
  kSlowConsumer,      // more waited for it than its queue may hold
  kOverloaded,        // messages for its room were lost, since this process fell behind the other tasks
  kRateLimited,       // it sent messages faster than allowed
  kMessageTimeout,    // a message was begun and not finished in time
  kProtocolError,     // it broke RFC 6455
  kInvalidPayload,    // text that is not UTF-8
  kCorruptDeflate,    // a compressed message that cannot be inflated
  kTooManyFragments,  // in one message
  kMessageTooBig,     // more bytes than a message may have
};

inline constexpr std::array<Disconnect, 14> kDisconnects = {
    Disconnect::kClosedByPeer,     Disconnect::kPeerGone,       Disconnect::kClosedByOperator,
    Disconnect::kShuttingDown,     Disconnect::kDraining,       Disconnect::kSlowConsumer,
    Disconnect::kOverloaded,       Disconnect::kRateLimited,    Disconnect::kMessageTimeout,
    Disconnect::kProtocolError,    Disconnect::kInvalidPayload, Disconnect::kCorruptDeflate,
    Disconnect::kTooManyFragments, Disconnect::kMessageTooBig,
};

// The one spelling in metrics and docs, such as "slow_consumer". Lives for ever.
std::string_view DisconnectName(Disconnect disconnect);

// The code of the Close frame that we send; 0 where there is none of ours (kPeerGone) or it is not fixed
// (kClosedByPeer, kClosedByOperator).
std::uint16_t DisconnectCode(Disconnect disconnect);

// The reason in that frame, at most 123 bytes.
std::string_view DisconnectReason(Disconnect disconnect);

// What a broken rule ends a connection as.
Disconnect DisconnectFor(websocket::FrameError error);

}  // namespace viaduct::origin
