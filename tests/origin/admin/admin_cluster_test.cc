#include "origin/admin/admin_cluster.h"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "api/admin/v1/task_watch.pb.h"
#include "origin/admin/admin_task.h"
#include "origin/admin/admin_watch.h"
#include "origin/admin/pending_answers.h"
#include "origin/broker/cluster.h"
#include "origin/worker/event_feed.h"
#include "tests/origin/chat/running_chat.h"
#include "tests/support/raw_peer.h"

namespace viaduct::origin {
namespace {

// The other tasks of a task: questions go to their methods at once. A silent task does not answer.
class FakeCluster final : public Cluster {
 public:
  explicit FakeCluster(std::string task) : task_(std::move(task)) {}

  const std::string& task() const override { return task_; }
  void Ask(std::string method, std::string bytes, net::Clock::time_point deadline,
           absl::AnyInvocable<void(Answers)> done) override {
    asked_until = deadline;
    if (away) return done(absl::UnavailableError("Redis is away"));
    auto answers = std::make_shared<std::vector<Answer>>();
    auto shared = std::make_shared<absl::AnyInvocable<void(Answers)>>(std::move(done));
    // In reality a thread of each task answers, so this asks one after the other.
    AskFrom(others.begin(), std::move(method), std::move(bytes), answers, shared);
  }
  void Serve(std::string method, Method handler) override { methods_[method] = std::move(handler); }
  void Announce(std::string, std::string) override {}
  void Listen(std::string, Topic) override {}

  std::vector<FakeCluster*> others;
  bool silent = false;
  bool away = false;  // nobody can be asked
  net::Clock::time_point asked_until;

 private:
  void AskFrom(std::vector<FakeCluster*>::iterator other, std::string method, std::string bytes,
               std::shared_ptr<std::vector<Answer>> answers, std::shared_ptr<absl::AnyInvocable<void(Answers)>> done) {
    if (other == others.end()) return (*done)(*answers);
    FakeCluster* const asked = *other;
    auto next = [this, other, method, bytes, answers, done, asked](absl::StatusOr<std::string> answer) mutable {
      answers->push_back({.task = asked->task_, .bytes = std::move(answer)});
      AskFrom(other + 1, method, bytes, answers, done);
    };
    if (asked->silent) return next(absl::UnavailableError("no answer in time"));
    asked->methods_[method](bytes, std::move(next));
  }

  const std::string task_;
  std::map<std::string, Method> methods_;
};

constexpr auto kWatchesHeld = std::chrono::milliseconds(200);

// One task with its chat.
struct Task {
  explicit Task(const std::string& name)
      : cluster(name),
        task(&chat.chat().control(), 1000, name),
        admin(&cluster, &task, &chat.chat().feed(), kWatchesHeld) {}

  RunningChat chat;
  FakeCluster cluster;
  AdminTask task;
  AdminCluster admin;
};

class AdminClusterTest : public testing::Test {
 protected:
  AdminClusterTest() {
    one_.cluster.others = {&two_.cluster};
    two_.cluster.others = {&one_.cluster};
  }

  std::string Open(Task* task) {
    peers_.push_back(std::make_unique<RawPeer>(task->chat.address()));
    return "connections/" + OpenWebSocket(peers_.back().get());
  }
  static net::Clock::time_point Deadline() { return net::Clock::now() + std::chrono::seconds(10); }

  Task one_{"one"};
  Task two_{"two"};
  std::vector<std::unique_ptr<RawPeer>> peers_;
};

TEST_F(AdminClusterTest, AListHasAllTasksByAgeOverPages) {
  std::vector<std::string> names;
  for (int i = 0; i < 5; ++i) names.push_back(Open(i % 2 == 0 ? &one_ : &two_));
  admin::v1::ListConnectionsRequest request;
  request.set_page_size(2);
  std::vector<std::string> listed;
  std::vector<int> sizes;
  do {
    admin::v1::ListConnectionsResponse page;
    ASSERT_TRUE(one_.admin.List(request, Deadline(), &page).ok());
    EXPECT_EQ(page.total_size(), 5);
    EXPECT_EQ(page.unanswered_size(), 0);
    sizes.push_back(page.connections_size());
    for (const admin::v1::Connection& connection : page.connections()) {
      EXPECT_EQ(connection.task(), listed.size() % 2 == 0 ? "one" : "two");
      listed.push_back(connection.name());
    }
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty() && sizes.size() < 10);
  EXPECT_EQ(listed, names);
  EXPECT_EQ(sizes, (std::vector{2, 2, 1}));
  request.set_page_token("nonsense");
  admin::v1::ListConnectionsResponse page;
  EXPECT_EQ(one_.admin.List(request, Deadline(), &page).error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(AdminClusterTest, AConnectionIsFoundWhereverItIs) {
  admin::v1::GetConnectionRequest request;
  request.set_name(Open(&two_));
  admin::v1::Connection connection;
  ASSERT_TRUE(one_.admin.Get(request, Deadline(), &connection).ok());
  EXPECT_EQ(connection.task(), "two");
  admin::v1::SendMessageRequest send;
  send.set_name(request.name());
  send.set_text("from the other task");
  admin::v1::SendMessageResponse sent;
  ASSERT_TRUE(one_.admin.Send(send, Deadline(), &sent).ok());
  EXPECT_EQ(ReadPayload(peers_.back().get()), "from the other task");
  request.set_name("connections/00000000-0000-4000-8000-000000000000");
  EXPECT_EQ(one_.admin.Get(request, Deadline(), &connection).error_code(), grpc::StatusCode::NOT_FOUND);
  two_.cluster.silent = true;
  const grpc::Status unsure = one_.admin.Get(request, Deadline(), &connection);
  EXPECT_EQ(unsure.error_code(), grpc::StatusCode::UNAVAILABLE) << "it may be there";
  EXPECT_NE(unsure.error_message().find("two (no answer in time)"), std::string::npos) << unsure.error_message();
}

TEST_F(AdminClusterTest, TheOthersAreWaitedForUntilTheCallerCanStillBeTold) {
  admin::v1::GetStatsResponse stats;
  net::Clock::time_point deadline = net::Clock::now() + std::chrono::minutes(1);
  ASSERT_TRUE(one_.admin.Stats({}, deadline, &stats).ok());
  EXPECT_EQ(deadline - one_.cluster.asked_until, std::chrono::seconds(1));
  deadline = net::Clock::now() + std::chrono::seconds(2);
  ASSERT_TRUE(one_.admin.Stats({}, deadline, &stats).ok());
  EXPECT_LT(one_.cluster.asked_until, deadline);
  EXPECT_LE(deadline - one_.cluster.asked_until, std::chrono::milliseconds(500));
}

TEST_F(AdminClusterTest, ManyAreCountedOnAllTasksAndTheSilentOnesNamed) {
  Open(&one_);
  Open(&two_);
  Open(&two_);
  admin::v1::GetStatsResponse stats;
  admin::v1::GetStatsRequest ask;
  ask.set_room_limit(5);
  ASSERT_TRUE(one_.admin.Stats(ask, Deadline(), &stats).ok());
  EXPECT_EQ(stats.connections_open(), 3);
  ASSERT_EQ(stats.rooms_size(), 1);
  EXPECT_EQ(stats.rooms(0).client_count(), 3);
  EXPECT_EQ(stats.tasks_size(), 2);
  admin::v1::BroadcastRequest broadcast;
  broadcast.set_text("all");
  broadcast.set_all(true);
  admin::v1::BroadcastResponse told;
  ASSERT_TRUE(one_.admin.Broadcast(broadcast, Deadline(), &told).ok());
  EXPECT_EQ(told.recipient_count(), 3);
  admin::v1::CloseConnectionsRequest close;
  close.set_all(true);
  close.set_validate_only(true);
  admin::v1::CloseConnectionsResponse closed;
  ASSERT_TRUE(one_.admin.CloseMany(close, Deadline(), &closed).ok());
  EXPECT_EQ(closed.count(), 3);
  two_.cluster.silent = true;
  closed.Clear();
  ASSERT_TRUE(one_.admin.CloseMany(close, Deadline(), &closed).ok());
  EXPECT_EQ(closed.count(), 1);
  ASSERT_EQ(closed.unanswered_size(), 1);
  EXPECT_EQ(closed.unanswered(0).task(), "two");
  EXPECT_EQ(closed.unanswered(0).code(), 14);
}

TEST_F(AdminClusterTest, AWatchOfATaskThatWasKilledIsForgotten) {
  admin::v1::TaskWatchPoll poll;
  poll.set_watch("of a task that polls no more");
  const net::Clock::time_point asked = net::Clock::now();
  const Cluster::Answers answers =
      PendingAnswers::Ask(&one_.cluster, kWatchMethod, poll.SerializeAsString(), Deadline())->Wait();
  ASSERT_TRUE(answers->front().bytes.ok());
  EventFeed& feed = two_.chat.chat().feed();
  EXPECT_TRUE(Eventually([&feed] { return feed.watcher_count() == 0; }));
  EXPECT_GE(net::Clock::now() - asked, kWatchesHeld);
}

TEST_F(AdminClusterTest, WithoutTheBrokerAnswersAreThisTasksAndSaySo) {
  const std::string name = Open(&one_);
  Open(&two_);
  one_.cluster.away = true;
  const auto expect_only_ours = [](const auto& response) {
    ASSERT_EQ(response.unanswered_size(), 1);
    EXPECT_EQ(response.unanswered(0).task(), "") << "all others";
    EXPECT_EQ(response.unanswered(0).code(), 14);
    EXPECT_EQ(response.unanswered(0).message(), "Redis is away");
  };
  admin::v1::ListConnectionsResponse page;
  ASSERT_TRUE(one_.admin.List({}, Deadline(), &page).ok());
  expect_only_ours(page);
  ASSERT_EQ(page.connections_size(), 1);
  EXPECT_EQ(page.connections(0).name(), name);
  EXPECT_EQ(page.next_page_token(), "");
  admin::v1::GetStatsResponse stats;
  ASSERT_TRUE(one_.admin.Stats({}, Deadline(), &stats).ok());
  expect_only_ours(stats);
  ASSERT_EQ(stats.tasks_size(), 1);
  EXPECT_EQ(stats.tasks(0), "one");
  admin::v1::BroadcastRequest broadcast;
  broadcast.set_text("here");
  broadcast.set_all(true);
  admin::v1::BroadcastResponse told;
  ASSERT_TRUE(one_.admin.Broadcast(broadcast, Deadline(), &told).ok());
  expect_only_ours(told);
  EXPECT_EQ(told.recipient_count(), 1);
  admin::v1::CloseConnectionsRequest close;
  close.set_all(true);
  admin::v1::CloseConnectionsResponse closed;
  ASSERT_TRUE(one_.admin.CloseMany(close, Deadline(), &closed).ok());
  expect_only_ours(closed);
  EXPECT_EQ(closed.count(), 1);
  admin::v1::GetConnectionRequest get;
  get.set_name("connections/00000000-0000-4000-8000-000000000000");
  admin::v1::Connection connection;
  const grpc::Status unsure = one_.admin.Get(get, Deadline(), &connection);
  EXPECT_EQ(unsure.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_NE(unsure.error_message().find("no answer of the other tasks (Redis is away)"), std::string::npos)
      << unsure.error_message();
}

}  // namespace
}  // namespace viaduct::origin
