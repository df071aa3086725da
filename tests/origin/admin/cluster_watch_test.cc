#include "origin/admin/cluster_watch.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

#include "absl/strings/str_cat.h"
#include "origin/admin/watch_leases.h"
#include "origin/worker/event_feed.h"

namespace viaduct::origin {
namespace {

// Returns the updates in words: "+task", "-task(code)", "~task" for BEGUN, LOST and RESUMED; "task:room" for an event.
std::string Words(const ClusterWatch::Updates& updates) {
  std::string words;
  for (const admin::v1::WatchEventsResponse& update : updates) {
    const admin::v1::TaskWatch& watch = update.task_watch();
    if (update.has_event()) {
      absl::StrAppend(&words, update.event().task(), ":", update.event().room(), " ");
    } else if (!update.has_task_watch()) {
      absl::StrAppend(&words, update.task(), " dropped ", update.dropped(), " ");
    } else if (watch.state() == admin::v1::TaskWatch::LOST) {
      absl::StrAppend(&words, "-", watch.task(), "(", watch.code(), ") ");
    } else {
      absl::StrAppend(&words, watch.state() == admin::v1::TaskWatch::BEGUN ? "+" : "~", watch.task(), " ");
    }
  }
  return words;
}

// The task "b", which holds at most 2 events for a watcher, and a watch on another task.
class ClusterWatchTest : public testing::Test {
 protected:
  void Happen(const std::string& room) {
    feed_.Publish({.kind = ChatEvent::Kind::kConnected, .time = {}, .id = {}, .room = room});
  }
  absl::StatusOr<std::string> Answer() {
    admin::v1::TaskWatchPoll poll;
    poll.set_watch("w");
    poll.mutable_request()->add_rooms("seen");
    poll.mutable_request()->add_rooms("too");
    const absl::StatusOr<admin::v1::TaskWatchBatch> batch = leases_.Take(poll, now_);
    if (!batch.ok()) return batch.status();
    return batch->SerializeAsString();
  }
  std::string Take(const Cluster::Answers& answers) { return Words(watch_.Take(answers)); }
  std::string Poll() { return Take({{{.task = "b", .bytes = Answer()}}}); }

  EventFeed feed_{2, 2};
  WatchLeases leases_{&feed_};
  net::Clock::time_point now_ = net::Clock::now();
  ClusterWatch watch_;
};

TEST_F(ClusterWatchTest, EventsComeFilteredInOrderAndThoseThatFindNoPlaceAreCounted) {
  EXPECT_EQ(Poll(), "+b ");
  EXPECT_EQ(Poll(), "");
  for (const char* room : {"seen", "unseen", "too", "seen"}) Happen(room);
  EXPECT_EQ(Poll(), "b:seen b:too b dropped 1 ");
  Happen("too");
  EXPECT_EQ(Poll(), "b:too ");
}

TEST_F(ClusterWatchTest, WhatWasLostOnTheWayIsCounted) {
  Poll();
  Happen("seen");
  Happen("seen");
  ASSERT_TRUE(Answer().ok());  // nobody gets it
  Happen("too");
  EXPECT_EQ(Poll(), "b dropped 2 b:too ");
}

TEST_F(ClusterWatchTest, ASilentTaskIsToldOnceAndComesBack) {
  Poll();
  const Cluster::Answers silent{{{.task = "b", .bytes = absl::UnavailableError("no answer in time")}}};
  EXPECT_EQ(Take(silent), "-b(14) ");
  EXPECT_EQ(Take(silent), "");
  Happen("seen");
  EXPECT_EQ(Poll(), "~b b:seen ");
  EXPECT_EQ(Take(Cluster::Answers{std::vector<Cluster::Answer>{}}), "-b(5) ") << "it has left";
  EXPECT_EQ(Poll(), "+b ");
}

TEST_F(ClusterWatchTest, ABrokerThatIsAwayIsToldOnceAndNothingIsForgotten) {
  Poll();
  const Cluster::Answers away = absl::UnavailableError("Redis is away");
  EXPECT_EQ(Take(away), "-(14) ");
  EXPECT_EQ(Take(away), "");
  Happen("seen");
  EXPECT_EQ(Poll(), "~ b:seen ");
}

TEST_F(ClusterWatchTest, AWatchThatDoesNotAskIsForgottenAndTold) {
  Poll();
  now_ += WatchLeases::kHeld;
  leases_.Sweep(now_);
  EXPECT_FALSE(leases_.empty());
  EXPECT_TRUE(feed_.watched());
  now_ += std::chrono::nanoseconds(1);
  leases_.Sweep(now_);
  EXPECT_TRUE(leases_.empty());
  EXPECT_EQ(feed_.watcher_count(), 0u);
  EXPECT_FALSE(feed_.watched());
  EXPECT_EQ(Poll(), "-b(10) +b ");
  leases_.Forget("w");
  EXPECT_EQ(feed_.watcher_count(), 0u);
}

TEST_F(ClusterWatchTest, ATaskRefusesWatchesThatAreTooManyWrongOrTooLate) {
  const auto first = feed_.Watch(ChatEventKinds::All());
  const auto second = feed_.Watch(ChatEventKinds::All());
  EXPECT_EQ(Poll(), "-b(8) ");
  admin::v1::TaskWatchPoll poll;
  poll.mutable_request()->add_rooms("not a room");
  EXPECT_EQ(leases_.Take(poll, now_).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Take({{{.task = "c", .bytes = "\xff"}}}), "-c(15) ");
}

TEST_F(ClusterWatchTest, ATaskThatStopsTellsWhatItHasLeft) {
  Poll();
  Happen("seen");
  feed_.End();
  EXPECT_EQ(Poll(), "b:seen ");
  EXPECT_EQ(Poll(), "-b(14) ");
}

}  // namespace
}  // namespace viaduct::origin
