// Compressed messages in a MessageReader.

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/websocket/raw_frame.h"
#include "tests/websocket/sample_text.h"
#include "tests/websocket/transcript.h"
#include "tests/websocket/zlib_peer.h"
#include "websocket/close_code.h"
#include "websocket/deflater.h"
#include "websocket/frame_error.h"
#include "websocket/frame_header.h"
#include "websocket/inflater.h"
#include "websocket/message_reader.h"
#include "websocket/opcode.h"

namespace viaduct::websocket {
namespace {

using Events = std::vector<std::string>;

constexpr std::array<std::uint8_t, 4> kMask = {0x37, 0xfa, 0x21, 0x3d};
constexpr MessageReader::Limits kLimits = {.max_message_bytes = 1000, .max_fragments = 4};

std::string Deflated(std::string_view message) {
  Deflater deflater(15);
  std::string payload;
  deflater.Append(payload, message);
  return payload;
}

std::string Frame(bool fin, bool rsv1, Opcode opcode, std::string_view payload) {
  return RawFrame({.fin = fin, .rsv1 = rsv1, .opcode = opcode, .masked = true, .mask = kMask}, payload);
}
std::string Compressed(Opcode opcode, std::string_view message) { return Frame(true, true, opcode, Deflated(message)); }

Events ReadClient(const Pieces& pieces, MessageReader::Limits limits = kLimits) {
  Inflater inflater(15, DeflateContext::kNone);
  return Read(pieces, Sender::kClient, limits, &inflater).events;
}
Events ReadClient(std::string_view stream) { return ReadClient(Whole(stream)); }

TEST(MessageReaderDeflateTest, CompressedAndOtherMessagesMix) {
  EXPECT_EQ(ReadClient(Compressed(Opcode::kText, "Grüße") + Frame(true, false, Opcode::kText, "plain") +
                       Compressed(Opcode::kBinary, "\xff\xfe") + Compressed(Opcode::kText, "")),
            (Events{"message text Grüße", "message text plain", "message binary \xff\xfe", "message text ",
                    "no message open"}));
}

TEST(MessageReaderDeflateTest, FragmentsAreOneMessageWhereverTheyAreCut) {
  const std::string payload = Deflated("Hello, Hello, Hello");
  const Events expected = {"ping p", "message text Hello, Hello, Hello", "no message open"};
  for (std::size_t cut = 0; cut <= payload.size(); ++cut) {
    const std::string stream = Frame(false, true, Opcode::kText, payload.substr(0, cut)) +
                               Frame(true, false, Opcode::kPing, "p") +
                               Frame(true, false, Opcode::kContinuation, payload.substr(cut));
    EXPECT_EQ(ReadClient(stream), expected);
    EXPECT_EQ(ReadClient(ByteByByte(stream)), expected);
  }
}

TEST(MessageReaderDeflateTest, Rsv1MayStandOnlyOnTheFirstFrameOfAMessage) {
  const Events refused = {"error reserved_bits"};
  EXPECT_EQ(ReadClient(Frame(false, true, Opcode::kText, "x") + Frame(true, true, Opcode::kContinuation, "x")),
            refused);
  EXPECT_EQ(ReadClient(Frame(true, true, Opcode::kPing, "x")), refused);
  EXPECT_EQ(ReadClient(Frame(true, true, Opcode::kClose, "")), refused);
  EXPECT_EQ(Read(Whole(Compressed(Opcode::kText, "x")), Sender::kClient, kLimits).events, refused)
      << "without an inflater";
}

TEST(MessageReaderDeflateTest, TextIsCheckedAfterInflating) {
  EXPECT_EQ(ReadClient(Compressed(Opcode::kText, "\xc3\xbc")), (Events{"message text \xc3\xbc", "no message open"}));
  EXPECT_EQ(ReadClient(Compressed(Opcode::kText, "\xc3")), (Events{"error invalid_utf8"}));
  EXPECT_EQ(ReadClient(Compressed(Opcode::kText, "\xed\xa0\x80")), (Events{"error invalid_utf8"}));
  EXPECT_EQ(ReadClient(Compressed(Opcode::kBinary, "\xc3")), (Events{"message binary \xc3", "no message open"}));
  // The bytes on the wire are not text, and are not checked as such.
  EXPECT_EQ(ReadClient(Compressed(Opcode::kText, "Hello")), (Events{"message text Hello", "no message open"}));
}

TEST(MessageReaderDeflateTest, CorruptDataIs1007) {
  EXPECT_EQ(ReadClient(Frame(true, true, Opcode::kText, "\xff\xff\xff\xff")), (Events{"error corrupt_deflate"}));
  EXPECT_EQ(ReadClient(Frame(true, true, Opcode::kText, "")), (Events{"error corrupt_deflate"}));
  EXPECT_EQ(CloseCodeFor(FrameError::kCorruptDeflate), kInvalidPayload);
}

TEST(MessageReaderDeflateTest, TheLimitIsOfWhatAMessageBecomes) {
  const std::string limit(1000, 'm');
  EXPECT_EQ(ReadClient(Compressed(Opcode::kText, limit)), (Events{"message text " + limit, "no message open"}));
  EXPECT_EQ(ReadClient(Compressed(Opcode::kText, limit + "m")), (Events{"error message_too_big"}));
  EXPECT_EQ(ReadClient(Compressed(Opcode::kText, std::string(10 << 20, '\0'))), (Events{"error message_too_big"}));
}

TEST(MessageReaderDeflateTest, WhatIsSentMayBeLittleLongerThanTheLimit) {
  std::mt19937 random(1);
  std::string noise(1000, '\0');
  for (char& c : noise) c = static_cast<char>(random());
  ASSERT_GT(Deflated(noise).size(), 1000u);
  EXPECT_EQ(ReadClient(Compressed(Opcode::kBinary, noise)), (Events{"message binary " + noise, "no message open"}));
  // 1000 + 1000 / 16 + 64, declared and never sent.
  EXPECT_EQ(ReadClient(FromHex("c2 fe 0466 01020304")), (Events{"inside a message"}));
  EXPECT_EQ(ReadClient(FromHex("c2 fe 0467 01020304")), (Events{"error message_too_big"}));
  EXPECT_EQ(ReadClient(FromHex("82 fe 03e9 01020304")), (Events{"error message_too_big"})) << "not compressed";
}

TEST(MessageReaderDeflateTest, AStreamOfAPeerThatTakesItsContextOverIsReadHoweverItIsCut) {
  std::mt19937 random(7692);
  ZlibPeer peer(12);
  std::string stream;
  Events expected;
  for (int i = 0; i < 20; ++i) {
    const std::string text = SampleText(random, random() % 3000);
    stream += Frame(true, true, Opcode::kText, peer.Deflate(text));
    expected.push_back("message text " + text);
  }
  expected.push_back("no message open");
  for (int i = 0; i < 20; ++i) {
    Inflater inflater(12, DeflateContext::kTakenOver);
    EXPECT_EQ(Read(CutRandomly(stream, random), Sender::kClient, kNoLimits, &inflater).events, expected);
  }
}

}  // namespace
}  // namespace viaduct::websocket
