#include "websocket/message_reader.h"

#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "tests/websocket/raw_frame.h"
#include "tests/websocket/transcript.h"
#include "websocket/close_code.h"
#include "websocket/frame_error.h"
#include "websocket/frame_header.h"
#include "websocket/opcode.h"

namespace viaduct::websocket {
namespace {

using Event = MessageReader::Event;
using Kind = Event::Kind;
using Events = std::vector<std::string>;

constexpr std::array<std::uint8_t, 4> kMask = {0x37, 0xfa, 0x21, 0x3d};
constexpr MessageReader::Limits kLimits = {.max_message_bytes = 1000, .max_fragments = 4};

std::string Client(Opcode opcode, std::string_view payload) {
  return RawFrame({.opcode = opcode, .masked = true, .mask = kMask}, payload);
}
std::string ClientFragment(Opcode opcode, std::string_view payload) {
  return RawFrame({.fin = false, .opcode = opcode, .masked = true, .mask = kMask}, payload);
}

std::string Close(unsigned code, std::string_view reason) {
  return std::string{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)} + std::string(reason);
}

Events ReadClient(std::string_view stream) { return Read(Whole(stream), Sender::kClient, kLimits).events; }

TEST(MessageReaderTest, AWholeMessageIsUnmaskedInPlaceAndNotCopied) {
  MessageReader reader(Sender::kClient, kLimits);
  std::string stream = Client(Opcode::kText, "Hello");
  std::span<char> bytes(stream);
  const Event event = reader.Next(bytes);
  EXPECT_EQ(event.kind, Kind::kMessage);
  EXPECT_EQ(event.opcode, Opcode::kText);
  EXPECT_EQ(event.payload, "Hello");
  EXPECT_EQ(event.payload.data(), stream.data() + 6);
  EXPECT_TRUE(bytes.empty());
  EXPECT_EQ(reader.Next(bytes).kind, Kind::kNeedMore);
}

TEST(MessageReaderTest, ServersAreReadUnmasked) {
  const std::string stream = RawFrame({.opcode = Opcode::kText}, "Hello") + RawFrame({.opcode = Opcode::kPong}, "");
  EXPECT_EQ(Read(Whole(stream), Sender::kServer, kLimits).events,
            (Events{"message text Hello", "pong ", "no message open"}));
  EXPECT_EQ(Read(Whole(stream), Sender::kClient, kLimits).events, (Events{"error mask_missing"}));
}

TEST(MessageReaderTest, BytesAdvanceOneEventAtATime) {
  MessageReader reader(Sender::kClient, kLimits);
  std::string stream = Client(Opcode::kText, "a") + Client(Opcode::kBinary, "b");
  std::span<char> bytes(stream);
  EXPECT_EQ(reader.Next(bytes).payload, "a");
  EXPECT_EQ(bytes.size(), 7u);
  EXPECT_EQ(reader.Next(bytes).payload, "b");
  EXPECT_EQ(bytes.size(), 0u);
}

TEST(MessageReaderTest, AMessageIsOpenFromItsFirstHeaderToItsLastByte) {
  MessageReader reader(Sender::kClient, kLimits);
  const auto feed = [&reader](std::string stream) {
    std::span<char> bytes(stream);
    return reader.Next(bytes).kind;
  };
  EXPECT_FALSE(reader.in_message());
  EXPECT_EQ(feed(ClientFragment(Opcode::kText, "a")), Kind::kNeedMore);
  EXPECT_TRUE(reader.in_message());
  EXPECT_EQ(feed(Client(Opcode::kPing, "")), Kind::kPing);
  EXPECT_TRUE(reader.in_message());
  EXPECT_EQ(feed(Client(Opcode::kContinuation, "b").substr(0, 6)), Kind::kNeedMore);
  EXPECT_TRUE(reader.in_message());
  EXPECT_EQ(feed(Client(Opcode::kContinuation, "b").substr(6)), Kind::kMessage);
  EXPECT_FALSE(reader.in_message());
  EXPECT_EQ(feed(Client(Opcode::kPing, "abc").substr(0, 7)), Kind::kNeedMore);
  EXPECT_FALSE(reader.in_message());
}

TEST(MessageReaderTest, IsAtRestOnlyWhereANewReaderWouldDo) {
  MessageReader reader(Sender::kClient, kLimits);
  const auto rests_after = [&reader](std::string stream) {
    std::span<char> bytes(stream);
    while (reader.Next(bytes).kind != Kind::kNeedMore) {
    }
    return reader.at_rest();
  };
  EXPECT_TRUE(reader.at_rest());
  EXPECT_TRUE(rests_after(Client(Opcode::kText, "a")));
  EXPECT_FALSE(rests_after(ClientFragment(Opcode::kText, "a")));
  EXPECT_FALSE(rests_after(Client(Opcode::kPing, "")));
  EXPECT_TRUE(rests_after(Client(Opcode::kContinuation, "b")));
  EXPECT_FALSE(rests_after(Client(Opcode::kPing, "abc").substr(0, 7)));
  EXPECT_TRUE(rests_after(Client(Opcode::kPing, "abc").substr(7)));
  EXPECT_FALSE(rests_after(Client(Opcode::kClose, "")));
}

TEST(MessageReaderTest, ControlFramesComeBetweenFragmentsAndBeforeTheirMessage) {
  const std::string stream = ClientFragment(Opcode::kText, "Hel") + Client(Opcode::kPing, "1") +
                             ClientFragment(Opcode::kContinuation, "") + Client(Opcode::kPong, "2") +
                             Client(Opcode::kContinuation, "lo");
  EXPECT_EQ(ReadClient(stream), (Events{"ping 1", "pong 2", "message text Hello", "no message open"}));
}

TEST(MessageReaderTest, AStreamMeansTheSameCutAtEveryByte) {
  const std::string stream = Client(Opcode::kText, "h\xc3\xa9llo") + Client(Opcode::kPing, std::string(125, 'p')) +
                             ClientFragment(Opcode::kText, "\xf0\x9f") + Client(Opcode::kPong, "between") +
                             Client(Opcode::kContinuation, "\x98\x80 end") + Client(Opcode::kText, "") +
                             Client(Opcode::kBinary, std::string(300, '\xff')) +
                             ClientFragment(Opcode::kBinary, "open") +
                             Client(Opcode::kClose, Close(1001, "b\xc3\xb6n"));
  const Events expected = {
      "message text h\xc3\xa9llo",
      "ping " + std::string(125, 'p'),
      "pong between",
      "message text \xf0\x9f\x98\x80 end",
      "message text ",
      "message binary " + std::string(300, '\xff'),
      "close 1001 b\xc3\xb6n",
  };
  EXPECT_EQ(ReadClient(stream), expected);
  EXPECT_EQ(Read(ByteByByte(stream), Sender::kClient, kLimits).events, expected);
  for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
    EXPECT_EQ(Read(CutAt(stream, cut), Sender::kClient, kLimits).events, expected) << cut;
  }
}

TEST(MessageReaderTest, CloseIsTheLastEvent) {
  const std::string behind = Client(Opcode::kText, "behind");
  EXPECT_EQ(ReadClient(Client(Opcode::kClose, "") + behind), (Events{"close 1005 "}));
  EXPECT_EQ(ReadClient(Client(Opcode::kClose, Close(4321, "")) + behind), (Events{"close 4321 "}));
  EXPECT_EQ(ReadClient(Client(Opcode::kClose, Close(1000, std::string(123, 'r'))) + behind),
            (Events{"close 1000 " + std::string(123, 'r')}));
  EXPECT_EQ(ReadClient(ClientFragment(Opcode::kText, "open") + Client(Opcode::kClose, "")), (Events{"close 1005 "}));
}

TEST(MessageReaderTest, CloseFramesWithWrongPayloadsAreErrors) {
  EXPECT_EQ(ReadClient(Client(Opcode::kClose, "\x03")), (Events{"error close_of_one_byte"}));
  EXPECT_EQ(ReadClient(Client(Opcode::kClose, Close(1005, ""))), (Events{"error illegal_close_code"}));
  EXPECT_EQ(ReadClient(Client(Opcode::kClose, Close(2000, ""))), (Events{"error illegal_close_code"}));
  EXPECT_EQ(ReadClient(Client(Opcode::kClose, Close(1000, "\xff"))), (Events{"error close_reason_not_utf8"}));
}

struct Broken {
  std::string stream;
  FrameError error;
  std::uint16_t close_code;
};

TEST(MessageReaderTest, BrokenStreamsEndWithTheSameErrorHoweverTheyAreCut) {
  const std::string long_length = FromHex("82 ff 8000000000000000 00000000");
  const Broken all_broken[] = {
      {FromHex("91 80 00000000"), FrameError::kReservedBits, 1002},
      {FromHex("c1 80 00000000"), FrameError::kReservedBits, 1002},
      {FromHex("83 80 00000000"), FrameError::kReservedOpcode, 1002},
      {ClientFragment(Opcode::kPing, ""), FrameError::kFragmentedControlFrame, 1002},
      {Client(Opcode::kPing, std::string(126, 'p')), FrameError::kControlFrameTooLong, 1002},
      {Client(Opcode::kContinuation, "a"), FrameError::kContinuationWithoutStart, 1002},
      {ClientFragment(Opcode::kText, "a") + Client(Opcode::kText, "b"), FrameError::kMessageInsideMessage, 1002},
      {RawFrame({}, "a"), FrameError::kMaskMissing, 1002},
      {FromHex("82 fe 0001 00000000 61"), FrameError::kLengthNotMinimal, 1002},
      {long_length, FrameError::kLengthOver63Bits, 1002},
      {Client(Opcode::kText, "a\xff"), FrameError::kInvalidUtf8, 1007},
      {Client(Opcode::kText, "a\xc3"), FrameError::kInvalidUtf8, 1007},
      {ClientFragment(Opcode::kText, "a\xe2\x82") + Client(Opcode::kContinuation, "\xff"), FrameError::kInvalidUtf8,
       1007},
      {ClientFragment(Opcode::kText, "a\xe2\x82") + Client(Opcode::kContinuation, ""), FrameError::kInvalidUtf8, 1007},
      {ClientFragment(Opcode::kText, "\xed") + Client(Opcode::kContinuation, "\xa0\x80"), FrameError::kInvalidUtf8,
       1007},
  };
  for (const Broken& broken : all_broken) {
    SCOPED_TRACE(kFrameErrors.Name(broken.error));
    // A valid frame in front, and a frame that must not be read behind.
    const std::string stream = Client(Opcode::kText, "fine") + broken.stream + Client(Opcode::kPing, "behind");
    const Events expected = {"message text fine", "error " + std::string(kFrameErrors.Name(broken.error))};
    EXPECT_EQ(CloseCodeFor(broken.error), broken.close_code);
    EXPECT_EQ(ReadClient(stream), expected);
    for (std::size_t cut = 0; cut <= stream.size(); ++cut) {
      EXPECT_EQ(Read(CutAt(stream, cut), Sender::kClient, kLimits).events, expected) << cut;
    }
  }
}

TEST(MessageReaderTest, WrongTextFailsWithTheFirstWrongByteNotWithTheMessage) {
  const std::string frame = ClientFragment(Opcode::kText, "ab\xed\xa0 and much more");
  const std::size_t wrong = 6 + 3;
  EXPECT_FALSE(Read(Whole(frame.substr(0, wrong)), Sender::kClient, kLimits).ended);
  EXPECT_EQ(ReadClient(frame.substr(0, wrong + 1)), (Events{"error invalid_utf8"}));
}

TEST(MessageReaderTest, TextIsJudgedAnewInEachMessage) {
  EXPECT_EQ(ReadClient(Client(Opcode::kBinary, "\xe2\x82") + Client(Opcode::kText, "a")),
            (Events{"message binary \xe2\x82", "message text a", "no message open"}));
  EXPECT_EQ(ReadClient(Client(Opcode::kText, "\xe2\x82\xac") + Client(Opcode::kBinary, "\xff")),
            (Events{"message text \xe2\x82\xac", "message binary \xff", "no message open"}));
}

TEST(MessageReaderTest, MessagesMayHaveTheLimitAndNotOneByteMore) {
  const std::string limit(1000, 'm');
  const Events fits = {"message binary " + limit, "no message open"};
  const Events too_big = {"error message_too_big"};
  EXPECT_EQ(ReadClient(Client(Opcode::kBinary, limit)), fits);
  EXPECT_EQ(ReadClient(Client(Opcode::kBinary, limit + "m")), too_big);
  EXPECT_EQ(
      ReadClient(ClientFragment(Opcode::kBinary, limit.substr(400)) + Client(Opcode::kContinuation, limit.substr(600))),
      fits);
  EXPECT_EQ(
      ReadClient(ClientFragment(Opcode::kBinary, limit.substr(400)) + Client(Opcode::kContinuation, limit.substr(599))),
      too_big);
}

TEST(MessageReaderTest, ADeclaredLengthOverTheLimitIsRefusedBeforeAnyPayload) {
  EXPECT_EQ(ReadClient(FromHex("82 fe 03e9 01020304")), (Events{"error message_too_big"}));
  EXPECT_EQ(ReadClient(FromHex("82 ff 7fffffffffffffff 01020304")), (Events{"error message_too_big"}));
  EXPECT_EQ(ReadClient(ClientFragment(Opcode::kBinary, "m") + FromHex("80 ff 7fffffffffffffff 01020304")),
            (Events{"error message_too_big"}));
  EXPECT_EQ(CloseCodeFor(FrameError::kMessageTooBig), 1009);
}

TEST(MessageReaderTest, TheLimitIsOfEachMessage) {
  const std::string message = Client(Opcode::kBinary, std::string(1000, 'm'));
  const Transcript read = Read(Whole(message + message + message), Sender::kClient, kLimits);
  EXPECT_FALSE(read.ended);
  EXPECT_EQ(read.events.size(), 4u);
}

TEST(MessageReaderTest, MessagesMayHaveTheLimitOfFragmentsAndNotOneMore) {
  const std::string start = ClientFragment(Opcode::kText, "a");
  const std::string more = ClientFragment(Opcode::kContinuation, "b");
  const std::string last = Client(Opcode::kContinuation, "c");
  EXPECT_EQ(ReadClient(start + more + more + last), (Events{"message text abbc", "no message open"}));
  EXPECT_EQ(ReadClient(start + more + more + more + last), (Events{"error too_many_fragments"}));
  EXPECT_EQ(ReadClient(start + more + more + last + start + more + more + last).size(), 3u);
  EXPECT_EQ(CloseCodeFor(FrameError::kTooManyFragments), 1008);
}

TEST(MessageReaderTest, OneFragmentMeansNoFragmentation) {
  constexpr MessageReader::Limits limits = {.max_message_bytes = 0, .max_fragments = 1};
  EXPECT_EQ(Read(Whole(Client(Opcode::kText, "")), Sender::kClient, limits).events,
            (Events{"message text ", "no message open"}));
  EXPECT_EQ(Read(Whole(ClientFragment(Opcode::kText, "") + Client(Opcode::kContinuation, "")), Sender::kClient, limits)
                .events,
            (Events{"error too_many_fragments"}));
}

}  // namespace
}  // namespace viaduct::websocket
