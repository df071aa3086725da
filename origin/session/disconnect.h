#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "websocket/close_code.h"
#include "websocket/frame_error.h"

namespace viaduct::origin {

// The way in which a chat connection ends: a name for metrics and docs, and the Close frame for its client.
//
// The constants are the closed list; kDisconnects holds all of them. A value. It views strings that live for ever,
// except for the reason of ByOperator.
struct Disconnect {
  std::uint8_t index;       // in kDisconnects, and so in an array of counters
  std::string_view name;    // the one spelling in metrics and docs, such as "slow_consumer"
  std::uint16_t code;       // of the Close frame; 0 if we send none of our own, or if it is not fixed
  std::string_view reason;  // in that frame, at most 123 bytes; never contains input from a client

  static const Disconnect kClosedByPeer;      // its Close came first; it is answered with its own code
  static const Disconnect kPeerGone;          // the connection ended without a Close frame
  static const Disconnect kClosedByOperator;  // by the admin API; see ByOperator
  static const Disconnect kShuttingDown;      // this process was told to stop
  static const Disconnect kDraining;          // an operator took this task out of service
  static const Disconnect kSlowConsumer;      // more waited for it than its queue may hold
  static const Disconnect kOverloaded;        // messages for its room were lost: this process fell behind other tasks
  static const Disconnect kRateLimited;       // it sent messages or bytes faster than allowed
  static const Disconnect kMessageTimeout;    // a message was begun and not finished in time
  static const Disconnect kProtocolError;     // it broke RFC 6455
  static const Disconnect kInvalidPayload;    // it sent text that is not UTF-8
  static const Disconnect kCorruptDeflate;    // it sent a compressed message that cannot be inflated
  static const Disconnect kTooManyFragments;  // in one message
  static const Disconnect kMessageTooBig;     // more bytes than a message may have

  // kClosedByOperator with the operator's code and reason. `reason` must outlive the value.
  static constexpr Disconnect ByOperator(std::uint16_t code, std::string_view reason);

  // True for the same constant, whatever an operator's code and reason.
  friend constexpr bool operator==(const Disconnect& a, const Disconnect& b) { return a.index == b.index; }
};

inline constexpr Disconnect Disconnect::kClosedByPeer{0, "closed_by_peer", 0, ""};
inline constexpr Disconnect Disconnect::kPeerGone{1, "peer_gone", 0, ""};
inline constexpr Disconnect Disconnect::kClosedByOperator{2, "closed_by_operator", 0, ""};
inline constexpr Disconnect Disconnect::kShuttingDown{3, "shutting_down", websocket::kGoingAway,
                                                      "server shutting down"};
inline constexpr Disconnect Disconnect::kDraining{4, "draining", websocket::kServiceRestart, "service restart"};
inline constexpr Disconnect Disconnect::kSlowConsumer{5, "slow_consumer", websocket::kTryAgainLater,
                                                      "reading too slowly"};
inline constexpr Disconnect Disconnect::kOverloaded{6, "overloaded", websocket::kTryAgainLater, "server fell behind"};
inline constexpr Disconnect Disconnect::kRateLimited{7, "rate_limited", websocket::kPolicyViolation, "rate limit"};
inline constexpr Disconnect Disconnect::kMessageTimeout{8, "message_timeout", websocket::kPolicyViolation,
                                                        "message not finished in time"};
inline constexpr Disconnect Disconnect::kProtocolError{9, "protocol_error", websocket::kProtocolError,
                                                       "protocol error"};
inline constexpr Disconnect Disconnect::kInvalidPayload{10, "invalid_payload", websocket::kInvalidPayload,
                                                        "text is not UTF-8"};
inline constexpr Disconnect Disconnect::kCorruptDeflate{11, "corrupt_deflate", websocket::kInvalidPayload,
                                                        "message cannot be inflated"};
inline constexpr Disconnect Disconnect::kTooManyFragments{12, "too_many_fragments", websocket::kPolicyViolation,
                                                          "too many fragments"};
inline constexpr Disconnect Disconnect::kMessageTooBig{13, "message_too_big", websocket::kMessageTooBig,
                                                       "message too big"};

constexpr Disconnect Disconnect::ByOperator(std::uint16_t code, std::string_view reason) {
  return {kClosedByOperator.index, kClosedByOperator.name, code, reason};
}

inline constexpr std::array kDisconnects = {
    Disconnect::kClosedByPeer,     Disconnect::kPeerGone,       Disconnect::kClosedByOperator,
    Disconnect::kShuttingDown,     Disconnect::kDraining,       Disconnect::kSlowConsumer,
    Disconnect::kOverloaded,       Disconnect::kRateLimited,    Disconnect::kMessageTimeout,
    Disconnect::kProtocolError,    Disconnect::kInvalidPayload, Disconnect::kCorruptDeflate,
    Disconnect::kTooManyFragments, Disconnect::kMessageTooBig,
};

static_assert([] {
  for (std::size_t i = 0; i < kDisconnects.size(); ++i) {
    if (kDisconnects[i].index != i) return false;
  }
  return true;
}());

// Returns the end of a connection whose client broke a framing rule. Its code is websocket::CloseCodeFor(error).
const Disconnect& DisconnectFor(websocket::FrameError error);

}  // namespace viaduct::origin
