#include "sidecar/thread/byte_queue.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>
#include <string>
#include <utility>

namespace viaduct::sidecar {
namespace {

TEST(ByteQueueTest, BytesComeOutAsTheyWentIn) {
  BlockPool pool(8);
  ByteQueue queue(&pool);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.room(), 8u);
  queue.Append("abcde");
  EXPECT_EQ(queue.view(), "abcde");
  EXPECT_EQ(queue.room(), 3u);
  queue.Consume(2);
  EXPECT_EQ(queue.view(), "cde");
  queue.Append("fghij");  // only fits when what is left moves to the front
  EXPECT_EQ(queue.view(), "cdefghij");
  EXPECT_EQ(queue.room(), 0u);
  queue.Consume(8);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.size(), 0u);
}

TEST(ByteQueueTest, PrepareGivesAllRoomAndCommitKeepsWhatWasWritten) {
  BlockPool pool(8);
  ByteQueue queue(&pool);
  queue.Append("abcd");
  queue.Consume(3);
  std::size_t room = 0;
  char* data = queue.Prepare(&room);
  ASSERT_EQ(room, 7u);
  std::memcpy(data, "efg", 3);
  queue.Commit(3);
  EXPECT_EQ(queue.view(), "defg");
}

TEST(ByteQueueTest, AFullQueuePreparesNothing) {
  BlockPool pool(4);
  ByteQueue queue(&pool);
  queue.Append("abcd");
  std::size_t room = 1;
  EXPECT_EQ(queue.Prepare(&room), nullptr);
  EXPECT_EQ(room, 0u);
}

TEST(ByteQueueTest, NothingAppendedTakesNoBlock) {
  BlockPool pool(4);
  ByteQueue queue(&pool);
  queue.Append("");
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.view().data(), nullptr);
}

// An empty queue holds no block: the next user gets the same one.
TEST(ByteQueueTest, AnEmptyQueueGivesItsBlockBack) {
  BlockPool pool(8);
  ByteQueue first(&pool);
  ByteQueue second(&pool);
  first.Append("abc");
  const char* block = first.view().data();
  first.Consume(3);
  second.Append("x");
  EXPECT_EQ(second.view().data(), block);
  second.Clear();
  std::size_t room;
  EXPECT_EQ(first.Prepare(&room), block);
  first.Commit(0);  // nothing came
  second.Append("y");
  EXPECT_EQ(second.view().data(), block);
}

TEST(ByteQueueTest, ASettledQueueHoldsNoBlock) {
  BlockPool pool(8);
  ByteQueue first(&pool);
  ByteQueue second(&pool);
  first.Append("abcd");
  first.Consume(1);
  const char* block = first.view().data() - 1;
  first.Settle();
  EXPECT_EQ(first.view(), "bcd");
  EXPECT_EQ(first.room(), 5u);
  second.Append("x");
  EXPECT_EQ(second.view().data(), block) << "the next user has it";
  first.Append("efghi");
  EXPECT_EQ(first.view(), "bcdefghi");
  EXPECT_NE(first.view().data(), block);
}

TEST(ByteQueueTest, ASettledQueueMayBeEmptiedAndFilledAgain) {
  BlockPool pool(8);
  ByteQueue queue(&pool);
  queue.Append("abcd");
  queue.Settle();
  queue.Settle();
  queue.Consume(2);
  EXPECT_EQ(queue.view(), "cd");
  queue.Consume(2);
  EXPECT_TRUE(queue.empty());
  queue.Settle();
  queue.Append("efghijkl");
  queue.Settle();  // too many
  EXPECT_EQ(queue.view(), "efghijkl");
}

TEST(ByteQueueTest, ADyingQueueGivesItsBlockBack) {
  BlockPool pool(8);
  auto queue = std::make_unique<ByteQueue>(&pool);
  queue->Append("abc");
  const char* block = queue->view().data();
  queue.reset();
  EXPECT_EQ(pool.Take().get(), block);
}

}  // namespace
}  // namespace viaduct::sidecar
