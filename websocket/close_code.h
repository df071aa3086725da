#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "websocket/frame_error.h"

namespace viaduct::websocket {

// Close codes (RFC 6455 section 7.4.1 and the IANA registry "WebSocket Close Code Number").
inline constexpr std::uint16_t kNormalClosure = 1000;
inline constexpr std::uint16_t kGoingAway = 1001;
inline constexpr std::uint16_t kProtocolError = 1002;
inline constexpr std::uint16_t kUnsupportedData = 1003;
inline constexpr std::uint16_t kNoStatusReceived = 1005;  // never sent: a Close frame without a code
inline constexpr std::uint16_t kAbnormalClosure = 1006;   // never sent: the connection ended without a Close frame
inline constexpr std::uint16_t kInvalidPayload = 1007;
inline constexpr std::uint16_t kPolicyViolation = 1008;
inline constexpr std::uint16_t kMessageTooBig = 1009;
inline constexpr std::uint16_t kInternalError = 1011;
inline constexpr std::uint16_t kServiceRestart = 1012;
inline constexpr std::uint16_t kTryAgainLater = 1013;
inline constexpr std::uint16_t kBadGateway = 1014;

// The longest reason: the space that a control frame has left after the code.
inline constexpr std::size_t kMaxCloseReasonBytes = 123;

// Returns true if an endpoint may put `code` into a Close frame: 1000-1003, 1007-1014 and 3000-4999.
bool MayBeSent(std::uint16_t code);

// Returns the code that tells a peer what it did wrong: 1002, 1007, 1008 or 1009.
std::uint16_t CloseCodeFor(FrameError error);

// The content of a Close frame. A value; `reason` points into the payload that it was parsed from.
struct ClosePayload {
  std::uint16_t code = kNoStatusReceived;  // kNoStatusReceived if the payload was empty
  std::string_view reason = {};
};

// Reads the unmasked payload of a Close frame into `close`. Returns kCloseOfOneByte, kIllegalCloseCode or
// kCloseReasonNotUtf8 on an error, and then leaves `close` unchanged.
std::optional<FrameError> ParseClosePayload(std::string_view payload, ClosePayload& close);

// Returns the payload of a Close frame. `reason` must be UTF-8 and is cut to what fits. A code that may not be sent,
// such as kNoStatusReceived, gives the empty payload, which stands for kNoStatusReceived.
std::string EncodeClosePayload(std::uint16_t code, std::string_view reason);

}  // namespace viaduct::websocket
