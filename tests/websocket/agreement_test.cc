// Random streams, read and scanned: valid ones, whose events are known, and damaged ones.

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "tests/websocket/raw_frame.h"
#include "tests/websocket/transcript.h"
#include "websocket/frame_header.h"
#include "websocket/opcode.h"

namespace viaduct::websocket {
namespace {

constexpr int kStreams = 300;

struct Stream {
  std::string bytes;
  std::vector<std::string> read;  // the events of a reader
};

std::size_t RandomSize(std::mt19937& random) {
  constexpr std::array<std::size_t, 6> kEdges = {0, 1, 125, 126, 127, 1000};
  if (random() % 300 == 0) return 65535 + random() % 3;
  return random() % 4 == 0 ? kEdges[random() % kEdges.size()] : random() % 60;
}

std::string RandomText(std::mt19937& random) {
  constexpr std::array<std::string_view, 6> kCharacters = {
      "a", "Z", "\xc3\xa9", "\xe2\x82\xac", "\xed\x9f\xbf", "\xf0\x9f\x98\x80"};
  std::string text;
  for (std::size_t left = RandomSize(random); left > 0; --left) text.append(kCharacters[random() % kCharacters.size()]);
  return text;
}

std::string RandomBytes(std::mt19937& random, std::size_t size) {
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

class Writer {
 public:
  Writer(Sender sender, std::mt19937& random) : sender_(sender), random_(random) {}

  Stream Write() {
    for (auto messages = random_() % 12; messages > 0; --messages) {
      AppendControls();
      AppendMessage();
    }
    if (random_() % 2 == 0) {
      stream_.read.push_back("no message open");
    } else {
      AppendFrame({.opcode = Opcode::kClose}, "\x03\xe9tired");
      stream_.read.push_back("close 1001 tired");
    }
    return stream_;
  }

 private:
  void AppendFrame(FrameHeader header, std::string_view payload) {
    header.masked = sender_ == Sender::kClient;
    for (std::uint8_t& byte : header.mask) byte = static_cast<std::uint8_t>(random_());
    stream_.bytes.append(RawFrame(header, payload));
  }

  void AppendControls() {
    while (random_() % 3 == 0) {
      const bool ping = random_() % 2 == 0;
      const std::string payload = RandomBytes(random_, random_() % 126);
      AppendFrame({.opcode = ping ? Opcode::kPing : Opcode::kPong}, payload);
      stream_.read.push_back((ping ? "ping " : "pong ") + payload);
    }
  }

  void AppendMessage() {
    const bool text = random_() % 2 == 0;
    const std::string payload = text ? RandomText(random_) : RandomBytes(random_, RandomSize(random_));
    Opcode opcode = text ? Opcode::kText : Opcode::kBinary;
    std::string_view rest = payload;
    while (random_() % 3 == 0) {
      const std::string_view fragment = rest.substr(0, random_() % (rest.size() + 1));
      rest.remove_prefix(fragment.size());
      AppendFrame({.fin = false, .opcode = opcode}, fragment);
      opcode = Opcode::kContinuation;
      AppendControls();
    }
    AppendFrame({.opcode = opcode}, rest);
    stream_.read.push_back((text ? "message text " : "message binary ") + payload);
  }

  Sender sender_;
  std::mt19937& random_;
  Stream stream_;
};

Sender RandomSender(std::mt19937& random) { return random() % 2 == 0 ? Sender::kClient : Sender::kServer; }

TEST(AgreementTest, ValidStreamsAreReadAsTheyWereWrittenHoweverTheyAreCut) {
  std::mt19937 random(6455);
  for (int i = 0; i < kStreams; ++i) {
    SCOPED_TRACE(i);
    const Sender sender = RandomSender(random);
    const Stream stream = Writer(sender, random).Write();
    EXPECT_EQ(Read(Whole(stream.bytes), sender, kNoLimits).events, stream.read);
    EXPECT_EQ(Read(CutRandomly(stream.bytes, random), sender, kNoLimits).events, stream.read);
    if (stream.bytes.size() < 5000) {
      EXPECT_EQ(Read(ByteByByte(stream.bytes), sender, kNoLimits).events, stream.read);
    }
  }
}

TEST(AgreementTest, ValidStreamsAreScannedToTheirEndHoweverTheyAreCut) {
  std::mt19937 random(6455);
  for (int i = 0; i < kStreams; ++i) {
    SCOPED_TRACE(i);
    const Sender sender = RandomSender(random);
    const Stream stream = Writer(sender, random).Write();
    const Transcript whole = Scan(Whole(stream.bytes), sender, Rsv1::kRefused);
    EXPECT_FALSE(whole.ended);
    EXPECT_EQ(whole.consumed, stream.bytes.size());
    EXPECT_EQ(Scan(CutRandomly(stream.bytes, random), sender, Rsv1::kRefused).events, whole.events);
    EXPECT_EQ(Disagreement(stream.bytes, sender), "");
  }
}

TEST(AgreementTest, DamagedStreamsFailAtTheSamePlaceForTheSameReason) {
  std::mt19937 random(6455);
  int failed = 0;
  for (int i = 0; i < 20 * kStreams; ++i) {
    SCOPED_TRACE(i);
    const Sender sender = RandomSender(random);
    std::string bytes = Writer(sender, random).Write().bytes.substr(0, 400);
    if (bytes.empty()) continue;
    bytes[random() % std::min<std::size_t>(bytes.size(), 40)] = static_cast<char>(random());
    EXPECT_EQ(Disagreement(bytes, sender), "");
    const Transcript read = Read(Whole(bytes), sender, kNoLimits);
    EXPECT_EQ(Read(CutRandomly(bytes, random), sender, kNoLimits).events, read.events);
    const Transcript scanned = Scan(Whole(bytes), sender, Rsv1::kRefused);
    EXPECT_EQ(Scan(CutRandomly(bytes, random), sender, Rsv1::kRefused).events, scanned.events);
    if (scanned.error) ++failed;
  }
  EXPECT_GT(failed, kStreams);
}

}  // namespace
}  // namespace viaduct::websocket
