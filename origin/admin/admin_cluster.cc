#include "origin/admin/admin_cluster.h"

#include <algorithm>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <tuple>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "net/quiet_thread.h"
#include "ops/admin/admin_call.h"
#include "ops/admin/admin_error.h"
#include "ops/admin/recent_ends.h"
#include "origin/admin/admin_list_token.h"
#include "origin/admin/admin_watch.h"
#include "origin/admin/pending_answers.h"

namespace viaduct::origin {
namespace {

// The number of questions of other tasks that may wait.
constexpr std::size_t kMaxQuestions = 64;
// The same, including the ends of watches: they are small, and all watches of a task may end at once.
constexpr std::size_t kMaxWaiting = 1024;
// Deadline for the workers to answer one question: shorter than that of its caller.
constexpr auto kAnswerTimeout = std::chrono::seconds(5);
// Time before the caller's deadline at which waiting for other tasks ends, so that the caller learns which are missing;
// a quarter of the time if that is less.
constexpr auto kAnswerMargin = std::chrono::seconds(1);
// Interval at which the watches of other tasks are checked, while there are any.
constexpr auto kSweepEach = std::chrono::seconds(1);

constexpr char kList[] = "admin.list";
constexpr char kGet[] = "admin.get";
constexpr char kSend[] = "admin.send";
constexpr char kClose[] = "admin.close";
constexpr char kCloseMany[] = "admin.close_many";
constexpr char kBroadcast[] = "admin.broadcast";
constexpr char kStats[] = "admin.stats";
constexpr char kRecentEnds[] = "admin.recent_ends";

net::Clock::time_point AskingDeadline(net::Clock::time_point callers) {
  const net::Clock::duration left = callers - net::Clock::now();
  return callers - std::min<net::Clock::duration>(left / 4, kAnswerMargin);
}

absl::Status ToAbsl(const grpc::Status& status) {
  return {static_cast<absl::StatusCode>(status.error_code()), status.error_message()};
}

admin::v1::UnansweredTask Unanswered(const std::string& task, const absl::Status& status) {
  admin::v1::UnansweredTask unanswered;
  unanswered.set_task(task);
  unanswered.set_code(static_cast<int>(status.code()));
  unanswered.set_message(ops::ToUtf8(std::string(status.message())));
  return unanswered;
}

bool OlderThan(const admin::v1::Connection& a, const admin::v1::Connection& b) {
  const auto key = [](const admin::v1::Connection& c) {
    return std::make_tuple(c.connect_time().seconds(), c.connect_time().nanos());
  };
  return key(a) < key(b);
}

template <typename List, typename Response>
void AddUnanswered(const List& unanswered, Response* response) {
  for (const admin::v1::UnansweredTask& task : unanswered) *response->add_unanswered() = task;
}

void AddTo(const admin::v1::GetStatsResponse& other, admin::v1::GetStatsResponse* sum) {
  sum->set_connections_open(sum->connections_open() + other.connections_open());
  sum->set_connections_total(sum->connections_total() + other.connections_total());
  sum->set_messages_received(sum->messages_received() + other.messages_received());
  sum->set_messages_delivered(sum->messages_delivered() + other.messages_delivered());
  sum->set_bytes_received(sum->bytes_received() + other.bytes_received());
  sum->set_bytes_delivered(sum->bytes_delivered() + other.bytes_delivered());
  sum->set_slow_consumers(sum->slow_consumers() + other.slow_consumers());
  sum->set_closes_pending(sum->closes_pending() + other.closes_pending());
  for (const auto& [code, count] : other.closes()) (*sum->mutable_closes())[code] += count;
  for (const std::string& task : other.tasks()) sum->add_tasks(task);
}

// Returns the rooms of several tasks, each once. Rooms that no task names among its fullest are missing.
void MergeRooms(const std::map<std::string, std::int64_t>& clients, int limit, admin::v1::GetStatsResponse* response) {
  std::vector<std::pair<std::string, std::int64_t>> rooms(clients.begin(), clients.end());
  std::sort(rooms.begin(), rooms.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  if (rooms.size() > static_cast<std::size_t>(limit)) rooms.resize(static_cast<std::size_t>(limit));
  response->clear_rooms();
  for (const auto& [room, count] : rooms) {
    admin::v1::GetStatsResponse::RoomStats* proto = response->add_rooms();
    proto->set_room(room);
    proto->set_client_count(count);
  }
}

}  // namespace

AdminCluster::AdminCluster(Cluster* cluster, const AdminTask* task, EventFeed* feed, net::Clock::duration watches_held)
    : cluster_(cluster), task_(task), watches_(feed, watches_held) {
  thread_ = net::StartQuietThread([this] { Run(); });
  Serve(kList, &AdminTask::ListFrom);
  Serve(kGet, &AdminTask::Get);
  Serve(kSend, &AdminTask::Send);
  Serve(kClose, &AdminTask::Close);
  Serve(kCloseMany, &AdminTask::CloseMany);
  Serve(kBroadcast, &AdminTask::Broadcast);
  Serve(kStats, &AdminTask::Stats);
  Serve(kRecentEnds, &AdminTask::RecentEnds);
  ServeWatches();
}

AdminCluster::~AdminCluster() {
  for (const std::string& method : served_) cluster_->Serve(method, nullptr);
  cluster_->Listen(kWatchEndedTopic, nullptr);
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    questions_.clear();
  }
  changed_.notify_all();
  thread_.join();
}

void AdminCluster::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    const auto asked = [this] { return stopping_ || !questions_.empty(); };
    if (watches_.empty()) {
      changed_.wait(lock, asked);
    } else {
      changed_.wait_for(lock, kSweepEach, asked);
      watches_.Sweep(net::Clock::now());
    }
    if (stopping_) return;
    if (questions_.empty()) continue;
    const std::function<void()> question = std::move(questions_.front());
    questions_.pop_front();
    lock.unlock();
    question();
    lock.lock();
  }
}

template <typename Request, typename Response>
void AdminCluster::Serve(const std::string& method,
                         grpc::Status (AdminTask::*call)(const Request&, net::Clock::time_point, Response*) const) {
  Serve<Request>(method, [this, call](const Request& request) -> absl::StatusOr<Response> {
    Response response;
    const grpc::Status status = (task_->*call)(request, net::Clock::now() + kAnswerTimeout, &response);
    if (!status.ok()) return ToAbsl(status);
    return response;
  });
}

template <typename Request, typename Answer>
void AdminCluster::Serve(const std::string& method, Answer answer) {
  served_.push_back(method);
  cluster_->Serve(method, [this, answer](std::string bytes, Cluster::Reply reply) {
    auto shared = std::make_shared<Cluster::Reply>(std::move(reply));
    const bool queued = Enqueue(kMaxQuestions, [answer, shared, bytes = std::move(bytes)] {
      Request request;
      if (!request.ParseFromString(bytes)) return (*shared)(absl::InvalidArgumentError("malformed request"));
      const auto response = answer(request);
      if (!response.ok()) return (*shared)(response.status());
      (*shared)(response->SerializeAsString());
    });
    if (!queued) (*shared)(absl::ResourceExhaustedError("too many questions of other tasks wait"));
  });
}

bool AdminCluster::Enqueue(std::size_t limit, std::function<void()> question) {
  const std::lock_guard lock(mutex_);
  if (questions_.size() >= limit) return false;
  questions_.push_back(std::move(question));
  changed_.notify_one();
  return true;
}

void AdminCluster::ServeWatches() {
  Serve<admin::v1::TaskWatchPoll>(
      kWatchMethod, [this](const admin::v1::TaskWatchPoll& poll) { return watches_.Take(poll, net::Clock::now()); });
  cluster_->Listen(kWatchEndedTopic, [this](std::string_view, std::string_view watch) {
    // If the queue is full, the watch expires a little later.
    Enqueue(kMaxWaiting, [this, watch = std::string(watch)] { watches_.Forget(watch); });
  });
}

template <typename Response, typename Request>
AdminCluster::Answers<Response> AdminCluster::AskOthers(const std::string& method, const Request& request,
                                                        net::Clock::time_point deadline) {
  const Cluster::Answers come =
      PendingAnswers::Ask(cluster_, method, request.SerializeAsString(), AskingDeadline(deadline))->Wait();
  Answers<Response> answers;
  if (!come.ok()) {
    answers.unanswered.push_back(Unanswered("", come.status()));
    return answers;
  }
  for (const Cluster::Answer& answer : *come) {
    Response response;
    if (!answer.bytes.ok()) {
      answers.unanswered.push_back(Unanswered(answer.task, answer.bytes.status()));
    } else if (!response.ParseFromString(*answer.bytes)) {
      answers.unanswered.push_back(Unanswered(answer.task, absl::DataLossError("malformed response")));
    } else {
      answers.responses.emplace_back(answer.task, std::move(response));
    }
  }
  return answers;
}

template <typename Request, typename Response>
grpc::Status AdminCluster::FindOne(const std::string& method, const Request& request, net::Clock::time_point deadline,
                                   grpc::Status (AdminTask::*call)(const Request&, net::Clock::time_point, Response*)
                                       const,
                                   Response* response) {
  const grpc::Status here = (task_->*call)(request, deadline, response);
  if (here.error_code() != grpc::StatusCode::NOT_FOUND) return here;
  const Answers<Response> answers = AskOthers<Response>(method, request, deadline);
  if (!answers.responses.empty()) {
    *response = answers.responses.front().second;
    return grpc::Status::OK;
  }
  std::vector<std::string> silent;
  for (const admin::v1::UnansweredTask& task : answers.unanswered) {
    if (task.code() == static_cast<int>(grpc::StatusCode::NOT_FOUND)) continue;
    // The task has the resource, but refuses.
    const auto code = static_cast<absl::StatusCode>(task.code());
    if (code == absl::StatusCode::kResourceExhausted) return ops::ToGrpc(absl::Status(code, task.message()));
    const std::string who = task.task().empty() ? "the other tasks" : task.task();
    silent.push_back(absl::StrCat(who, " (", task.message(), ")"));
  }
  if (silent.empty()) return here;
  return ops::RefusedCall(
      grpc::StatusCode::UNAVAILABLE, "TASKS_UNANSWERED",
      absl::StrCat("not open on the tasks that answered; no answer of ", absl::StrJoin(silent, ", ")),
      std::chrono::seconds(1));
}

grpc::Status AdminCluster::List(const admin::v1::ListConnectionsRequest& request, net::Clock::time_point deadline,
                                admin::v1::ListConnectionsResponse* response) {
  std::optional<ListPositions> positions = ReadListToken(request.page_token());
  if (!positions.has_value()) return ops::InvalidField("page_token", "is not a next_page_token of this list");
  admin::v1::ListConnectionsResponse own;
  if (grpc::Status status = task_->ListFrom(request, deadline, &own); !status.ok()) return status;
  Answers<admin::v1::ListConnectionsResponse> answers =
      AskOthers<admin::v1::ListConnectionsResponse>(kList, request, deadline);
  AddUnanswered(answers.unanswered, response);
  answers.responses.emplace_back(task_->name(), std::move(own));

  // Merges the tasks' lists, the oldest connection first; a token stands behind each connection.
  std::vector<std::size_t> next(answers.responses.size(), 0);
  std::vector<std::vector<std::string>> tokens;
  for (const auto& [task, page] : answers.responses) {
    response->set_total_size(response->total_size() + page.total_size());
    tokens.emplace_back(absl::StrSplit(page.next_page_token(), ','));
  }
  std::size_t bytes = 0;
  for (std::size_t room = ops::PageSize(request.page_size()); room > 0 && bytes <= ops::kMaxPageBytes; --room) {
    std::optional<std::size_t> oldest;
    for (std::size_t i = 0; i < next.size(); ++i) {
      const auto& page = answers.responses[i].second.connections();
      if (next[i] == static_cast<std::size_t>(page.size())) continue;
      const auto at = [&](std::size_t task) -> const admin::v1::Connection& {
        return answers.responses[task].second.connections(static_cast<int>(next[task]));
      };
      if (!oldest.has_value() || OlderThan(at(i), at(*oldest))) oldest = i;
    }
    if (!oldest.has_value()) break;
    admin::v1::Connection* connection =
        answers.responses[*oldest].second.mutable_connections(static_cast<int>(next[*oldest]++));
    bytes += connection->ByteSizeLong();
    *response->add_connections() = std::move(*connection);
  }

  bool more = false;
  for (std::size_t i = 0; i < next.size(); ++i) {
    const auto& [task, page] = answers.responses[i];
    const bool all_told = next[i] == static_cast<std::size_t>(page.connections_size());
    // The token behind a task's last connection is kListDone if the task has no more.
    std::string& position = (*positions)[task];
    if (next[i] > 0) position = tokens[i][next[i] - 1];
    if (all_told && page.connections_size() == 0) position = kListDone;
    more = more || position != kListDone;
  }
  if (more) response->set_next_page_token(MakeListToken(*positions));
  return grpc::Status::OK;
}

grpc::Status AdminCluster::Get(const admin::v1::GetConnectionRequest& request, net::Clock::time_point deadline,
                               admin::v1::Connection* response) {
  return FindOne(kGet, request, deadline, &AdminTask::Get, response);
}

grpc::Status AdminCluster::Send(const admin::v1::SendMessageRequest& request, net::Clock::time_point deadline,
                                admin::v1::SendMessageResponse* response) {
  return FindOne(kSend, request, deadline, &AdminTask::Send, response);
}

grpc::Status AdminCluster::Close(const admin::v1::CloseConnectionRequest& request, net::Clock::time_point deadline,
                                 admin::v1::CloseConnectionResponse* response) {
  return FindOne(kClose, request, deadline, &AdminTask::Close, response);
}

grpc::Status AdminCluster::CloseMany(const admin::v1::CloseConnectionsRequest& request, net::Clock::time_point deadline,
                                     admin::v1::CloseConnectionsResponse* response) {
  if (grpc::Status status = task_->CloseMany(request, deadline, response); !status.ok()) return status;
  const auto answers = AskOthers<admin::v1::CloseConnectionsResponse>(kCloseMany, request, deadline);
  for (const auto& [task, other] : answers.responses) response->set_count(response->count() + other.count());
  AddUnanswered(answers.unanswered, response);
  return grpc::Status::OK;
}

grpc::Status AdminCluster::Broadcast(const admin::v1::BroadcastRequest& request, net::Clock::time_point deadline,
                                     admin::v1::BroadcastResponse* response) {
  if (grpc::Status status = task_->Broadcast(request, deadline, response); !status.ok()) return status;
  const auto answers = AskOthers<admin::v1::BroadcastResponse>(kBroadcast, request, deadline);
  for (const auto& [task, other] : answers.responses) {
    response->set_recipient_count(response->recipient_count() + other.recipient_count());
  }
  AddUnanswered(answers.unanswered, response);
  return grpc::Status::OK;
}

grpc::Status AdminCluster::Stats(const admin::v1::GetStatsRequest& request, net::Clock::time_point deadline,
                                 admin::v1::GetStatsResponse* response) {
  if (grpc::Status status = task_->Stats(request, deadline, response); !status.ok()) return status;
  const auto answers = AskOthers<admin::v1::GetStatsResponse>(kStats, request, deadline);
  std::map<std::string, std::int64_t> clients;
  for (const auto& room : response->rooms()) clients[room.room()] += room.client_count();
  for (const auto& [task, other] : answers.responses) {
    AddTo(other, response);
    for (const auto& room : other.rooms()) clients[room.room()] += room.client_count();
    // A room may be open on several tasks, so the largest number of any task is a lower bound.
    response->set_rooms_open(std::max(response->rooms_open(), other.rooms_open()));
  }
  MergeRooms(clients, request.room_limit(), response);
  AddUnanswered(answers.unanswered, response);
  return grpc::Status::OK;
}

grpc::Status AdminCluster::RecentEnds(const admin::v1::ListRecentChatEndsRequest& request,
                                      net::Clock::time_point deadline,
                                      admin::v1::ListRecentChatEndsResponse* response) {
  if (grpc::Status status = task_->RecentEnds(request, deadline, response); !status.ok()) return status;
  const auto answers = AskOthers<admin::v1::ListRecentChatEndsResponse>(kRecentEnds, request, deadline);
  for (const auto& [task, other] : answers.responses) response->mutable_ends()->MergeFrom(other.ends());
  ops::RecentEndsQuery::KeepNewest(request.page_size(), response->mutable_ends());
  AddUnanswered(answers.unanswered, response);
  return grpc::Status::OK;
}

}  // namespace viaduct::origin
