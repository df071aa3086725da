// Counts the heap use of a MessageReader.

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <cstdlib>
#include <new>
#include <span>
#include <string>
#include <string_view>

#include "tests/websocket/raw_frame.h"
#include "websocket/frame_header.h"
#include "websocket/inflater.h"
#include "websocket/message_reader.h"
#include "websocket/opcode.h"

namespace {

// The allocations of the one thread of this test.
std::size_t allocations = 0;
std::size_t frees = 0;
std::size_t allocated_bytes = 0;

}  // namespace

void* operator new(std::size_t size) {
  void* const block = std::malloc(size);
  if (block == nullptr) std::abort();
  ++allocations;
  allocated_bytes += size;
  return block;
}

void operator delete(void* block) noexcept {
  if (block != nullptr) ++frees;
  std::free(block);
}

void operator delete(void* block, std::size_t) noexcept { operator delete(block); }

namespace viaduct::websocket {
namespace {

using Kind = MessageReader::Event::Kind;

constexpr MessageReader::Limits kLimits = {.max_message_bytes = 64 << 20, .max_fragments = 1000};

// The heap use since it was made.
class HeapUse {
 public:
  std::size_t calls() const { return allocations - allocations_before_; }
  std::size_t bytes() const { return allocated_bytes - bytes_before_; }
  std::size_t live() const { return calls() - (frees - frees_before_); }

 private:
  std::size_t allocations_before_ = allocations;
  std::size_t frees_before_ = frees;
  std::size_t bytes_before_ = allocated_bytes;
};

std::string Client(Opcode opcode, std::string_view payload) {
  return RawFrame({.opcode = opcode, .masked = true, .mask = {1, 2, 3, 4}}, payload);
}

TEST(MessageReaderMemoryTest, WholeMessagesAndControlFramesTakeNone) {
  MessageReader reader(Sender::kClient, kLimits);
  std::string stream = Client(Opcode::kText, std::string(1000, 'm')) + Client(Opcode::kPing, std::string(125, 'p')) +
                       Client(Opcode::kBinary, std::string(100000, 'm'));
  std::span<char> bytes(stream);
  const HeapUse heap;
  EXPECT_EQ(reader.Next(bytes).kind, Kind::kMessage);
  EXPECT_EQ(reader.Next(bytes).kind, Kind::kPing);
  EXPECT_EQ(reader.Next(bytes).kind, Kind::kMessage);
  EXPECT_EQ(heap.calls(), 0u);
}

TEST(MessageReaderMemoryTest, GatheredMessagesAreGivenBackByTheNextCall) {
  MessageReader reader(Sender::kClient, kLimits);
  std::string stream = Client(Opcode::kBinary, std::string(100000, 'm'));
  const std::span<char> all(stream);
  std::span<char> first = all.first(50000);
  std::span<char> second = all.subspan(50000);
  const HeapUse heap;
  EXPECT_EQ(reader.Next(first).kind, Kind::kNeedMore);
  EXPECT_EQ(heap.live(), 1u);
  EXPECT_EQ(reader.Next(second).payload.size(), 100000u);
  EXPECT_EQ(heap.live(), 1u);
  EXPECT_EQ(reader.Next(second).kind, Kind::kNeedMore);
  EXPECT_EQ(heap.live(), 0u);
}

TEST(MessageReaderMemoryTest, GatheredControlFramesAreGivenBackByTheNextCall) {
  MessageReader reader(Sender::kClient, kLimits);
  std::string stream = Client(Opcode::kPing, std::string(125, 'p'));
  const std::span<char> all(stream);
  std::span<char> first = all.first(70);
  std::span<char> second = all.subspan(70);
  const HeapUse heap;
  EXPECT_EQ(reader.Next(first).kind, Kind::kNeedMore);
  EXPECT_EQ(reader.Next(second).payload.size(), 125u);
  EXPECT_EQ(heap.live(), 1u);
  EXPECT_EQ(reader.Next(second).kind, Kind::kNeedMore);
  EXPECT_EQ(heap.live(), 0u);
}

TEST(MessageReaderMemoryTest, InflatedMessagesAreGivenBackByTheNextCall) {
  Inflater inflater(15, DeflateContext::kNone);
  MessageReader reader(Sender::kClient, kLimits, &inflater);
  for (const char* const payload : {"f2 48 cd c9 c9 07 00", "00"}) {
    const std::string sent = FromHex(payload);
    std::string stream = RawFrame({.rsv1 = true, .opcode = Opcode::kText, .masked = true}, sent);
    std::span<char> bytes(stream);
    const HeapUse heap;
    EXPECT_EQ(reader.Next(bytes).kind, Kind::kMessage);
    EXPECT_EQ(reader.Next(bytes).kind, Kind::kNeedMore);
    EXPECT_EQ(heap.live(), 0u);
  }
}

TEST(MessageReaderMemoryTest, AnErrorOrACloseGivesTheOpenMessageBack) {
  for (const char* const end : {"88 80 00000000", "ff ff 00000000"}) {
    MessageReader reader(Sender::kClient, kLimits);
    std::string start = RawFrame({.fin = false, .opcode = Opcode::kBinary, .masked = true}, std::string(5000, 'm'));
    std::string rest = FromHex(end);
    std::span<char> first(start);
    std::span<char> second(rest);
    const HeapUse heap;
    EXPECT_EQ(reader.Next(first).kind, Kind::kNeedMore);
    EXPECT_EQ(heap.live(), 1u);
    EXPECT_NE(reader.Next(second).kind, Kind::kNeedMore);
    EXPECT_EQ(heap.live(), 0u) << end;
  }
}

TEST(MessageReaderMemoryTest, ADeclaredLengthTakesNoneByItself) {
  MessageReader reader(Sender::kClient, kLimits);
  std::string stream = FromHex("82 ff 0000000004000000 01020304") + std::string(100, 'm');  // 64 MiB
  std::span<char> bytes(stream);
  const HeapUse heap;
  EXPECT_EQ(reader.Next(bytes).kind, Kind::kNeedMore);
  EXPECT_TRUE(bytes.empty());
  EXPECT_LT(heap.bytes(), 300u);
}

TEST(MessageReaderMemoryTest, GatheringALongMessageCopiesItAFewTimesAtMost) {
  constexpr std::size_t kSize = 16 << 20;
  MessageReader reader(Sender::kClient, kLimits);
  std::string stream = Client(Opcode::kBinary, std::string(kSize, 'm'));
  const HeapUse heap;
  Kind last = Kind::kNeedMore;
  for (std::span<char> rest(stream); !rest.empty();) {
    std::span<char> piece = rest.first(std::min<std::size_t>(rest.size(), 1000));
    rest = rest.subspan(piece.size());
    last = reader.Next(piece).kind;
  }
  EXPECT_EQ(last, Kind::kMessage);
  EXPECT_LT(heap.bytes(), 4 * kSize);
  EXPECT_LT(heap.calls(), 30u);
}

}  // namespace
}  // namespace viaduct::websocket
