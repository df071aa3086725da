#include "websocket/frame_scanner.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tests/websocket/raw_frame.h"
#include "tests/websocket/transcript.h"
#include "websocket/frame_error.h"
#include "websocket/frame_header.h"
#include "websocket/opcode.h"

namespace viaduct::websocket {
namespace {

using Kind = FrameScanner::Piece::Kind;

// Each idle tunnel holds two.
static_assert(sizeof(FrameScanner) <= 64);

constexpr std::array<std::uint8_t, 4> kMask = {0x37, 0xfa, 0x21, 0x3d};

FrameScanner FromServer() { return {Sender::kServer, Rsv1::kRefused}; }

std::string Server(Opcode opcode, std::string_view payload) { return RawFrame({.opcode = opcode}, payload); }
std::string Client(Opcode opcode, std::string_view payload) {
  return RawFrame({.opcode = opcode, .masked = true, .mask = kMask}, payload);
}
std::string Fragment(Opcode opcode, std::string_view payload) {
  return RawFrame({.fin = false, .opcode = opcode}, payload);
}

TEST(FrameScannerTest, AnEmptyStreamNeedsMoreAtABoundary) {
  FrameScanner scanner = FromServer();
  const FrameScanner::Piece piece = scanner.Next("");
  EXPECT_EQ(piece.kind, Kind::kNeedMore);
  EXPECT_EQ(piece.size, 0u);
  EXPECT_TRUE(scanner.at_frame_boundary());
  EXPECT_EQ(scanner.data_frames(), 0u);
}

TEST(FrameScannerTest, ManyDataFramesAreOnePiece) {
  FrameScanner scanner = FromServer();
  const std::string stream = Server(Opcode::kText, "one") + Fragment(Opcode::kBinary, std::string(70000, 'x')) +
                             Fragment(Opcode::kContinuation, "") + Server(Opcode::kContinuation, "end");
  const FrameScanner::Piece piece = scanner.Next(stream);
  EXPECT_EQ(piece.kind, Kind::kData);
  EXPECT_EQ(piece.size, stream.size());
  EXPECT_EQ(scanner.data_frames(), 4u);
  EXPECT_TRUE(scanner.at_frame_boundary());
}

TEST(FrameScannerTest, AControlFrameIsAPieceOfItsOwnWithItsPayload) {
  FrameScanner scanner(Sender::kClient, Rsv1::kRefused);
  const std::string ping = Client(Opcode::kPing, "abc");
  const FrameScanner::Piece piece = scanner.Next(ping + Client(Opcode::kText, "next"));
  ASSERT_EQ(piece.kind, Kind::kControl);
  EXPECT_EQ(piece.opcode, Opcode::kPing);
  EXPECT_TRUE(piece.masked);
  EXPECT_EQ(piece.mask, kMask);
  EXPECT_EQ(piece.header_size, 6u);
  EXPECT_EQ(piece.size, ping.size());
  EXPECT_EQ(scanner.data_frames(), 0u);
}

TEST(FrameScannerTest, DataEndsBeforeAControlFrame) {
  FrameScanner scanner = FromServer();
  const std::string data = Server(Opcode::kText, "hello");
  const std::string stream = data + Server(Opcode::kClose, "");
  const FrameScanner::Piece piece = scanner.Next(stream);
  EXPECT_EQ(piece.kind, Kind::kData);
  EXPECT_EQ(piece.size, data.size());
  const FrameScanner::Piece close = scanner.Next(std::string_view(stream).substr(data.size()));
  EXPECT_EQ(close.kind, Kind::kControl);
  EXPECT_EQ(close.opcode, Opcode::kClose);
  EXPECT_FALSE(close.masked);
  EXPECT_EQ(close.header_size, 2u);
  EXPECT_EQ(close.size, 2u);
}

TEST(FrameScannerTest, DataEndsBeforeAnError) {
  FrameScanner scanner = FromServer();
  const std::string data = Server(Opcode::kText, "hello");
  const std::string stream = data + FromHex("8300");
  EXPECT_EQ(scanner.Next(stream).size, data.size());
  const FrameScanner::Piece piece = scanner.Next(std::string_view(stream).substr(data.size()));
  EXPECT_EQ(piece.kind, Kind::kError);
  EXPECT_EQ(piece.error, FrameError::kReservedOpcode);
  EXPECT_EQ(piece.size, 0u);
}

TEST(FrameScannerTest, DataEndsBeforeAnIncompleteHeader) {
  FrameScanner scanner = FromServer();
  const std::string data = Server(Opcode::kText, "hello");
  EXPECT_EQ(scanner.Next(data + FromHex("82 7f 00000000000100")).size, data.size());
  EXPECT_TRUE(scanner.at_frame_boundary());
  EXPECT_EQ(scanner.data_frames(), 1u);
  EXPECT_EQ(scanner.Next(FromHex("82 7f 00000000000100")).kind, Kind::kNeedMore);
  EXPECT_EQ(scanner.Next(FromHex("82 7f 0000000000010000")).size, 10u);
  EXPECT_FALSE(scanner.at_frame_boundary());
  EXPECT_EQ(scanner.data_frames(), 2u);
}

TEST(FrameScannerTest, AnIncompleteDataFrameIsPassedOnAndIsNoBoundary) {
  FrameScanner scanner = FromServer();
  const std::string frame = Server(Opcode::kText, "hello");
  EXPECT_EQ(scanner.Next(frame.substr(0, 4)).size, 4u);
  EXPECT_FALSE(scanner.at_frame_boundary());
  EXPECT_EQ(scanner.Next("l").size, 1u);
  EXPECT_FALSE(scanner.at_frame_boundary());
  EXPECT_EQ(scanner.Next("lo").size, 2u);
  EXPECT_TRUE(scanner.at_frame_boundary());
  EXPECT_EQ(scanner.data_frames(), 1u);
}

TEST(FrameScannerTest, APayloadThatLooksLikeAFrameIsStillPayload) {
  FrameScanner scanner = FromServer();
  const std::string inner = Server(Opcode::kText, "hello");
  const std::string frame = Server(Opcode::kBinary, inner + inner);
  EXPECT_EQ(scanner.Next(frame.substr(0, 2)).size, 2u);
  EXPECT_EQ(scanner.Next(inner).size, inner.size());
  EXPECT_FALSE(scanner.at_frame_boundary());
  EXPECT_EQ(scanner.Next(inner).size, inner.size());
  EXPECT_TRUE(scanner.at_frame_boundary());
  EXPECT_EQ(scanner.data_frames(), 1u);
}

TEST(FrameScannerTest, TheLongestControlFrameIsHeldUntilItIsWhole) {
  FrameScanner scanner(Sender::kClient, Rsv1::kRefused);
  const std::string frame = Client(Opcode::kPong, std::string(125, 'p'));
  ASSERT_EQ(frame.size(), FrameScanner::kMaxHeldBytes);
  for (std::size_t size = 0; size < frame.size(); ++size) {
    EXPECT_EQ(scanner.Next(std::string_view(frame).substr(0, size)).kind, Kind::kNeedMore) << size;
  }
  EXPECT_TRUE(scanner.at_frame_boundary());
  EXPECT_EQ(scanner.Next(frame).size, frame.size());
}

TEST(FrameScannerTest, BetweenFragmentsIsABoundary) {
  FrameScanner scanner = FromServer();
  scanner.Next(Fragment(Opcode::kText, "hel"));
  EXPECT_TRUE(scanner.at_frame_boundary());
}

TEST(FrameScannerTest, ALengthOf63BitsIsFollowedToItsEnd) {
  FrameScanner scanner = FromServer();
  scanner.Next(FromHex("82 7f 7fffffffffffffff"));
  const std::string block(1 << 20, 'x');
  for (int i = 0; i < 100; ++i) EXPECT_EQ(scanner.Next(block).size, block.size());
  EXPECT_FALSE(scanner.at_frame_boundary());
  EXPECT_EQ(scanner.data_frames(), 1u);
}

struct Broken {
  const char* hex;
  FrameError error;
};

const Broken kBrokenServerStreams[] = {
    {"81 01 61 91 00", FrameError::kReservedBits},
    {"81 01 61 c1 00", FrameError::kReservedBits},
    {"8b 00", FrameError::kReservedOpcode},
    {"09 00", FrameError::kFragmentedControlFrame},
    {"89 7e 007e", FrameError::kControlFrameTooLong},
    {"80 00", FrameError::kContinuationWithoutStart},
    {"01 00 80 00 80 00", FrameError::kContinuationWithoutStart},
    {"81 00 00 00", FrameError::kContinuationWithoutStart},
    {"01 00 81 00", FrameError::kMessageInsideMessage},
    {"01 00 89 00 00 00 02 00", FrameError::kMessageInsideMessage},
    {"81 80 00000000", FrameError::kMaskUnexpected},
    {"82 7e 007d", FrameError::kLengthNotMinimal},
    {"82 7f 000000000000ffff", FrameError::kLengthNotMinimal},
    {"82 7f 8000000000010000", FrameError::kLengthOver63Bits},
};

TEST(FrameScannerTest, BrokenStreamsEndWithTheSameErrorHoweverTheyAreCut) {
  for (const Broken& broken : kBrokenServerStreams) {
    SCOPED_TRACE(broken.hex);
    const std::string stream = FromHex(broken.hex);
    const Transcript whole = Scan(Whole(stream), Sender::kServer, Rsv1::kRefused);
    EXPECT_EQ(whole.error, broken.error);
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
      EXPECT_EQ(Scan(CutAt(stream, cut), Sender::kServer, Rsv1::kRefused).events, whole.events) << cut;
    }
  }
}

TEST(FrameScannerTest, ClientsMustMask) {
  EXPECT_EQ(Scan(Whole(Server(Opcode::kText, "a")), Sender::kClient, Rsv1::kRefused).error, FrameError::kMaskMissing);
  EXPECT_EQ(Scan(Whole(Server(Opcode::kPing, "a")), Sender::kClient, Rsv1::kRefused).error, FrameError::kMaskMissing);
  EXPECT_FALSE(Scan(Whole(Client(Opcode::kText, "a")), Sender::kClient, Rsv1::kRefused).ended);
}

TEST(FrameScannerTest, Rsv1MarksOnlyTheFirstFrameOfADataMessage) {
  const std::string compressed = RawFrame({.rsv1 = true}, "abc");
  const std::string first = RawFrame({.fin = false, .rsv1 = true}, "abc");
  const std::string last = RawFrame({.opcode = Opcode::kContinuation}, "abc");
  const std::string marked_last = RawFrame({.rsv1 = true, .opcode = Opcode::kContinuation}, "abc");
  const std::string marked_ping = RawFrame({.rsv1 = true, .opcode = Opcode::kPing}, "abc");

  EXPECT_FALSE(Scan(Whole(compressed + first + last), Sender::kServer, Rsv1::kAllowed).ended);
  EXPECT_EQ(Scan(Whole(first + marked_last), Sender::kServer, Rsv1::kAllowed).error, FrameError::kReservedBits);
  EXPECT_EQ(Scan(Whole(marked_ping), Sender::kServer, Rsv1::kAllowed).error, FrameError::kReservedBits);
  EXPECT_EQ(Scan(Whole(compressed), Sender::kServer, Rsv1::kRefused).error, FrameError::kReservedBits);
  EXPECT_EQ(Scan(Whole(first), Sender::kServer, Rsv1::kRefused).error, FrameError::kReservedBits);
}

TEST(FrameScannerTest, AStreamMeansTheSameCutAtEveryByte) {
  const std::string stream =
      Client(Opcode::kText, "hello") + Client(Opcode::kPing, "p") +
      RawFrame({.fin = false, .opcode = Opcode::kBinary, .masked = true}, std::string(130, 'x')) +
      Client(Opcode::kPong, std::string(125, 'q')) + Client(Opcode::kContinuation, std::string(66000, 'y')) +
      Client(Opcode::kText, "") + Client(Opcode::kClose, FromHex("03e8"));
  const std::vector<std::string> expected = {
      "data 11 bytes",
      "ping p",
      "data 138 bytes",
      "pong " + std::string(125, 'q'),
      "data 66020 bytes",
      "close " + FromHex("03e8"),
      "4 data frames, at a boundary",
  };
  EXPECT_EQ(Scan(Whole(stream), Sender::kClient, Rsv1::kRefused).events, expected);
  EXPECT_EQ(Scan(ByteByByte(stream), Sender::kClient, Rsv1::kRefused).events, expected);
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    // All cuts inside the long payload are alike.
    if (cut > 400 && cut + 400 < stream.size()) continue;
    EXPECT_EQ(Scan(CutAt(stream, cut), Sender::kClient, Rsv1::kRefused).events, expected) << cut;
  }
}

// The shortcut of Next for most frames must give the same result as ParseFrameHeader.
void ExpectLikeTheParser(unsigned first, unsigned second, Sender sender, Rsv1 rsv1) {
  std::string bytes = {static_cast<char>(first), static_cast<char>(second)};
  const bool masked = (second & 0x80) != 0;
  const std::size_t length = second & 0x7f;
  bytes.append((masked ? 4 : 0) + length, 'x');
  const ParsedHeader parsed = ParseFrameHeader(bytes, {.sender = sender, .rsv1 = rsv1});
  FrameScanner scanner(sender, rsv1);
  const FrameScanner::Piece piece = scanner.Next(bytes);
  if (parsed.kind == ParsedHeader::Kind::kError) {
    ASSERT_EQ(piece.kind, Kind::kError);
    ASSERT_EQ(piece.error, parsed.error);
    return;
  }
  ASSERT_EQ(piece.kind, IsControl(parsed.header.opcode) ? Kind::kControl : Kind::kData);
  ASSERT_EQ(piece.size, bytes.size());
  if (length > 125) return;  // these bytes say another length
  ASSERT_TRUE(scanner.at_frame_boundary());
  ASSERT_EQ(scanner.data_frames(), IsControl(parsed.header.opcode) ? 0u : 1u);
  const ParsedHeader continuation =
      ParseFrameHeader(FromHex(sender == Sender::kClient ? "80 80 00000000" : "80 00"),
                       {.sender = sender, .rsv1 = rsv1, .in_message = !parsed.header.fin});
  const FrameScanner::Piece next = scanner.Next(FromHex(sender == Sender::kClient ? "80 80 00000000" : "80 00"));
  ASSERT_EQ(next.kind == Kind::kError, continuation.kind == ParsedHeader::Kind::kError);
}

TEST(FrameScannerTest, EveryShortWholeFrameIsJudgedAsByTheParser) {
  for (const Sender sender : {Sender::kClient, Sender::kServer}) {
    for (const Rsv1 rsv1 : {Rsv1::kRefused, Rsv1::kAllowed}) {
      for (unsigned bytes = 0; bytes < 65536; ++bytes) {
        ExpectLikeTheParser(bytes >> 8, bytes & 0xff, sender, rsv1);
        if (testing::Test::HasFatalFailure()) FAIL() << "bytes " << bytes;
      }
    }
  }
}

}  // namespace
}  // namespace viaduct::websocket
