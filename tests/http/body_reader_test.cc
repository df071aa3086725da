#include "http/body_reader.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "http/head.h"
#include "tests/http/bodies.h"

namespace viaduct::http {
namespace {

using Kind = BodyReader::Piece::Kind;

constexpr BodyLength kChunked{.kind = BodyLength::Kind::kChunked};
constexpr BodyLength kUntilClose{.kind = BodyLength::Kind::kUntilClose};

BodyLength Length(std::uint64_t bytes) { return {.kind = BodyLength::Kind::kContentLength, .bytes = bytes}; }

TEST(BodyReaderTest, NoBodyIsCompleteAndTakesNothing) {
  for (const BodyLength& length : {BodyLength{}, Length(0)}) {
    BodyReader reader(length);
    EXPECT_TRUE(reader.complete());
    EXPECT_TRUE(reader.EndsWithConnection());
    EXPECT_EQ(reader.Next("GET / HTTP/1.1\r\n").kind, Kind::kEnd);
    EXPECT_EQ(reader.Next("").kind, Kind::kEnd);
  }
}

TEST(BodyReaderTest, CountsALengthAndLeavesTheNextMessageAlone) {
  BodyReader reader(Length(5));
  EXPECT_FALSE(reader.complete());
  EXPECT_FALSE(reader.EndsWithConnection());
  EXPECT_EQ(reader.Next("").kind, Kind::kNeedMore);
  BodyReader::Piece piece = reader.Next("ab");
  EXPECT_EQ(piece.kind, Kind::kContent);
  EXPECT_EQ(piece.size, 2u);
  EXPECT_FALSE(reader.complete());
  piece = reader.Next("cdeGET /");
  EXPECT_EQ(piece.kind, Kind::kContent);
  EXPECT_EQ(piece.size, 3u);
  EXPECT_TRUE(reader.complete());
  EXPECT_TRUE(reader.EndsWithConnection());
  piece = reader.Next("GET /");
  EXPECT_EQ(piece.kind, Kind::kEnd);
  EXPECT_EQ(piece.size, 0u);
}

TEST(BodyReaderTest, CountsTheGreatestLength) {
  BodyReader reader(Length((std::uint64_t{1} << 63) - 1));
  EXPECT_EQ(reader.Next("abc").size, 3u);
  EXPECT_FALSE(reader.complete());
}

TEST(BodyReaderTest, ABodyUntilTheCloseNeverEndsByItself) {
  BodyReader reader(kUntilClose);
  const BodyReader::Piece piece = reader.Next("0\r\n\r\n");
  EXPECT_EQ(piece.kind, Kind::kContent);
  EXPECT_EQ(piece.size, 5u);
  EXPECT_EQ(reader.Next("").kind, Kind::kNeedMore);
  EXPECT_FALSE(reader.complete());
  EXPECT_TRUE(reader.EndsWithConnection());
}

struct ChunkedRow {
  std::string_view what;
  std::string bytes;
  std::string content;
  std::string behind;
};

std::vector<ChunkedRow> GoodChunkedBodies() {
  return {
      {"nothing", "0\r\n\r\n", "", ""},
      {"one chunk", "5\r\nhello\r\n0\r\n\r\n", "hello", ""},
      {"two chunks", "1\r\na\r\n2\r\nbc\r\n0\r\n\r\n", "abc", ""},
      {"digits of both cases", "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789", ""},
      {"leading zeros", "005\r\nhello\r\n000\r\n\r\n", "hello", ""},
      {"a size of 15 digits", "000000000000005\r\nhello\r\n000000000000000\r\n\r\n", "hello", ""},
      {"content like framing", "7\r\n\r\n0\r\n\r\n\r\n0\r\n\r\n", "\r\n0\r\n\r\n", ""},
      {"trailers", "1\r\na\r\n0\r\nVia: 1.1 x.cloudfront.net\r\nX-Amz-Cf-Id:\r\n\r\n", "a", ""},
      {"a trailer of 1,024 bytes", "0\r\nx: " + std::string(1019, 't') + "\r\n\r\n", "", ""},
      {"the next request behind", "1\r\na\r\n0\r\n\r\nGET / HTTP/1.1\r\n\r\n", "a", "GET / HTTP/1.1\r\n\r\n"},
      {"a line end behind", "0\r\n\r\n\r\n", "", "\r\n"},
  };
}

TEST(BodyReaderTest, ReadsChunkedBodiesAtEverySplit) {
  for (const ChunkedRow& row : GoodChunkedBodies()) {
    const BodyOutcome expected{.content = row.content, .behind = row.behind, .ended = true};
    EXPECT_EQ(ReadBodyByteByByte(kChunked, row.bytes), expected) << row.what;
    for (std::size_t split = 0; split <= row.bytes.size(); ++split) {
      const std::string_view bytes = row.bytes;
      ASSERT_EQ(ReadBodyCutAt(kChunked, bytes, split), expected) << row.what << " split at " << split;
    }
  }
}

TEST(BodyReaderTest, EveryPartOfAChunkedBodyIsIncomplete) {
  for (const ChunkedRow& row : GoodChunkedBodies()) {
    const std::string_view bytes(row.bytes.data(), row.bytes.size() - row.behind.size());
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      const BodyOutcome outcome = ReadBodyAtOnce(kChunked, bytes.substr(0, size));
      EXPECT_FALSE(outcome.ended || outcome.failed) << row.what << " after " << size;
    }
  }
}

TEST(BodyReaderTest, AChunkedBodyCutShortDoesNotEndWithTheConnection) {
  BodyReader reader(kChunked);
  EXPECT_EQ(reader.Next("0\r\n").kind, Kind::kFraming);
  EXPECT_FALSE(reader.EndsWithConnection());
  EXPECT_EQ(reader.Next("\r\n").kind, Kind::kFraming);
  EXPECT_TRUE(reader.EndsWithConnection());
}

TEST(BodyReaderTest, RefusesBrokenChunksAtEverySplit) {
  using namespace std::string_literals;
  const struct {
    std::string_view what;
    std::string bytes;
  } kRows[] = {
      {"a chunk extension", "5;name=value\r\nhello\r\n0\r\n\r\n"},
      {"an empty chunk extension", "5;\r\nhello\r\n0\r\n\r\n"},
      {"a line feed in a chunk extension", "2;\nxx\r\n4c\r\n0\r\n\r\nGET /admin"},
      {"a quoted line end in a chunk extension", "5;a=\"\r\nhello\r\n0\r\n\r\n"},
      {"an extension of the last chunk", "0;x\r\n\r\n"},
      {"a space before the size", " 5\r\nhello\r\n"},
      {"a space after the size", "5 \r\nhello\r\n"},
      {"a tab after the size", "5\t\r\nhello\r\n"},
      {"no size", "\r\nhello\r\n"},
      {"a minus", "-5\r\nhello\r\n"},
      {"a plus", "+5\r\nhello\r\n"},
      {"0x", "0x5\r\nhello\r\n"},
      {"an underscore", "1_0\r\nhello\r\n"},
      {"letters", "g\r\nhello\r\n"},
      {"NUL", "5\0\r\nhello\r\n"s},
      {"a size of 16 digits", "0000000000000005\r\nhello\r\n0\r\n\r\n"},
      {"a size of 2^64 and 5", "10000000000000005\r\nhello\r\n0\r\n\r\n"},
      {"a size ended by a bare line feed", "5\nhello\r\n0\r\n\r\n"},
      {"a size ended by a bare carriage return", "5\rhello\r\n0\r\n\r\n"},
      {"a size ended by CR CR LF", "5\r\r\nhello\r\n0\r\n\r\n"},
      {"a chunk longer than its size", "5\r\nhellooo\r\n0\r\n\r\n"},
      {"a chunk shorter than its size", "5\r\nhell\r\n0\r\n\r\n"},
      {"a chunk ended by a bare line feed", "5\r\nhello\n0\r\n\r\n"},
      {"a chunk ended by two other bytes", "5\r\nhelloXX0\r\n\r\n"},
      {"a chunk ended by CR and another byte", "5\r\nhello\rX0\r\n\r\n"},
      {"a chunk not ended", "5\r\nhello0\r\n\r\n"},
      {"a bare line feed as the end", "0\r\n\n"},
      {"a trailer ended by a bare line feed", "0\r\nx: y\n\r\n"},
      {"a trailer without colon", "0\r\nGET /admin HTTP/1.1\r\nHost\r\n\r\n"},
      {"a trailer without name", "0\r\n: y\r\n\r\n"},
      {"a trailer with a space before the colon", "0\r\nx : y\r\n\r\n"},
      {"a request for a trailer", "0\r\nGET http://a/ HTTP/1.1\r\n\r\n"},
      {"a folded trailer", "0\r\nx: y\r\n z\r\n\r\n"},
      {"a bare carriage return in a trailer", "0\r\nx: y\r\rGET / HTTP/1.1\r\n\r\n"},
      {"NUL in a trailer", "0\r\nx: \0\r\n\r\n"s},
      {"a trailer of 1,025 bytes", "0\r\nx: " + std::string(1020, 't') + "\r\n\r\n"},
  };
  for (const auto& row : kRows) {
    const std::string_view bytes = row.bytes;
    ASSERT_TRUE(ReadBodyByteByByte(kChunked, bytes).failed) << row.what;
    for (std::size_t split = 0; split <= bytes.size(); ++split) {
      ASSERT_TRUE(ReadBodyCutAt(kChunked, bytes, split).failed) << row.what << " split at " << split;
    }
  }
}

std::vector<ChunkedRow> PaddedChunkedBodies() {
  const std::string longest(BodyReader::kMaxHeldBytes - 5, 'e');  // with "5;=" in front and the line's end
  return {
      {"spaces behind the size", "5  \r\nhello\r\n0 \r\n\r\n", "hello", ""},
      {"spaces up to a width", "5       \r\nhello\r\n0       \r\n\r\n", "hello", ""},
      {"a tab behind the size", "5\t\r\nhello\r\n0\r\n\r\n", "hello", ""},
      {"an extension", "5;name=value\r\nhello\r\n0\r\n\r\n", "hello", ""},
      {"an extension behind white space", "5 \t; name = value \r\nhello\r\n0\r\n\r\n", "hello", ""},
      {"an extension without a name", "5;\r\nhello\r\n0\r\n\r\n", "hello", ""},
      {"an extension in quotes", "5;a=\"b;c\xff\";d\r\nhello\r\n0\r\n\r\n", "hello", ""},
      {"an extension of the last chunk", "1\r\na\r\n0;x\r\nvia: x\r\n\r\n", "a", ""},
      {"the longest line", "5;=" + longest + "\r\nhello\r\n0\r\n\r\n", "hello", ""},
  };
}

TEST(BodyReaderTest, LenientLinesMayHavePaddingAndExtensions) {
  for (const std::vector<ChunkedRow>& rows : {PaddedChunkedBodies(), GoodChunkedBodies()}) {
    for (const ChunkedRow& row : rows) {
      const BodyOutcome expected{.content = row.content, .behind = row.behind, .ended = true};
      ASSERT_EQ(ReadBodyByteByByte(kChunked, row.bytes, ChunkLines::kLenient), expected) << row.what;
      for (std::size_t split = 0; split <= row.bytes.size(); ++split) {
        const std::string_view bytes = row.bytes;
        ASSERT_EQ(ReadBodyCutAt(kChunked, bytes, split, ChunkLines::kLenient), expected) << row.what << " at " << split;
      }
    }
  }
  for (const ChunkedRow& row : PaddedChunkedBodies()) {
    EXPECT_TRUE(ReadBodyAtOnce(kChunked, row.bytes).failed) << row.what << " is for responses only";
  }
}

TEST(BodyReaderTest, LenientLinesAreBoundedAndHaveNothingElse) {
  using namespace std::string_literals;
  const std::string too_long(BodyReader::kMaxHeldBytes - 4, 'e');
  for (const std::string& bytes : {" 5\r\nhello\r\n"s, "\r\nhello\r\n"s, "-5\r\n"s, "0x5\r\n"s, "5 5\r\n"s, "5 x\r\n"s,
                                   "5,x\r\n"s, "5\n"s, "5 \n"s, "5;a\nb\r\n"s, "5;a\rb\r\n"s, "5 \r \r\n"s, "5;\0\r\n"s,
                                   "5;\x7f\r\n"s, "0000000000000005\r\nhello\r\n"s, "5;=" + too_long + "\r\nhello\r\n",
                                   "5" + std::string(2000, ' '), "5;" + std::string(2000, 'e')}) {
    const BodyOutcome outcome = ReadBodyByteByByte(kChunked, bytes, ChunkLines::kLenient);
    ASSERT_TRUE(outcome.failed) << bytes;
    EXPECT_EQ(outcome.error, BodyError::kBadChunk) << bytes;
    EXPECT_LE(outcome.most_held, BodyReader::kMaxHeldBytes) << bytes;
    for (std::size_t split = 0; split <= bytes.size(); ++split) {
      ASSERT_EQ(ReadBodyCutAt(kChunked, bytes, split, ChunkLines::kLenient), outcome) << bytes << " at " << split;
    }
  }
}

TEST(BodyReaderTest, ATrailerThatIsBrokenIsNamedSo) {
  for (const ChunkLines lines : {ChunkLines::kStrict, ChunkLines::kLenient}) {
    EXPECT_EQ(ReadBodyAtOnce(kChunked, "0\r\nno field\r\n\r\n", lines).error, BodyError::kBadTrailer);
    EXPECT_EQ(ReadBodyAtOnce(kChunked, "1\r\nab", lines).error, BodyError::kBadChunk);
  }
}

TEST(BodyReaderTest, AnErrorStays) {
  BodyReader reader(kChunked);
  EXPECT_EQ(reader.Next("x").kind, Kind::kError);
  EXPECT_EQ(reader.Next("x").kind, Kind::kError);
  EXPECT_FALSE(reader.complete());
  EXPECT_FALSE(reader.EndsWithConnection());
}

TEST(BodyReaderTest, TrailersAreBounded) {
  const std::string line = "x: " + std::string(1019, 't') + "\r\n";
  ASSERT_EQ(line.size(), 1024u);
  std::string lines = "0\r\n";
  for (int i = 0; i < 7; ++i) lines += line;
  const std::string just_fits = lines + "x: " + std::string(1017, 't') + "\r\n\r\n";
  const std::string one_more = lines + "x: " + std::string(1018, 't') + "\r\n\r\n";
  EXPECT_TRUE(ReadBodyAtOnce(kChunked, just_fits).ended);
  EXPECT_TRUE(ReadBodyByteByByte(kChunked, just_fits).ended);
  EXPECT_TRUE(ReadBodyAtOnce(kChunked, one_more).failed);
  EXPECT_TRUE(ReadBodyByteByByte(kChunked, one_more).failed);
}

TEST(BodyReaderTest, NeverAsksToHoldMoreThanItSays) {
  const std::string endless_trailer = "0\r\nx: " + std::string(10'000, 't');
  const BodyOutcome outcome = ReadBodyByteByByte(kChunked, endless_trailer);
  EXPECT_TRUE(outcome.failed);
  EXPECT_LE(outcome.most_held, BodyReader::kMaxHeldBytes);
  EXPECT_TRUE(ReadBodyAtOnce(kChunked, endless_trailer).failed);
  EXPECT_TRUE(ReadBodyByteByByte(kChunked, std::string(100, '0')).failed);
}

TEST(BodyReaderTest, HugeChunksAreOnlyCounted) {
  BodyReader reader(kChunked);
  ASSERT_EQ(reader.Next("fffffffffffffff\r\n").kind, Kind::kFraming);
  const std::string_view bytes = "abc\r\n0\r\n\r\n";
  const BodyReader::Piece piece = reader.Next(bytes);
  EXPECT_EQ(piece.kind, Kind::kContent);
  EXPECT_EQ(piece.size, bytes.size());
  EXPECT_FALSE(reader.complete());
}

TEST(AppendChunkHeaderTest, WritesWhatTheReaderReads) {
  for (std::uint64_t size : {std::uint64_t{1}, std::uint64_t{0xa}, std::uint64_t{65536}}) {
    std::string body;
    AppendChunkHeader(&body, size);
    body.append(size, 'x').append(kChunkEnd).append(kLastChunk);
    const BodyOutcome outcome = ReadBodyAtOnce(kChunked, body);
    EXPECT_TRUE(outcome.ended);
    EXPECT_EQ(outcome.content.size(), size);
  }
  std::string longest = "before ";
  AppendChunkHeader(&longest, ~std::uint64_t{0});
  EXPECT_EQ(longest, "before ffffffffffffffff\r\n");
}

}  // namespace
}  // namespace viaduct::http
