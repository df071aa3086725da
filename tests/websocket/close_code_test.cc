#include "websocket/close_code.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tests/websocket/raw_frame.h"
#include "websocket/frame_error.h"

namespace viaduct::websocket {
namespace {

std::string Payload(unsigned code, std::string_view reason = "") {
  return std::string{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)} + std::string(reason);
}

struct Range {
  unsigned first;
  unsigned last;
};

// All other codes are reserved, or only for reports of an endpoint to its own application.
constexpr Range kSendable[] = {{1000, 1003}, {1007, 1014}, {3000, 4999}};

bool IsSendable(unsigned code) {
  for (const Range& range : kSendable) {
    if (code >= range.first && code <= range.last) return true;
  }
  return false;
}

TEST(CloseCodeTest, ExactlyTheSendableCodesMayBeSentAreParsedAndEncoded) {
  for (unsigned code = 0; code < 65536; ++code) {
    const auto code16 = static_cast<std::uint16_t>(code);
    ASSERT_EQ(MayBeSent(code16), IsSendable(code)) << code;
    ASSERT_EQ(EncodeClosePayload(code16, "why"), IsSendable(code) ? Payload(code, "why") : "") << code;
    ClosePayload close;
    const std::string payload = Payload(code, "why");
    const std::optional<FrameError> error = ParseClosePayload(payload, close);
    if (IsSendable(code)) {
      ASSERT_EQ(error, std::nullopt) << code;
      ASSERT_EQ(close.code, code);
      ASSERT_EQ(close.reason, "why");
    } else {
      ASSERT_EQ(error, FrameError::kIllegalCloseCode) << code;
    }
  }
}

TEST(CloseCodeTest, TheNamedConstantsHaveTheirNumbers) {
  EXPECT_EQ(kNormalClosure, 1000);
  EXPECT_EQ(kGoingAway, 1001);
  EXPECT_EQ(kProtocolError, 1002);
  EXPECT_EQ(kUnsupportedData, 1003);
  EXPECT_EQ(kNoStatusReceived, 1005);
  EXPECT_EQ(kAbnormalClosure, 1006);
  EXPECT_EQ(kInvalidPayload, 1007);
  EXPECT_EQ(kPolicyViolation, 1008);
  EXPECT_EQ(kMessageTooBig, 1009);
  EXPECT_EQ(kInternalError, 1011);
  EXPECT_EQ(kServiceRestart, 1012);
  EXPECT_EQ(kTryAgainLater, 1013);
  EXPECT_EQ(kBadGateway, 1014);
}

TEST(CloseCodeTest, AnEmptyPayloadMeansNoStatus) {
  ClosePayload close = {.code = 1000, .reason = "old"};
  EXPECT_EQ(ParseClosePayload("", close), std::nullopt);
  EXPECT_EQ(close.code, kNoStatusReceived);
  EXPECT_EQ(close.reason, "");
}

TEST(CloseCodeTest, ErrorsLeaveTheResultAlone) {
  ClosePayload close = {.code = 4321, .reason = "old"};
  EXPECT_EQ(ParseClosePayload("\x03", close), FrameError::kCloseOfOneByte);
  EXPECT_EQ(ParseClosePayload(Payload(1005), close), FrameError::kIllegalCloseCode);
  EXPECT_EQ(ParseClosePayload(Payload(1000, "\xc3"), close), FrameError::kCloseReasonNotUtf8);
  EXPECT_EQ(ParseClosePayload(Payload(1000, "\xed\xa0\x80"), close), FrameError::kCloseReasonNotUtf8);
  EXPECT_EQ(close.code, 4321);
  EXPECT_EQ(close.reason, "old");
}

TEST(CloseCodeTest, ReasonsAreCutToWhatAControlFrameHolds) {
  const std::string fits(123, 'a');
  EXPECT_EQ(EncodeClosePayload(1000, fits), Payload(1000, fits));
  EXPECT_EQ(EncodeClosePayload(1000, fits + "b"), Payload(1000, fits));
  const std::string euro = FromHex("e2 82 ac");
  EXPECT_EQ(EncodeClosePayload(1000, std::string(120, 'a') + euro), Payload(1000, std::string(120, 'a') + euro));
  EXPECT_EQ(EncodeClosePayload(1000, std::string(121, 'a') + euro), Payload(1000, std::string(121, 'a')));
  EXPECT_EQ(EncodeClosePayload(1000, std::string(122, 'a') + euro), Payload(1000, std::string(122, 'a')));
}

TEST(CloseCodeTest, EveryErrorTellsThePeerACodeThatFits) {
  for (const FrameError error : kFrameErrors) {
    std::uint16_t expected = kProtocolError;
    if (error == FrameError::kInvalidUtf8 || error == FrameError::kCloseReasonNotUtf8) expected = kInvalidPayload;
    if (error == FrameError::kCorruptDeflate) expected = kInvalidPayload;
    if (error == FrameError::kMessageTooBig) expected = kMessageTooBig;
    if (error == FrameError::kTooManyFragments) expected = kPolicyViolation;
    EXPECT_EQ(CloseCodeFor(error), expected) << kFrameErrors.Name(error);
  }
}

}  // namespace
}  // namespace viaduct::websocket
