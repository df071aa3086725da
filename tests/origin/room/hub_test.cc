#include "origin/room/hub.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace viaduct::origin {
namespace {

constexpr net::Clock::time_point kNow{std::chrono::hours(1)};
constexpr std::uint64_t kKept = 3;

std::shared_ptr<Publication> Say(std::string text) {
  auto publication = std::make_shared<Publication>();
  publication->frames = text;
  publication->messages = 1;
  publication->echoes = std::make_shared<const std::string>(std::move(text));
  publication->count = 1;
  return publication;
}

Hub::Options Options(std::size_t workers) {
  return {.workers = workers,
          .max_waiting_bytes = 4000,
          .max_waiting_from_broker_bytes = 20000,
          .max_rooms = 3,
          .max_room_clients = 5,
          .history = {.max_messages = kKept, .max_bytes = 1 << 20, .max_age = std::chrono::seconds(10)},
          .max_all_history_bytes = 4 << 20};
}

std::string Texts(const Publications& ordered) {
  std::string all;
  for (const SharedPublication& publication : ordered) all += publication->frames + " ";
  return all;
}

std::string Texts(const std::vector<Hub::RoomPublications>& rooms) {
  std::string all;
  for (const Hub::RoomPublications& ordered : rooms) all += ordered.room->name() + ":" + Texts(ordered.publications);
  return all;
}

void NoWake(std::size_t) {}

TEST(HubTest, CountsClientsAndRecipientsApart) {
  Hub hub(Options(2), NoWake);
  Room* const room = hub.Join(0, "", std::nullopt, kNow).room;
  const Hub::Joined second = hub.Join(1, "", "", kNow);
  EXPECT_EQ(second.room, room);
  EXPECT_EQ(second.client_count, 2);
  EXPECT_EQ(room->recipients(Dialect::kPlain), 1);
  EXPECT_EQ(room->recipients(Dialect::kResuming), 1);
  hub.EndDelivery(room, Dialect::kPlain);
  EXPECT_EQ(room->client_count(), 2);
  EXPECT_EQ(room->recipients(Dialect::kPlain), 0);
  EXPECT_EQ(hub.Leave(0, room, Dialect::kPlain), 1);
  EXPECT_EQ(hub.client_count(), 1);
}

TEST(HubTest, RoomsCountForThemselves) {
  Hub hub(Options(1), NoWake);
  EXPECT_EQ(hub.Join(0, "", std::nullopt, kNow).client_count, 1);
  EXPECT_EQ(hub.Join(0, "a", std::nullopt, kNow).client_count, 1);
  EXPECT_EQ(hub.Join(0, "a", std::nullopt, kNow).client_count, 2);
  EXPECT_EQ(hub.client_count(), 3);
  EXPECT_EQ(hub.room_count(), 2u);
}

TEST(HubTest, APublicationGoesOnceToEveryOtherWorkerWithClientsInTheRoom) {
  std::vector<std::size_t> woken;
  Hub hub(Options(4), [&](std::size_t worker) { woken.push_back(worker); });
  Room* const room = hub.Join(0, "r", std::nullopt, kNow).room;
  hub.Join(1, "r", std::nullopt, kNow);
  hub.Join(2, "r", std::nullopt, kNow);
  hub.Join(3, "other", std::nullopt, kNow);
  EXPECT_EQ(hub.Publish(1, room, Say("a"), kNow).recipients, (std::array<int, 2>{3, 0}));
  EXPECT_EQ(woken, (std::vector<std::size_t>{0, 2}));
  EXPECT_EQ(Texts(hub.Take(0)), "r:a ");
  EXPECT_EQ(Texts(hub.Take(0)), "");
  EXPECT_EQ(Texts(hub.Take(1)), "");
  EXPECT_EQ(Texts(hub.Take(2)), "r:a ");
  EXPECT_EQ(Texts(hub.Take(3)), "");
}

TEST(HubTest, WhatOnlyResumingClientsHearGoesOnlyToTheirWorkers) {
  std::vector<std::size_t> woken;
  Hub hub(Options(3), [&](std::size_t worker) { woken.push_back(worker); });
  Room* const room = hub.Join(0, "", std::nullopt, kNow).room;
  hub.Join(1, "", std::nullopt, kNow);
  hub.Join(2, "", "", kNow);
  const auto unheard = Say("a");
  unheard->messages = 0;
  hub.Publish(0, room, unheard, kNow);
  EXPECT_EQ(woken, (std::vector<std::size_t>{2}));
}

TEST(HubTest, AWorkerIsWokenOnceForManyPublications) {
  std::vector<std::size_t> woken;
  Hub hub(Options(2), [&](std::size_t worker) { woken.push_back(worker); });
  Room* const a = hub.Join(1, "a", std::nullopt, kNow).room;
  Room* const b = hub.Join(1, "b", std::nullopt, kNow).room;
  hub.Publish(0, a, Say("1"), kNow);
  hub.Publish(0, b, Say("2"), kNow);
  hub.Publish(0, a, Say("3"), kNow);
  EXPECT_EQ(woken, (std::vector<std::size_t>{1}));
  EXPECT_EQ(Texts(hub.Take(1)), "a:1 3 b:2 ");
  hub.Publish(0, a, Say("4"), kNow);
  EXPECT_EQ(woken, (std::vector<std::size_t>{1, 1}));
}

TEST(HubTest, WhatWasOrderedBeforeComesBeforeTheOwnPublication) {
  Hub hub(Options(2), NoWake);
  Room* const room = hub.Join(0, "", std::nullopt, kNow).room;
  hub.Join(1, "", std::nullopt, kNow);
  hub.Publish(0, room, Say("a"), kNow);
  hub.Publish(0, room, Say("b"), kNow);
  EXPECT_EQ(Texts(hub.Publish(1, room, Say("c"), kNow).before), "a b ");
  EXPECT_EQ(Texts(hub.Take(0)), ":c ");
  EXPECT_EQ(Texts(hub.Take(1)), "");
}

TEST(HubTest, AJoinIsOrderedBetweenPublications) {
  Hub hub(Options(2), NoWake);
  Room* const room = hub.Join(0, "", std::nullopt, kNow).room;
  hub.Join(1, "", std::nullopt, kNow);
  hub.Publish(0, room, Say("before"), kNow);
  EXPECT_EQ(Texts(hub.Join(1, "", std::nullopt, kNow).before), "before ");
  hub.Publish(0, room, Say("after"), kNow);
  EXPECT_EQ(Texts(hub.Take(1)), ":after ");
}

TEST(HubTest, WhatAnOperatorSendsGoesToAllRooms) {
  Hub hub(Options(2), NoWake);
  hub.Join(0, "a", std::nullopt, kNow);
  hub.Join(1, "a", std::nullopt, kNow);
  hub.Join(1, "b", "", kNow);
  EXPECT_EQ(hub.PublishFromOutside(OperatorPublication("hi", 2)), 3);
  EXPECT_EQ(Texts(hub.Take(0)), "a:hi ");
  const std::string both = Texts(hub.Take(1));
  EXPECT_TRUE(both == "a:hi b:hi " || both == "b:hi a:hi ") << both;
}

TEST(HubTest, WhatWaitsForAWorkerGoesWithItsLastClientInTheRoom) {
  Hub hub(Options(2), NoWake);
  Room* const room = hub.Join(0, "", std::nullopt, kNow).room;
  hub.Join(1, "", std::nullopt, kNow);
  hub.Publish(0, room, Say(std::string(4000, 'x')), kNow);
  EXPECT_TRUE(hub.congested());
  hub.EndDelivery(room, Dialect::kPlain);
  hub.Leave(1, room, Dialect::kPlain);
  EXPECT_FALSE(hub.congested());
  EXPECT_EQ(Texts(hub.Take(1)), "");
}

TEST(HubTest, PublishersAreToldToPauseUntilTheSlowestHasTaken) {
  std::vector<std::size_t> woken;
  Hub hub(Options(3), [&](std::size_t worker) { woken.push_back(worker); });
  Room* const room = hub.Join(0, "", std::nullopt, kNow).room;
  hub.Join(1, "", std::nullopt, kNow);
  hub.Join(2, "", std::nullopt, kNow);
  hub.Publish(0, room, Say(std::string(1000, 'x')), kNow);
  EXPECT_FALSE(hub.congested());
  hub.Publish(0, room, Say(std::string(1000, 'x')), kNow);
  EXPECT_TRUE(hub.congested());
  hub.Take(1);
  EXPECT_TRUE(hub.congested());
  woken.clear();
  hub.Take(2);
  EXPECT_FALSE(hub.congested());
  EXPECT_EQ(woken, (std::vector<std::size_t>{0, 1}));
}

// ---- From a broker.

std::shared_ptr<Publication> Told(std::string text) {
  auto publication = Say(std::move(text));
  publication->sent.resize(1);
  return publication;
}

TEST(HubTest, WhatABrokerTellsGoesToTheRoomsWorkers) {
  Hub hub(Options(3), NoWake);
  hub.Join(0, "r", std::nullopt, kNow);
  hub.Join(1, "r", "", kNow);
  hub.Join(2, "other", std::nullopt, kNow);
  hub.PublishFromOutside("r", Told("a"));
  hub.PublishFromOutside("nobody is here", Told("b"));
  EXPECT_EQ(Texts(hub.Take(0)), "r:a ");
  EXPECT_EQ(Texts(hub.Take(1)), "r:a ");
  EXPECT_EQ(Texts(hub.Take(2)), "");
}

TEST(HubTest, ClientsElsewhereAreCountedInRoomsToCome) {
  Hub hub(Options(1), NoWake);
  hub.SetRemoteClients("r", 4, {});
  const Hub::Joined joined = hub.Join(0, "r", std::nullopt, kNow);
  EXPECT_EQ(joined.client_count, 5);
  EXPECT_EQ(hub.LocalClients("r"), 1);
  hub.SetRemoteClients("r", 2, {});
  EXPECT_EQ(joined.room->client_count(), 3);
  hub.EndDelivery(joined.room, Dialect::kPlain);
  EXPECT_EQ(hub.Leave(0, joined.room, Dialect::kPlain), 2);
  EXPECT_EQ(hub.room_count(), 0u);
  hub.SetRemoteClients("r", 0, {});
  EXPECT_EQ(hub.Join(0, "r", std::nullopt, kNow).client_count, 1);
}

TEST(HubTest, OverTheBoundWhatABrokerTellsIsLostAndThatIsTold) {
  std::vector<std::size_t> woken;
  Hub hub(Options(2), [&](std::size_t worker) { woken.push_back(worker); });
  hub.Join(0, "r", std::nullopt, kNow);
  hub.Join(0, "other", std::nullopt, kNow);
  hub.PublishFromOutside("r", Told("first"));
  for (int i = 0; i < 100; ++i) hub.PublishFromOutside("r", Told(std::string(1000, 'x')));
  hub.PublishFromOutside("other", Told("heard"));
  EXPECT_FALSE(hub.congested());
  EXPECT_FALSE(woken.empty());
  // A client that joins now learns of the loss too: it would miss what came since.
  EXPECT_EQ(Texts(hub.Join(0, "r", "", kNow).before), "");
  const std::vector<Hub::RoomPublications> taken = hub.Take(0);
  ASSERT_EQ(taken.size(), 2u);
  EXPECT_TRUE(taken[0].lost);
  EXPECT_FALSE(taken[1].lost);
  EXPECT_EQ(Texts(taken[1].publications), "heard ");
  hub.PublishFromOutside("r", Told("again"));
  EXPECT_EQ(Texts(hub.Take(0)), "r:again ");
}

TEST(HubTest, WhatIsLostGoesWithTheLastClient) {
  Hub hub(Options(1), NoWake);
  Room* const room = hub.Join(0, "r", std::nullopt, kNow).room;
  for (int i = 0; i < 100; ++i) hub.PublishFromOutside("r", Told(std::string(1000, 'x')));
  hub.EndDelivery(room, Dialect::kPlain);
  hub.Leave(0, room, Dialect::kPlain);
  hub.Join(0, "r", std::nullopt, kNow);
  hub.PublishFromOutside("r", Told("again"));
  EXPECT_EQ(Texts(hub.Take(0)), "r:again ");
}

// ---- Bounds.

TEST(HubTest, ARoomTakesNoMoreClientsThanAllowed) {
  Hub hub(Options(1), NoWake);
  Room* room = nullptr;
  for (int i = 0; i < 5; ++i) room = hub.Join(0, "r", std::nullopt, kNow).room;
  EXPECT_EQ(hub.Join(0, "r", std::nullopt, kNow).refusal, Hub::Refusal::kRoomFull);
  EXPECT_EQ(room->client_count(), 5);
  hub.EndDelivery(room, Dialect::kPlain);
  hub.Leave(0, room, Dialect::kPlain);
  EXPECT_FALSE(hub.Join(0, "r", std::nullopt, kNow).refusal.has_value());
}

TEST(HubTest, RoomsAreBoundedAndEmptyOnesGiveWay) {
  Hub hub(Options(1), NoWake);
  Room* const a = hub.Join(0, "a", std::nullopt, kNow).room;
  hub.Join(0, "b", std::nullopt, kNow);
  hub.Join(0, "c", std::nullopt, kNow);
  EXPECT_EQ(hub.Join(0, "d", std::nullopt, kNow).refusal, Hub::Refusal::kTooManyRooms);
  EXPECT_FALSE(hub.Join(0, "b", std::nullopt, kNow).refusal.has_value());
  hub.Publish(0, a, Say("x"), kNow);
  hub.EndDelivery(a, Dialect::kPlain);
  hub.Leave(0, a, Dialect::kPlain);
  EXPECT_EQ(hub.room_count(), 3u);  // for its history
  EXPECT_FALSE(hub.Join(0, "d", std::nullopt, kNow).refusal.has_value());
  EXPECT_EQ(hub.room_count(), 3u);
}

TEST(HubTest, ARoomGoesWithItsLastClientOrWhenItsHistoryIsTooOld) {
  Hub hub(Options(1), NoWake);
  Room* room = hub.Join(0, "", std::nullopt, kNow).room;
  hub.EndDelivery(room, Dialect::kPlain);
  hub.Leave(0, room, Dialect::kPlain);
  EXPECT_EQ(hub.room_count(), 0u);

  room = hub.Join(0, "", std::nullopt, kNow).room;
  hub.Publish(0, room, Say("x"), kNow);
  hub.EndDelivery(room, Dialect::kPlain);
  hub.Leave(0, room, Dialect::kPlain);
  hub.Sweep(kNow + std::chrono::seconds(10));
  EXPECT_EQ(hub.room_count(), 1u);
  EXPECT_GT(hub.history_bytes(), 0u);
  hub.Sweep(kNow + std::chrono::seconds(10) + std::chrono::nanoseconds(1));
  EXPECT_EQ(hub.room_count(), 0u);
  EXPECT_EQ(hub.history_bytes(), 0u);
}

TEST(HubTest, OverTheBoundOfAllTheRoomThatIsSilentForLongestLosesItsHistory) {
  Hub::Options options = Options(1);
  options.max_all_history_bytes = 25000;
  Hub hub(options, NoWake);
  Room* const a = hub.Join(0, "a", "", kNow).room;
  Room* const b = hub.Join(0, "b", "", kNow).room;
  hub.Publish(0, a, Say(std::string(10000, 'a')), kNow);
  hub.Publish(0, b, Say(std::string(10000, 'b')), kNow);
  hub.Publish(0, a, Say("a"), kNow);
  hub.Publish(0, a, Say(std::string(10000, 'a')), kNow);
  EXPECT_LE(hub.history_bytes(), 25000u);
  EXPECT_EQ(hub.Join(0, "a", "other-1", kNow).missed.size(), 3u);
  EXPECT_EQ(hub.Join(0, "b", "other-1", kNow).missed.size(), 0u);
}

// ---- Resuming.

std::string Position(const Hub::Joined& joined) {
  Places::Buffer buffer;
  return std::string(Places::Write(joined.epoch, joined.position, &buffer));
}

std::string Missed(const Hub::Joined& joined) {
  std::string all;
  for (const History::Slice& slice : joined.missed) all += std::to_string(slice.first) + *slice.echoes + " ";
  return all;
}

TEST(HubTest, WhoResumesGetsExactlyWhatItMissed) {
  Hub hub(Options(2), NoWake);
  const Hub::Joined first = hub.Join(0, "", "", kNow);
  EXPECT_EQ(first.resume, Resume::kNew);
  EXPECT_EQ(first.position, 0u);
  hub.Publish(0, first.room, Say("a"), kNow);
  hub.Publish(0, first.room, Say("b"), kNow);
  const Hub::Joined fresh = hub.Join(1, "", "", kNow);
  EXPECT_EQ(fresh.position, 2u);
  EXPECT_EQ(Missed(fresh), "");
  hub.Publish(0, first.room, Say("c"), kNow);

  const Hub::Joined all = hub.Join(1, "", Position(first), kNow);
  EXPECT_EQ(all.resume, Resume::kComplete);
  EXPECT_EQ(Position(all), Position(first));
  EXPECT_EQ(Missed(all), "1a 2b 3c ");
  EXPECT_EQ(Texts(all.before), "c ");
  const Hub::Joined some = hub.Join(1, "", Position(fresh), kNow);
  EXPECT_EQ(some.resume, Resume::kComplete);
  EXPECT_EQ(Missed(some), "3c ");
}

TEST(HubTest, AGapIsTold) {
  Hub hub(Options(1), NoWake);
  const Hub::Joined first = hub.Join(0, "", "", kNow);
  for (const char* text : {"a", "b", "c", "d"}) hub.Publish(0, first.room, Say(text), kNow);
  const Hub::Joined gap = hub.Join(0, "", Position(first), kNow);
  EXPECT_EQ(gap.resume, Resume::kGap);
  EXPECT_EQ(gap.position, 1u);
  EXPECT_EQ(Missed(gap), "2b 3c 4d ");
}

TEST(HubTest, APositionOfNoneOfOursIsAGap) {
  Hub hub(Options(1), NoWake);
  const Hub::Joined first = hub.Join(0, "", "", kNow);
  hub.Publish(0, first.room, Say("a"), kNow);
  const std::string position = Position(first);
  const std::string epoch = position.substr(0, position.find('-'));
  for (const std::string& since :
       {std::string("0"), std::string("x-0"), epoch, epoch + "-", epoch + "-x", epoch + "-00", epoch + "-1x",
        epoch + "-2", epoch + "-99999999999999999999", "0" + position, std::string("1700000000000-0")}) {
    const Hub::Joined joined = hub.Join(0, "", since, kNow);
    EXPECT_EQ(joined.resume, Resume::kGap) << since;
    EXPECT_EQ(joined.position, 0u) << since;
    EXPECT_EQ(Missed(joined), "1a ") << since;
    hub.EndDelivery(joined.room, Dialect::kResuming);
    hub.Leave(0, joined.room, Dialect::kResuming);
  }
}

TEST(HubTest, TooOldMessagesAreNotReplayed) {
  Hub hub(Options(1), NoWake);
  const Hub::Joined first = hub.Join(0, "", "", kNow);
  hub.Publish(0, first.room, Say("a"), kNow);
  hub.Publish(0, first.room, Say("b"), kNow + std::chrono::seconds(5));
  const Hub::Joined joined = hub.Join(0, "", Position(first), kNow + std::chrono::seconds(11));
  EXPECT_EQ(joined.resume, Resume::kGap);
  EXPECT_EQ(Missed(joined), "2b ");
}

void LeaveRoom(Hub* hub, Room* room) {
  hub->EndDelivery(room, Dialect::kResuming);
  hub->Leave(0, room, Dialect::kResuming);
}

TEST(HubTest, ARoomThatForgotWhatWasSaidKnowsWhoHeardItAll) {
  Hub hub(Options(1), NoWake);
  const Hub::Joined first = hub.Join(0, "", "", kNow);
  hub.Publish(0, first.room, Say("a"), kNow);
  const Hub::Joined heard = hub.Join(0, "", "", kNow);
  LeaveRoom(&hub, heard.room);
  LeaveRoom(&hub, first.room);
  hub.Sweep(kNow + std::chrono::seconds(11));
  ASSERT_EQ(hub.room_count(), 0u);
  const auto later = kNow + std::chrono::seconds(11);
  EXPECT_EQ(hub.Join(0, "", Position(heard), later).resume, Resume::kComplete);
  const Hub::Joined gap = hub.Join(0, "", Position(first), later);
  EXPECT_EQ(gap.resume, Resume::kGap);
  hub.Publish(0, gap.room, Say("b"), later);
  EXPECT_EQ(Missed(hub.Join(0, "", Position(heard), later)), "2b ");
}

TEST(HubTest, ARoomInWhichNothingWasSaidIsResumedInThoughItHadGone) {
  Hub hub(Options(1), NoWake);
  const Hub::Joined first = hub.Join(0, "a", "", kNow);
  LeaveRoom(&hub, first.room);
  ASSERT_EQ(hub.room_count(), 0u);
  const Hub::Joined other = hub.Join(0, "b", Position(first), kNow);
  EXPECT_EQ(other.resume, Resume::kGap);
  EXPECT_NE(other.epoch, first.epoch);
  const Hub::Joined second = hub.Join(0, "a", std::nullopt, kNow);
  hub.Publish(0, second.room, Say("x"), kNow);
  const Hub::Joined back = hub.Join(0, "a", Position(first), kNow);
  EXPECT_EQ(back.resume, Resume::kComplete);
  EXPECT_EQ(Missed(back), "1x ");
}

TEST(HubTest, WithoutHistoryOnlyWhoMissedNothingIsComplete) {
  Hub::Options options = Options(1);
  options.history.max_messages = 0;
  Hub hub(options, NoWake);
  const Hub::Joined first = hub.Join(0, "", "", kNow);
  EXPECT_EQ(hub.Join(0, "", Position(first), kNow).resume, Resume::kComplete);
  hub.Publish(0, first.room, Say("a"), kNow);
  const Hub::Joined gap = hub.Join(0, "", Position(first), kNow);
  EXPECT_EQ(gap.resume, Resume::kGap);
  EXPECT_EQ(gap.position, 1u);
  EXPECT_EQ(hub.history_bytes(), 0u);
}

// Every worker must see every publication once, all in one order, however threads interleave.
TEST(HubTest, AllWorkersSeeOneOrder) {
  constexpr std::size_t kWorkers = 4;
  constexpr int kEach = 2000;
  Hub hub(Options(kWorkers), NoWake);
  Room* room = nullptr;
  for (std::size_t worker = 0; worker < kWorkers; ++worker) room = hub.Join(worker, "", std::nullopt, kNow).room;
  std::vector<std::string> seen(kWorkers);
  const auto see = [&](std::size_t worker, const Publications& ordered) {
    for (const SharedPublication& publication : ordered) seen[worker] += publication->frames;
  };
  const auto take = [&](std::size_t worker) {
    for (const Hub::RoomPublications& ordered : hub.Take(worker)) see(worker, ordered.publications);
  };
  std::vector<std::thread> threads;
  for (std::size_t worker = 0; worker < kWorkers; ++worker) {
    threads.emplace_back([&, worker] {
      for (int i = 0; i < kEach; ++i) {
        const std::string text = std::to_string(worker) + ":" + std::to_string(i) + " ";
        see(worker, hub.Publish(worker, room, Say(text), kNow).before);
        seen[worker] += text;
        if (i % 3 == 0) take(worker);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t worker = 0; worker < kWorkers; ++worker) take(worker);
  for (std::size_t worker = 1; worker < kWorkers; ++worker) EXPECT_TRUE(seen[worker] == seen[0]) << worker;
  EXPECT_EQ(std::count(seen[0].begin(), seen[0].end(), ' '), static_cast<int>(kWorkers) * kEach);
}

}  // namespace
}  // namespace viaduct::origin
