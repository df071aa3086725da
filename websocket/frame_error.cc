#include "websocket/frame_error.h"

#include <string_view>

namespace viaduct::websocket {

std::string_view FrameErrorName(FrameError error) {
  switch (error) {
    case FrameError::kReservedBits:
      return "reserved_bits";
    case FrameError::kReservedOpcode:
      return "reserved_opcode";
    case FrameError::kFragmentedControlFrame:
      return "fragmented_control_frame";
    case FrameError::kControlFrameTooLong:
      return "control_frame_too_long";
    case FrameError::kContinuationWithoutStart:
      return "continuation_without_start";
    case FrameError::kMessageInsideMessage:
      return "message_inside_message";
    case FrameError::kMaskMissing:
      return "mask_missing";
    case FrameError::kMaskUnexpected:
      return "mask_unexpected";
    case FrameError::kLengthNotMinimal:
      return "length_not_minimal";
    case FrameError::kLengthOver63Bits:
      return "length_over_63_bits";
    case FrameError::kInvalidUtf8:
      return "invalid_utf8";
    case FrameError::kCloseOfOneByte:
      return "close_of_one_byte";
    case FrameError::kIllegalCloseCode:
      return "illegal_close_code";
    case FrameError::kCloseReasonNotUtf8:
      return "close_reason_not_utf8";
    case FrameError::kCorruptDeflate:
      return "corrupt_deflate";
    case FrameError::kMessageTooBig:
      return "message_too_big";
    case FrameError::kTooManyFragments:
      return "too_many_fragments";
  }
  return "unknown";
}

}  // namespace viaduct::websocket
