#include "websocket/close_code.h"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "text/utf8.h"
#include "websocket/frame_error.h"

namespace viaduct::websocket {

bool MayBeSent(std::uint16_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

std::uint16_t CloseCodeFor(FrameError error) {
  switch (error) {
    case FrameError::kInvalidUtf8:
    case FrameError::kCloseReasonNotUtf8:
    case FrameError::kCorruptDeflate:
      return kInvalidPayload;
    case FrameError::kMessageTooBig:
      return kMessageTooBig;
    case FrameError::kTooManyFragments:
      return kPolicyViolation;
    default:
      return kProtocolError;
  }
}

std::optional<FrameError> ParseClosePayload(std::string_view payload, ClosePayload& close) {
  if (payload.empty()) {
    close = {};
    return std::nullopt;
  }
  if (payload.size() == 1) return FrameError::kCloseOfOneByte;
  const auto high = static_cast<std::uint8_t>(payload[0]);
  const auto low = static_cast<std::uint8_t>(payload[1]);
  const auto code = static_cast<std::uint16_t>(high << 8 | low);
  if (!MayBeSent(code)) return FrameError::kIllegalCloseCode;
  const std::string_view reason = payload.substr(2);
  if (!text::IsUtf8(reason)) return FrameError::kCloseReasonNotUtf8;
  close = {.code = code, .reason = reason};
  return std::nullopt;
}

std::string EncodeClosePayload(std::uint16_t code, std::string_view reason) {
  std::string payload;
  if (!MayBeSent(code)) return payload;
  payload.push_back(static_cast<char>(code >> 8));
  payload.push_back(static_cast<char>(code & 0xff));
  payload.append(text::TruncateUtf8(reason, kMaxCloseReasonBytes));
  return payload;
}

}  // namespace viaduct::websocket
