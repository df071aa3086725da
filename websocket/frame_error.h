#pragma once

#include <cstdint>
#include <string_view>

#include "text/closed_list.h"

namespace viaduct::websocket {

// The closed list of ways in which a peer can break RFC 6455 or the limits that we set for its messages.
enum class FrameError : std::uint8_t {
  // Found in frame headers, by everything that reads frames.
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

  // Found only by readers of payloads.
  kInvalidUtf8,         // in a text message
  kCloseOfOneByte,      // a Close payload too short for its code
  kIllegalCloseCode,    // a code that no endpoint may send
  kCloseReasonNotUtf8,  // in a Close frame
  kCorruptDeflate,      // a compressed message that cannot be inflated

  // Our own limits.
  kMessageTooBig,
  kTooManyFragments,
};

inline constexpr auto kFrameErrors = text::ClosedListOf<FrameError>({
    {FrameError::kReservedBits, "reserved_bits"},
    {FrameError::kReservedOpcode, "reserved_opcode"},
    {FrameError::kFragmentedControlFrame, "fragmented_control_frame"},
    {FrameError::kControlFrameTooLong, "control_frame_too_long"},
    {FrameError::kContinuationWithoutStart, "continuation_without_start"},
    {FrameError::kMessageInsideMessage, "message_inside_message"},
    {FrameError::kMaskMissing, "mask_missing"},
    {FrameError::kMaskUnexpected, "mask_unexpected"},
    {FrameError::kLengthNotMinimal, "length_not_minimal"},
    {FrameError::kLengthOver63Bits, "length_over_63_bits"},
    {FrameError::kInvalidUtf8, "invalid_utf8"},
    {FrameError::kCloseOfOneByte, "close_of_one_byte"},
    {FrameError::kIllegalCloseCode, "illegal_close_code"},
    {FrameError::kCloseReasonNotUtf8, "close_reason_not_utf8"},
    {FrameError::kCorruptDeflate, "corrupt_deflate"},
    {FrameError::kMessageTooBig, "message_too_big"},
    {FrameError::kTooManyFragments, "too_many_fragments"},
});

}  // namespace viaduct::websocket
