#include "websocket/frame_header.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "tests/websocket/raw_frame.h"
#include "websocket/frame_error.h"
#include "websocket/opcode.h"

namespace viaduct::websocket {
namespace {

using Kind = ParsedHeader::Kind;

constexpr FrameRules kClient = {.sender = Sender::kClient};
constexpr FrameRules kServer = {.sender = Sender::kServer};
constexpr FrameRules kServerInMessage = {.sender = Sender::kServer, .in_message = true};
constexpr FrameRules kServerWithRsv1 = {.sender = Sender::kServer, .rsv1 = Rsv1::kAllowed};
constexpr FrameRules kServerWithRsv1InMessage = {.sender = Sender::kServer, .rsv1 = Rsv1::kAllowed, .in_message = true};

struct Valid {
  const char* hex;
  FrameRules rules;
  FrameHeader header;
};

const Valid kValid[] = {
    // The examples of RFC 6455 section 5.7.
    {"81 05", kServer, {.opcode = Opcode::kText, .payload_length = 5}},
    {"81 85 37fa213d",
     kClient,
     {.opcode = Opcode::kText, .masked = true, .mask = {0x37, 0xfa, 0x21, 0x3d}, .payload_length = 5}},
    {"01 03", kServer, {.fin = false, .opcode = Opcode::kText, .payload_length = 3}},
    {"80 02", kServerInMessage, {.opcode = Opcode::kContinuation, .payload_length = 2}},
    {"89 05", kServer, {.opcode = Opcode::kPing, .payload_length = 5}},
    {"8a 85 37fa213d",
     kClient,
     {.opcode = Opcode::kPong, .masked = true, .mask = {0x37, 0xfa, 0x21, 0x3d}, .payload_length = 5}},
    {"82 7e 0100", kServer, {.opcode = Opcode::kBinary, .payload_length = 256}},
    {"82 7f 0000000000010000", kServer, {.opcode = Opcode::kBinary, .payload_length = 65536}},
    // Lengths at the edges of their forms.
    {"82 00", kServer, {.opcode = Opcode::kBinary, .payload_length = 0}},
    {"82 7d", kServer, {.opcode = Opcode::kBinary, .payload_length = 125}},
    {"82 7e 007e", kServer, {.opcode = Opcode::kBinary, .payload_length = 126}},
    {"82 7e ffff", kServer, {.opcode = Opcode::kBinary, .payload_length = 65535}},
    {"82 7f 7fffffffffffffff", kServer, {.opcode = Opcode::kBinary, .payload_length = 0x7fffffffffffffff}},
    {"82 fe 007e 01020304",
     kClient,
     {.opcode = Opcode::kBinary, .masked = true, .mask = {1, 2, 3, 4}, .payload_length = 126}},
    {"82 ff 0000000000010000 01020304",
     kClient,
     {.opcode = Opcode::kBinary, .masked = true, .mask = {1, 2, 3, 4}, .payload_length = 65536}},
    {"88 7d", kServer, {.opcode = Opcode::kClose, .payload_length = 125}},
    // Fragments, and control frames between them.
    {"00 01", kServerInMessage, {.fin = false, .opcode = Opcode::kContinuation, .payload_length = 1}},
    {"89 00", kServerInMessage, {.opcode = Opcode::kPing}},
    // RSV1 on the first frame of a message.
    {"c1 01", kServerWithRsv1, {.rsv1 = true, .opcode = Opcode::kText, .payload_length = 1}},
    {"42 01", kServerWithRsv1, {.fin = false, .rsv1 = true, .opcode = Opcode::kBinary, .payload_length = 1}},
};

TEST(FrameHeaderTest, ValidHeadersAreParsedAndEncodedToTheSameBytes) {
  for (const Valid& valid : kValid) {
    SCOPED_TRACE(valid.hex);
    const std::string bytes = FromHex(valid.hex);
    const ParsedHeader parsed = ParseFrameHeader(bytes + "payload", valid.rules);
    ASSERT_EQ(parsed.kind, Kind::kHeader);
    EXPECT_EQ(parsed.size, bytes.size());
    EXPECT_EQ(parsed.header.fin, valid.header.fin);
    EXPECT_EQ(parsed.header.rsv1, valid.header.rsv1);
    EXPECT_EQ(parsed.header.opcode, valid.header.opcode);
    EXPECT_EQ(parsed.header.masked, valid.header.masked);
    EXPECT_EQ(parsed.header.mask, valid.header.mask);
    EXPECT_EQ(parsed.header.payload_length, valid.header.payload_length);

    std::array<char, kMaxFrameHeaderBytes> out;
    const std::size_t size = EncodeFrameHeader(valid.header, out.data());
    EXPECT_EQ(std::string_view(out.data(), size), bytes);
  }
}

TEST(FrameHeaderTest, EveryBeginningOfAValidHeaderNeedsMore) {
  for (const Valid& valid : kValid) {
    SCOPED_TRACE(valid.hex);
    const std::string bytes = FromHex(valid.hex);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      EXPECT_EQ(ParseFrameHeader(std::string_view(bytes).substr(0, size), valid.rules).kind, Kind::kNeedMore) << size;
    }
    EXPECT_EQ(ParseFrameHeader(bytes, valid.rules).kind, Kind::kHeader);
  }
}

struct Invalid {
  const char* hex;
  FrameRules rules;
  FrameError error;
};

const Invalid kInvalid[] = {
    {"91 00", kServer, FrameError::kReservedBits},
    {"a1 00", kServer, FrameError::kReservedBits},
    {"c1 00", kServer, FrameError::kReservedBits},
    {"91 00", kServerWithRsv1, FrameError::kReservedBits},
    {"a1 00", kServerWithRsv1, FrameError::kReservedBits},
    {"c9 00", kServerWithRsv1, FrameError::kReservedBits},
    {"c0 00", kServerWithRsv1InMessage, FrameError::kReservedBits},
    {"83 00", kServer, FrameError::kReservedOpcode},
    {"84 00", kServer, FrameError::kReservedOpcode},
    {"85 00", kServer, FrameError::kReservedOpcode},
    {"86 00", kServer, FrameError::kReservedOpcode},
    {"87 00", kServer, FrameError::kReservedOpcode},
    {"8b 00", kServer, FrameError::kReservedOpcode},
    {"8c 00", kServer, FrameError::kReservedOpcode},
    {"8d 00", kServer, FrameError::kReservedOpcode},
    {"8e 00", kServer, FrameError::kReservedOpcode},
    {"8f 00", kServer, FrameError::kReservedOpcode},
    {"08 00", kServer, FrameError::kFragmentedControlFrame},
    {"09 00", kServer, FrameError::kFragmentedControlFrame},
    {"0a 00", kServer, FrameError::kFragmentedControlFrame},
    {"88 7e", kServer, FrameError::kControlFrameTooLong},
    {"89 7e", kServer, FrameError::kControlFrameTooLong},
    {"8a 7f", kServer, FrameError::kControlFrameTooLong},
    {"89 fe", kClient, FrameError::kControlFrameTooLong},
    {"00 00", kServer, FrameError::kContinuationWithoutStart},
    {"80 00", kServer, FrameError::kContinuationWithoutStart},
    {"01 00", kServerInMessage, FrameError::kMessageInsideMessage},
    {"82 00", kServerInMessage, FrameError::kMessageInsideMessage},
    {"81 00", kClient, FrameError::kMaskMissing},
    {"89 00", kClient, FrameError::kMaskMissing},
    {"81 80", kServer, FrameError::kMaskUnexpected},
    {"88 80", kServer, FrameError::kMaskUnexpected},
    {"82 7e 0000", kServer, FrameError::kLengthNotMinimal},
    {"82 7e 007d", kServer, FrameError::kLengthNotMinimal},
    {"82 7f 0000000000000000", kServer, FrameError::kLengthNotMinimal},
    {"82 7f 000000000000007e", kServer, FrameError::kLengthNotMinimal},
    {"82 7f 000000000000ffff", kServer, FrameError::kLengthNotMinimal},
    {"82 7f 8000000000000000", kServer, FrameError::kLengthOver63Bits},
    {"82 7f ffffffffffffffff", kServer, FrameError::kLengthOver63Bits},
    {"82 fe 007d 01020304", kClient, FrameError::kLengthNotMinimal},
};

TEST(FrameHeaderTest, InvalidHeadersAreRefusedByName) {
  for (const Invalid& invalid : kInvalid) {
    SCOPED_TRACE(invalid.hex);
    const ParsedHeader parsed = ParseFrameHeader(FromHex(invalid.hex), invalid.rules);
    ASSERT_EQ(parsed.kind, Kind::kError);
    EXPECT_EQ(kFrameErrors.Name(parsed.error), kFrameErrors.Name(invalid.error));
  }
}

// Checks the rules of RFC 6455 sections 5.2 to 5.5 bit by bit, for a header whose length is not extended.
std::optional<FrameError> Judge(unsigned first, unsigned second, const FrameRules& rules) {
  const unsigned opcode = first & 15;
  const bool rsv1 = (first & 0x40) != 0;
  const bool starts_message = opcode == 1 || opcode == 2;
  if ((first & 0x30) != 0) return FrameError::kReservedBits;
  if ((opcode >= 3 && opcode <= 7) || opcode >= 11) return FrameError::kReservedOpcode;
  if (rsv1 && (rules.rsv1 == Rsv1::kRefused || !starts_message)) return FrameError::kReservedBits;
  if (opcode >= 8 && first < 0x80) return FrameError::kFragmentedControlFrame;
  if (opcode >= 8 && (second & 0x7f) > 125) return FrameError::kControlFrameTooLong;
  if (opcode == 0 && !rules.in_message) return FrameError::kContinuationWithoutStart;
  if (starts_message && rules.in_message) return FrameError::kMessageInsideMessage;
  if (second < 0x80 && rules.sender == Sender::kClient) return FrameError::kMaskMissing;
  if (second >= 0x80 && rules.sender == Sender::kServer) return FrameError::kMaskUnexpected;
  return std::nullopt;
}

void ExpectJudgedAs(unsigned first, unsigned second, const FrameRules& rules) {
  const std::optional<FrameError> expected = Judge(first, second, rules);
  const char bytes[] = {static_cast<char>(first), static_cast<char>(second), 1, 2, 3, 4};
  const ParsedHeader start = ParseFrameHeader(std::string_view(bytes, 2), rules);
  const ParsedHeader whole = ParseFrameHeader(std::string_view(bytes, 6), rules);
  if (expected) {
    ASSERT_EQ(start.kind, Kind::kError);
    ASSERT_EQ(start.error, *expected);
    ASSERT_EQ(whole.kind, Kind::kError);
    ASSERT_EQ(whole.error, *expected);
  } else if ((second & 0x7f) < 126) {
    ASSERT_EQ(whole.kind, Kind::kHeader);
    ASSERT_EQ(whole.header.payload_length, second & 0x7f);
  } else {
    ASSERT_EQ(start.kind, Kind::kNeedMore);
  }
}

TEST(FrameHeaderTest, EveryFirstTwoBytesAreJudgedAtOnce) {
  for (const Sender sender : {Sender::kClient, Sender::kServer}) {
    for (const Rsv1 rsv1 : {Rsv1::kRefused, Rsv1::kAllowed}) {
      for (const bool in_message : {false, true}) {
        const FrameRules rules = {.sender = sender, .rsv1 = rsv1, .in_message = in_message};
        for (unsigned bytes = 0; bytes < 65536; ++bytes) {
          ExpectJudgedAs(bytes >> 8, bytes & 0xff, rules);
          if (testing::Test::HasFatalFailure()) FAIL() << "bytes " << bytes;
        }
      }
    }
  }
}

}  // namespace
}  // namespace viaduct::websocket
