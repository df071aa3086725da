#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace viaduct::websocket {

// Every way in which a peer can break RFC 6455 or the limits that we set for its messages: the closed list.
enum class FrameError : std::uint8_t {
  // Seen in frame headers, by everything that reads frames.
  kReservedBits,              // RSV2, RSV3, or an RSV1 that is refused or not on the first frame of a data message
  kReservedOpcode,            // 3-7 and 11-15
  kFragmentedControlFrame,    // a control frame without FIN
  kControlFrameTooLong,       // over 125 bytes
  kContinuationWithoutStart,  // a continuation while no message is open
  kMessageInsideMessage,      // text or binary while a fragmented message is open
  kMaskMissing,               // from a client
  kMaskUnexpected,            // from a server
  kLengthNotMinimal,          // a length that fits a shorter form
  kLengthOver63Bits,          // the most significant bit of a 64-bit length is set

  // Seen only by who reads payloads.
  kInvalidUtf8,         // in a text message
  kCloseOfOneByte,      // a Close payload too short for its code
  kIllegalCloseCode,    // a code that no endpoint may send
  kCloseReasonNotUtf8,  // in a Close frame
  kCorruptDeflate,      // a compressed message that cannot be inflated

  // Limits of ours.
  kMessageTooBig,
  kTooManyFragments,
};

// The list above, in its order, for tables and tests.
inline constexpr std::array<FrameError, 17> kFrameErrors = {
    FrameError::kReservedBits,
    FrameError::kReservedOpcode,
    FrameError::kFragmentedControlFrame,
    FrameError::kControlFrameTooLong,
    FrameError::kContinuationWithoutStart,
    FrameError::kMessageInsideMessage,
    FrameError::kMaskMissing,
    FrameError::kMaskUnexpected,
    FrameError::kLengthNotMinimal,
    FrameError::kLengthOver63Bits,
    FrameError::kInvalidUtf8,
    FrameError::kCloseOfOneByte,
    FrameError::kIllegalCloseCode,
    FrameError::kCloseReasonNotUtf8,
    FrameError::kCorruptDeflate,
    FrameError::kMessageTooBig,
    FrameError::kTooManyFragments,
};

// The one spelling for logs and counters, such as "reserved_bits". Lives for ever.
std::string_view FrameErrorName(FrameError error);

}  // namespace viaduct::websocket
