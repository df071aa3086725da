#include "origin/room/history.h"

#include <gtest/gtest.h>

#include <chrono>
#include <memory>
#include <string>

namespace viaduct::origin {
namespace {

constexpr net::Clock::time_point kNow{std::chrono::hours(1)};

History::Limits Limits() { return {.max_messages = 10, .max_bytes = 1 << 20, .max_age = std::chrono::seconds(60)}; }

std::shared_ptr<const std::string> Batch(std::string text) {
  return std::make_shared<const std::string>(std::move(text));
}

// Returns "text+skip:first-last " for each slice.
std::string Text(const std::vector<History::Slice>& slices) {
  std::string all;
  for (const History::Slice& slice : slices) {
    all += *slice.echoes + "+" + std::to_string(slice.skip) + ":" + std::to_string(slice.first) + "-" +
           std::to_string(slice.first + slice.count - 1) + " ";
  }
  return all;
}

TEST(HistoryTest, TellsWhatCameAfterANumber) {
  History history;
  EXPECT_TRUE(history.empty());
  history.Add(Limits(), Batch("a"), 1, 3, kNow);
  history.Add(Limits(), Batch("b"), 4, 2, kNow);
  EXPECT_EQ(history.oldest(), 1u);
  EXPECT_EQ(Text(history.After(0)), "a+0:1-3 b+0:4-5 ");
  EXPECT_EQ(Text(history.After(2)), "a+2:3-3 b+0:4-5 ");
  EXPECT_EQ(Text(history.After(3)), "b+0:4-5 ");
  EXPECT_EQ(Text(history.After(5)), "");
}

TEST(HistoryTest, KeepsExactlySoManyMessages) {
  History history;
  history.Add(Limits(), Batch("a"), 1, 6, kNow);
  history.Add(Limits(), Batch("b"), 7, 6, kNow);
  EXPECT_EQ(history.oldest(), 3u);
  EXPECT_EQ(Text(history.After(0)), "a+2:3-6 b+0:7-12 ");
  history.Add(Limits(), Batch("c"), 13, 4, kNow);
  EXPECT_EQ(Text(history.After(0)), "b+0:7-12 c+0:13-16 ");
  history.Add(Limits(), Batch("d"), 17, 25, kNow);
  EXPECT_EQ(Text(history.After(0)), "d+15:32-41 ");
}

TEST(HistoryTest, KeepsNoMoreBytesThanAllowed) {
  History::Limits limits = Limits();
  limits.max_bytes = 3000;
  History history;
  std::uint64_t next = 1;
  for (int i = 0; i < 100; ++i) {
    history.Add(limits, Batch(std::string(900, 'x')), next++, 1, kNow);
    EXPECT_LE(history.bytes(), limits.max_bytes);
  }
  EXPECT_EQ(history.oldest(), 98u);
  // A message that is larger than the limit is not kept, nor anything before it.
  history.Add(limits, Batch(std::string(3001, 'x')), next++, 1, kNow);
  EXPECT_TRUE(history.empty());
  EXPECT_EQ(history.bytes(), 0u);
}

TEST(HistoryTest, KeepsNothingLongerThanAllowed) {
  History history;
  history.Add(Limits(), Batch("a"), 1, 1, kNow);
  history.Add(Limits(), Batch("b"), 2, 1, kNow + std::chrono::seconds(30));
  history.Age(Limits(), kNow + std::chrono::seconds(60));
  EXPECT_EQ(history.oldest(), 1u);
  history.Age(Limits(), kNow + std::chrono::seconds(60) + std::chrono::nanoseconds(1));
  EXPECT_EQ(Text(history.After(0)), "b+0:2-2 ");
  history.Add(Limits(), Batch("c"), 3, 1, kNow + std::chrono::seconds(91));
  EXPECT_EQ(Text(history.After(0)), "c+0:3-3 ");
  history.Age(Limits(), kNow + std::chrono::seconds(200));
  EXPECT_TRUE(history.empty());
}

TEST(HistoryTest, ZeroMessagesKeepNothing) {
  History history;
  History::Limits limits = Limits();
  limits.max_messages = 0;
  history.Add(limits, Batch("a"), 1, 1, kNow);
  EXPECT_TRUE(history.empty());
}

}  // namespace
}  // namespace viaduct::origin
