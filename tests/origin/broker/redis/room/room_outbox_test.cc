#include "origin/broker/redis/room/room_outbox.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace viaduct::origin {
namespace {

using Numbers = std::vector<std::uint64_t>;

const net::Clock::time_point kStart{std::chrono::seconds(100)};

RoomMessage Message(const std::string& text) {
  return {.room = "r", .sender = Uuid(), .id = "t-1", .text = text, .position = ""};
}

Numbers Batch(RoomOutbox* outbox, std::size_t messages = 100, std::size_t bytes = 1'000'000) {
  Numbers numbers;
  for (const RoomOutbox::Waiting* one : outbox->NextBatch(messages, bytes)) numbers.push_back(one->number);
  return numbers;
}

struct Filled {
  explicit Filled(std::uint64_t count) : outbox(&total) {
    for (std::uint64_t i = 1; i <= count; ++i) outbox.Push(i, kStart + std::chrono::seconds(i), Message("x"));
  }
  RoomOutbox::Total total;
  RoomOutbox outbox;
};

TEST(RoomOutboxTest, OneBatchIsUnderWayAtATime) {
  Filled f(5);
  EXPECT_EQ(Batch(&f.outbox, 3), (Numbers{1, 2, 3}));
  EXPECT_EQ(Batch(&f.outbox, 3), Numbers());
  f.outbox.Appended(3);
  EXPECT_EQ(Batch(&f.outbox, 3), (Numbers{4, 5}));
  f.outbox.Unanswered();
  EXPECT_EQ(Batch(&f.outbox, 3), (Numbers{4, 5}));
}

TEST(RoomOutboxTest, WhatTheStreamToldNeedsNoAnswerButHoldsBackTheNextBatch) {
  Filled f(5);
  EXPECT_EQ(Batch(&f.outbox, 3), (Numbers{1, 2, 3}));
  f.outbox.Arrived(3);
  EXPECT_EQ(f.outbox.size(), 2u);
  EXPECT_EQ(Batch(&f.outbox), Numbers());
  f.outbox.Unanswered();
  EXPECT_EQ(Batch(&f.outbox), (Numbers{4, 5}));
}

TEST(RoomOutboxTest, AMessageGoesWhenItIsAppendedAndDelivered) {
  Filled f(3);
  f.outbox.Appended(2);
  EXPECT_EQ(f.outbox.size(), 3u);
  f.outbox.Delivered(1);
  EXPECT_EQ(f.outbox.size(), 2u);
  f.outbox.Delivered(3);
  EXPECT_EQ(f.outbox.size(), 1u);
  f.outbox.Appended(3);
  EXPECT_TRUE(f.outbox.empty());
  EXPECT_EQ(f.total.bytes, 0u);
  EXPECT_EQ(f.total.messages, 0u);
}

TEST(RoomOutboxTest, ABatchIsBoundedButNeverEmpty) {
  RoomOutbox::Total total;
  RoomOutbox outbox(&total);
  outbox.Push(1, kStart, Message(std::string(1000, 'x')));
  outbox.Push(2, kStart, Message("y"));
  EXPECT_EQ(Batch(&outbox, 100, 10), Numbers{1});
}

TEST(RoomOutboxTest, WhatIsTakenUndeliveredIsTakenOnce) {
  Filled f(3);
  f.outbox.Delivered(1);
  EXPECT_EQ(f.outbox.undelivered_since(), kStart + std::chrono::seconds(2));
  EXPECT_EQ(f.outbox.TakeUndelivered().size(), 2u);
  EXPECT_EQ(f.outbox.undelivered_since(), std::nullopt);
  EXPECT_TRUE(f.outbox.TakeUndelivered().empty());
  EXPECT_EQ(Batch(&f.outbox), (Numbers{1, 2, 3}));
}

TEST(RoomOutboxTest, DropsTheOldestOfWhatWasDelivered) {
  Filled f(10);
  EXPECT_EQ(f.outbox.DropOldest(1), 0u);
  f.outbox.Delivered(4);
  EXPECT_EQ(f.outbox.DropOldest(1), 1u);
  EXPECT_EQ(f.outbox.DropOldest(1'000'000), 3u);
  EXPECT_EQ(f.outbox.size(), 6u);
  EXPECT_EQ(f.total.messages, 6u);
  EXPECT_EQ(f.total.bytes, f.outbox.bytes());
}

}  // namespace
}  // namespace viaduct::origin
