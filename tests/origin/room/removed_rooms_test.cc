#include "origin/room/removed_rooms.h"

#include <gtest/gtest.h>

namespace viaduct::origin {
namespace {

TEST(RemovedRoomsTest, ARoomGoesOnBehindItsLastMessage) {
  RemovedRooms rooms(2);
  EXPECT_EQ(rooms.Take("a"), 0u);
  rooms.Remember("a", 7);
  EXPECT_EQ(rooms.Take("b"), 0u);
  EXPECT_EQ(rooms.Take("a"), 7u);
  EXPECT_EQ(rooms.Take("a"), 0u);  // it is there again, and remembers by itself
}

TEST(RemovedRoomsTest, NoNumberOfAForgottenRoomIsGivenAgain) {
  RemovedRooms rooms(2);
  rooms.Remember("a", 9);
  rooms.Remember("b", 3);
  rooms.Remember("c", 5);
  EXPECT_EQ(rooms.Take("a"), 9u);
  EXPECT_EQ(rooms.Take("other"), 9u);
  EXPECT_EQ(rooms.Take("b"), 3u);
  EXPECT_EQ(rooms.Take("c"), 5u);
  EXPECT_EQ(rooms.Take("c"), 9u);
}

TEST(RemovedRoomsTest, ARoomInWhichNothingWasSaidTakesNoPlace) {
  RemovedRooms rooms(1);
  rooms.Remember("a", 4);
  for (int i = 0; i < 10; ++i) rooms.Remember("b", 0);
  EXPECT_EQ(rooms.Take("a"), 4u);
}

}  // namespace
}  // namespace viaduct::origin
