#include "origin/broker/redis/room/room_stream.h"

#include <gtest/gtest.h>

#include <string>

namespace viaduct::origin {
namespace {

RoomEntry Entry(std::uint64_t id, std::uint64_t previous, const std::string& task, std::uint64_t number) {
  RoomEntry entry;
  entry.id = {.millis = id, .sequence = 0};
  entry.previous = {.millis = previous, .sequence = 0};
  entry.task = task;
  entry.number = number;
  return entry;
}

TEST(RoomStreamTest, AChainHasNoHoles) {
  RoomStream stream("me");
  EXPECT_FALSE(stream.started());
  stream.StartAt({.millis = 10, .sequence = 0});
  EXPECT_TRUE(stream.started());
  const RoomEntry next = Entry(11, 10, "a", 1);
  EXPECT_TRUE(stream.Follows(next));
  EXPECT_TRUE(stream.Take(next));
  EXPECT_FALSE(stream.Follows(Entry(13, 12, "a", 3)));
  EXPECT_TRUE(stream.Follows(Entry(12, 11, "a", 2)));
}

TEST(RoomStreamTest, NothingIsDeliveredTwiceWhateverItsId) {
  RoomStream stream("me");
  stream.StartAt({});
  EXPECT_TRUE(stream.Take(Entry(5, 0, "a", 1)));
  EXPECT_FALSE(stream.Take(Entry(5, 0, "a", 1)));
  // The same message under another id, as in a Redis that had lost it and got it again.
  EXPECT_FALSE(stream.Take(Entry(6, 5, "a", 1)));
  EXPECT_TRUE(stream.Take(Entry(7, 6, "b", 1)));
  EXPECT_TRUE(stream.Take(Entry(8, 7, "a", 2)));
}

TEST(RoomStreamTest, WhatWasThereBeforeIsOldButForOurs) {
  RoomStream stream("me");
  stream.StartAt({.millis = 10, .sequence = 0});
  EXPECT_FALSE(stream.Take(Entry(9, 8, "a", 7)));
  EXPECT_TRUE(stream.Take(Entry(9, 8, "me", 7)));
  EXPECT_EQ(stream.last().millis, 10u);
}

TEST(RoomStreamTest, OursThatWereDeliveredWithoutTheStreamArePassedOver) {
  RoomStream stream("me");
  stream.StartAt({});
  stream.DeliveredOwn(2);
  EXPECT_FALSE(stream.Take(Entry(1, 0, "me", 1)));
  EXPECT_FALSE(stream.Take(Entry(2, 1, "me", 2)));
  EXPECT_TRUE(stream.Take(Entry(3, 2, "me", 3)));
  EXPECT_EQ(stream.last().millis, 3u);
}

TEST(RoomStreamTest, AnotherStreamMayBeginBeforeWhereWeStood) {
  RoomStream stream("me");
  stream.StartAt({.millis = 10, .sequence = 0});
  EXPECT_TRUE(stream.Take(Entry(11, 10, "a", 1)));
  stream.StartAt({.millis = 2, .sequence = 0});
  EXPECT_TRUE(stream.Take(Entry(3, 2, "a", 2)));
  EXPECT_TRUE(stream.Take(Entry(4, 3, "b", 1)));
}

TEST(RoomStreamTest, RemembersABoundedNumberOfTasksAndItselfAlways) {
  RoomStream stream("me");
  stream.StartAt({});
  EXPECT_TRUE(stream.Take(Entry(1, 0, "me", 1)));
  for (std::uint64_t i = 2; i < 1000; ++i) EXPECT_TRUE(stream.Take(Entry(i, i - 1, std::to_string(i), 1)));
  EXPECT_FALSE(stream.Take(Entry(1, 0, "me", 1)));
  EXPECT_FALSE(stream.Take(Entry(999, 998, "999", 1)));
}

}  // namespace
}  // namespace viaduct::origin
