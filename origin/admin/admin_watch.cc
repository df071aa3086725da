#include "origin/admin/admin_watch.h"

#include <chrono>
#include <memory>
#include <utility>
#include <variant>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/admin/v1/task_watch.pb.h"
#include "ops/admin/admin_call.h"
#include "ops/admin/admin_error.h"
#include "origin/admin/admin_requests.h"
#include "origin/admin/cluster_watch.h"
#include "origin/admin/pending_answers.h"
#include "origin/broker/task_name.h"

namespace viaduct::origin {
namespace {

// Interval at which an idle watch checks that its caller is still connected.
constexpr auto kTurn = std::chrono::milliseconds(250);
// Interval between polls, also after a full answer: this task's events are written in between.
constexpr auto kPollEach = std::chrono::milliseconds(250);
constexpr auto kPollSoon = std::chrono::milliseconds(10);
// Timeout of one poll. A silent task delays the events of the other tasks for as long.
constexpr auto kPollTimeout = std::chrono::seconds(2);
// Interval at which the answers are checked for, while this task's events are written.
constexpr auto kLook = std::chrono::milliseconds(10);

}  // namespace

grpc::Status AdminWatch::RunTask() {
  if (!WriteStarted()) return end_;
  while (WriteUntil(net::Clock::now() + kTurn)) {
  }
  return end_;
}

grpc::Status AdminWatch::RunCluster(Cluster* cluster, const admin::v1::WatchEventsRequest& request) {
  admin::v1::TaskWatchPoll poll;
  poll.set_watch(NewTaskName());  // unique for ever
  *poll.mutable_request() = request;
  grpc::Status status = RunPolls(cluster, poll.SerializeAsString());
  cluster->Announce(kWatchEndedTopic, poll.watch());
  return status;
}

grpc::Status AdminWatch::RunPolls(Cluster* cluster, const std::string& poll) {
  // Polls before writing anything: a watch that cannot see the other tasks does not begin.
  std::optional<Cluster::Answers> answers =
      PendingAnswers::Ask(cluster, kWatchMethod, poll, net::Clock::now() + kPollTimeout)->Wait();
  if (!answers->ok()) {
    return ops::RefusedCall(grpc::StatusCode::UNAVAILABLE, "TASKS_UNANSWERED",
                            absl::StrCat("the other tasks cannot be asked: ", answers->status().message()),
                            std::chrono::seconds(1));
  }
  if (!WriteStarted() || !writer_->Write(TaskWatchUpdate(task_, admin::v1::TaskWatch::BEGUN))) return end_;
  ClusterWatch others;
  while (answers.has_value()) {
    for (const admin::v1::WatchEventsResponse& update : others.Take(*answers)) {
      if (!writer_->Write(update)) return end_;
    }
    if (!WriteUntil(net::Clock::now() + (others.more() ? kPollSoon : kPollEach))) return end_;
    answers = Poll(cluster, poll);
  }
  return end_;
}

std::optional<Cluster::Answers> AdminWatch::Poll(Cluster* cluster, const std::string& poll) {
  const auto pending = PendingAnswers::Ask(cluster, kWatchMethod, poll, net::Clock::now() + kPollTimeout);
  while (WriteUntil(net::Clock::now() + kLook)) {
    if (std::optional<Cluster::Answers> answers = pending->Look()) return answers;
  }
  // Announces the end only after the last poll has finished: a later one would begin the watch again.
  pending->Wait().IgnoreError();
  return std::nullopt;
}

bool AdminWatch::WriteUntil(net::Clock::time_point until) {
  do {
    if (!WriteNext(until)) return false;
  } while (net::Clock::now() < until);
  return true;
}

bool AdminWatch::WriteNext(net::Clock::time_point deadline) {
  if (context_->IsCancelled()) return false;
  const EventFeed::Update update = watcher_->Next(deadline);
  admin::v1::WatchEventsResponse response;
  if (std::holds_alternative<EventFeed::TimedOut>(update)) return true;
  if (std::holds_alternative<EventFeed::Ended>(update)) {
    end_ = ops::RefusedCall(grpc::StatusCode::UNAVAILABLE, "STOPPING", "the chat is stopping");
    return false;
  }
  if (const auto* dropped = std::get_if<EventFeed::Dropped>(&update)) {
    response.set_dropped(static_cast<std::int64_t>(dropped->events));
    response.set_task(task_);
  } else {
    *response.mutable_event() = ToProto(std::get<ChatEvent>(update));
    response.mutable_event()->set_task(task_);
  }
  return writer_->Write(response);
}

bool AdminWatch::WriteStarted() {
  admin::v1::WatchEventsResponse started;
  started.mutable_started();
  return writer_->Write(started);
}

}  // namespace viaduct::origin
