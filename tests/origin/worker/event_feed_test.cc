#include "origin/worker/event_feed.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <variant>

namespace viaduct::origin {
namespace {

ChatEvent Message(std::uint64_t bytes) {
  return {.kind = ChatEvent::Kind::kMessage, .time = {}, .id = {}, .bytes = bytes};
}

// Returns "event 3", "dropped 2", "timed out" or "ended".
std::string Next(EventFeed::Watcher* watcher) {
  const EventFeed::Update update = watcher->Next(net::Clock::now());
  if (const auto* event = std::get_if<ChatEvent>(&update)) return "event " + std::to_string(event->bytes);
  if (const auto* dropped = std::get_if<EventFeed::Dropped>(&update)) {
    return "dropped " + std::to_string(dropped->events);
  }
  return std::holds_alternative<EventFeed::Ended>(update) ? "ended" : "timed out";
}

TEST(EventFeedTest, AWatcherSeesWhatHappensFromNowOn) {
  EventFeed feed(4, 10);
  feed.Publish(Message(1));
  const auto watcher = feed.Watch(ChatEventKinds::All());
  feed.Publish(Message(2));
  feed.Publish(Message(3));
  EXPECT_EQ(Next(watcher.get()), "event 2");
  EXPECT_EQ(Next(watcher.get()), "event 3");
  EXPECT_EQ(Next(watcher.get()), "timed out");
}

TEST(EventFeedTest, OnlyTheKindsAskedFor) {
  EventFeed feed(4, 10);
  ChatEventKinds kinds;
  kinds.Add(ChatEvent::Kind::kDisconnected);
  const auto watcher = feed.Watch(kinds);
  feed.Publish(Message(1));
  feed.Publish({.kind = ChatEvent::Kind::kDisconnected, .time = {}, .id = {}, .bytes = 2});
  EXPECT_EQ(Next(watcher.get()), "event 2");
  EXPECT_EQ(Next(watcher.get()), "timed out");
}

TEST(EventFeedTest, ASlowWatcherIsToldHowManyItMissedAndWhere) {
  EventFeed feed(4, 2);
  const auto watcher = feed.Watch(ChatEventKinds::All());
  for (std::uint64_t i = 1; i <= 5; ++i) feed.Publish(Message(i));
  EXPECT_EQ(feed.dropped_events(), 3u);
  EXPECT_EQ(Next(watcher.get()), "event 1");
  feed.Publish(Message(6));
  EXPECT_EQ(Next(watcher.get()), "event 2");
  EXPECT_EQ(Next(watcher.get()), "dropped 3");
  EXPECT_EQ(Next(watcher.get()), "event 6");
  EXPECT_EQ(Next(watcher.get()), "timed out");
}

TEST(EventFeedTest, MissedEventsAreToldAlsoWhenNoneFollows) {
  EventFeed feed(4, 1);
  const auto watcher = feed.Watch(ChatEventKinds::All());
  for (std::uint64_t i = 1; i <= 3; ++i) feed.Publish(Message(i));
  EXPECT_EQ(Next(watcher.get()), "event 1");
  EXPECT_EQ(Next(watcher.get()), "dropped 2");
  EXPECT_EQ(Next(watcher.get()), "timed out");
}

TEST(EventFeedTest, OneSlowWatcherDoesNotCostTheOthers) {
  EventFeed feed(4, 2);
  const auto slow = feed.Watch(ChatEventKinds::All());
  const auto quick = feed.Watch(ChatEventKinds::All());
  for (std::uint64_t i = 1; i <= 100; ++i) {
    feed.Publish(Message(i));
    EXPECT_EQ(Next(quick.get()), "event " + std::to_string(i));
  }
  EXPECT_EQ(Next(slow.get()), "event 1");
}

TEST(EventFeedTest, OnlyTheRoomsThatWereAskedForAreTold) {
  EventFeed feed(4, 10);
  const auto watcher = feed.Watch(ChatEventKinds::All(), {"", "hall"});
  for (std::uint64_t i = 1; const char* room : {"lobby", "hall", ""}) {
    ChatEvent event = Message(i++);
    event.room = room;
    feed.Publish(event);
  }
  EXPECT_EQ(Next(watcher.get()), "event 2");
  EXPECT_EQ(Next(watcher.get()), "event 3");
  EXPECT_EQ(Next(watcher.get()), "timed out");
}

TEST(EventFeedTest, WatchersAreBoundedAndGoWithTheirLastReference) {
  EventFeed feed(2, 10);
  auto a = feed.Watch(ChatEventKinds::All());
  const auto b = feed.Watch(ChatEventKinds::All());
  EXPECT_EQ(feed.Watch(ChatEventKinds::All()), nullptr);
  a.reset();
  EXPECT_EQ(feed.watcher_count(), 1u);
  EXPECT_NE(feed.Watch(ChatEventKinds::All()), nullptr);
}

TEST(EventFeedTest, NobodyWatchesOnceTheLastHasGone) {
  EventFeed feed(2, 10);
  EXPECT_FALSE(feed.watched());
  auto watcher = feed.Watch(ChatEventKinds::All());
  EXPECT_TRUE(feed.watched());
  watcher.reset();
  feed.Publish(Message(1));  // finds it gone
  EXPECT_FALSE(feed.watched());
}

TEST(EventFeedTest, TheEndComesAfterWhatWasQueued) {
  EventFeed feed(2, 10);
  const auto watcher = feed.Watch(ChatEventKinds::All());
  feed.Publish(Message(1));
  feed.End();
  EXPECT_EQ(Next(watcher.get()), "event 1");
  EXPECT_EQ(Next(watcher.get()), "ended");
  EXPECT_EQ(feed.Watch(ChatEventKinds::All()), nullptr);
}

TEST(EventFeedTest, AWaitingWatcherIsWoken) {
  EventFeed feed(2, 10);
  const auto watcher = feed.Watch(ChatEventKinds::All());
  std::thread publisher([&] { feed.Publish(Message(7)); });
  const EventFeed::Update update = watcher->Next(net::Clock::now() + std::chrono::seconds(20));
  publisher.join();
  EXPECT_TRUE(std::holds_alternative<ChatEvent>(update));
}

}  // namespace
}  // namespace viaduct::origin
