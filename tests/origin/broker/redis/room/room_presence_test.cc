#include "origin/broker/redis/room/room_presence.h"

#include <gtest/gtest.h>

#include <chrono>

namespace viaduct::origin {
namespace {

using std::chrono::seconds;
using Due = RoomPresence::Due;

const net::Clock::time_point kStart{seconds(100)};

int Count(const std::optional<RoomPresence::Clients>& clients) { return clients ? clients->clients : -1; }

TEST(RoomPresenceTest, SaysNewsAtOnceAndTheSameThreeTimesAsOftenAsItHolds) {
  RoomPresence presence(seconds(15));
  EXPECT_EQ(presence.due(kStart), Due::kChanged);
  presence.SetHere(2, {});
  presence.Announced(kStart);
  EXPECT_EQ(presence.due(kStart + seconds(5) - net::Clock::duration(1)), Due::kNot);
  EXPECT_EQ(presence.due(kStart + seconds(5)), Due::kAgain);
  presence.SetHere(3, {});
  EXPECT_EQ(presence.due(kStart), Due::kChanged);
  presence.Announced(kStart);
  presence.ForgetAnnounced();
  EXPECT_EQ(presence.due(kStart), Due::kChanged);
}

TEST(RoomPresenceTest, TheSumIsToldWhenItChanges) {
  RoomPresence presence(seconds(15));
  EXPECT_EQ(presence.RemoteClientsIfChanged(kStart), std::nullopt);
  presence.Note({.task = "a", .clients = 2, .millis = 15'000}, kStart);
  presence.Note({.task = "b", .clients = 3, .millis = 15'000}, kStart);
  EXPECT_EQ(Count(presence.RemoteClientsIfChanged(kStart)), 5);
  EXPECT_EQ(presence.RemoteClientsIfChanged(kStart), std::nullopt);
  presence.Note({.task = "b", .clients = 0, .millis = 15'000}, kStart);
  EXPECT_EQ(Count(presence.RemoteClientsIfChanged(kStart)), 2);
}

TEST(RoomPresenceTest, ATaskThatSaysNothingMoreExpires) {
  RoomPresence presence(seconds(15));
  presence.Note({.task = "a", .clients = 2, .millis = 4'000}, kStart);
  EXPECT_EQ(Count(presence.RemoteClientsIfChanged(kStart + seconds(4) - net::Clock::duration(1))), 2);
  EXPECT_EQ(Count(presence.RemoteClientsIfChanged(kStart + seconds(4))), 0);
}

TEST(RoomPresenceTest, AnAnswerDoesNotUndoWhatWasSaidSinceTheQuestion) {
  RoomPresence presence(seconds(15));
  const PresenceAnnouncement old_a{.task = "a", .clients = 1, .millis = 15'000};
  const PresenceAnnouncement old_b{.task = "b", .clients = 1, .millis = 15'000};
  presence.Note({.task = "gone", .clients = 7, .millis = 15'000}, kStart);
  presence.Note({.task = "a", .clients = 5, .millis = 15'000}, kStart + seconds(2));
  presence.Note({.task = "b", .clients = 0, .millis = 15'000}, kStart + seconds(2));
  presence.NoteAll({old_a, old_b}, kStart + seconds(1), kStart + seconds(3));
  EXPECT_EQ(Count(presence.RemoteClientsIfChanged(kStart + seconds(3))), 5);
}

TEST(RoomPresenceTest, PeopleOfAllTasksAreTold) {
  RoomPresence presence(seconds(15));
  const Person ada{.id = {}, .name = "Ada"};
  presence.Note({.task = "a", .clients = 2, .millis = 15'000, .people = {ada}}, kStart);
  presence.Note({.task = "b", .clients = 1, .millis = 15'000}, kStart);
  EXPECT_EQ(presence.RemoteClientsIfChanged(kStart), (RoomPresence::Clients{.clients = 3, .people = {ada}}));
  presence.Note({.task = "a", .clients = 2, .millis = 15'000}, kStart);
  EXPECT_EQ(presence.RemoteClientsIfChanged(kStart), (RoomPresence::Clients{.clients = 3}));
}

}  // namespace
}  // namespace viaduct::origin
