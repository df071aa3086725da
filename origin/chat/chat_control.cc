#include "origin/chat/chat_control.h"

#include <algorithm>
#include <numeric>
#include <optional>
#include <utility>

#include "net/ask_workers.h"
#include "ops/log/json_line.h"
#include "origin/message/chat_frames.h"
#include "websocket/frame.h"

namespace viaduct::origin {
namespace {

// Runs `question` on every worker, in no particular order.
template <typename Answer, typename Question>
absl::StatusOr<std::vector<Answer>> AskAll(net::WorkerPool* pool, const std::vector<ChatWorker*>& workers,
                                           net::Clock::time_point deadline, Question question) {
  return net::AskWorkers<Answer>(pool, deadline, [question, workers](std::size_t i) { return question(workers[i]); });
}

websocket::Opcode OpcodeOf(ChatControl::Payload kind) {
  return kind == ChatControl::Payload::kText ? websocket::Opcode::kText : websocket::Opcode::kBinary;
}

// Encodes an operator's message for clients of both protocols. `from` is "" or a valid name.
SharedPublication OperatorMessage(ChatControl::Payload kind, std::string_view payload, std::string_view from) {
  std::string notice;
  std::size_t notice_payload_bytes = 0;
  if (kind == ChatControl::Payload::kText) {
    std::string from_json;
    std::string message_json;
    if (!from.empty()) ops::AppendJsonString(&from_json, from);
    ops::AppendJsonString(&message_json, payload);
    notice_payload_bytes = AppendNoticeFrame(&notice, from_json, message_json);
  }
  return OperatorPublication(websocket::EncodeFrame(OpcodeOf(kind), payload), payload.size(), std::move(notice),
                             notice_payload_bytes);
}

absl::StatusOr<int> Sum(const absl::StatusOr<std::vector<int>>& counts) {
  if (!counts.ok()) return counts.status();
  return std::accumulate(counts->begin(), counts->end(), 0);
}

absl::Status NoSuchConnection() { return absl::NotFoundError("no such connection is open here"); }

}  // namespace

ChatControl::ChatControl(net::WorkerPool* pool, std::vector<ChatWorker*> workers, ChatShared* shared)
    : pool_(pool), workers_(std::move(workers)), shared_(shared), settings_(ChatSettings::Of(*shared->config)) {}

absl::StatusOr<ChatControl::Page> ChatControl::List(const ConnectionFilter& filter, std::uint64_t after,
                                                    std::size_t limit, net::Clock::time_point deadline) {
  // Asks for one more than `limit`, to learn whether there are more.
  auto views = net::CollectFromWorkers<ConnectionView>(
      pool_, deadline, [workers = workers_, filter, after, limit](std::size_t worker) {
        return workers[worker]->control().ViewsAfter(filter, after, limit + 1);
      });
  if (!views.ok()) return views.status();
  Page page{.connections = *std::move(views)};
  std::sort(page.connections.begin(), page.connections.end(),
            [](const ConnectionView& a, const ConnectionView& b) { return a.number < b.number; });
  page.more = page.connections.size() > limit;
  if (page.more) page.connections.resize(limit);
  page.total = shared_->hub->client_count();
  return page;
}

absl::StatusOr<ConnectionView> ChatControl::Get(const Uuid& id, net::Clock::time_point deadline) {
  auto answers = AskAll<std::optional<ConnectionView>>(pool_, workers_, deadline,
                                                       [id](ChatWorker* worker) { return worker->control().View(id); });
  if (!answers.ok()) return answers.status();
  for (std::optional<ConnectionView>& view : *answers) {
    if (view) return *std::move(view);
  }
  return NoSuchConnection();
}

absl::Status ChatControl::Send(const Uuid& id, Payload kind, std::string_view payload,
                               net::Clock::time_point deadline) {
  using Outcome = ChatSession::SendOutcome;
  const SharedPublication message = OperatorMessage(kind, payload, "");
  auto answers = AskAll<std::optional<Outcome>>(
      pool_, workers_, deadline, [id, message](ChatWorker* worker) { return worker->control().SendTo(id, message); });
  if (!answers.ok()) return answers.status();
  for (const std::optional<Outcome>& outcome : *answers) {
    if (!outcome) continue;
    if (*outcome == Outcome::kQueued) return absl::OkStatus();
    if (*outcome == Outcome::kFull) {
      return absl::ResourceExhaustedError("the connection reads too slowly: its queue has no room for the message");
    }
  }
  return NoSuchConnection();
}

absl::Status ChatControl::Close(const Uuid& id, std::uint16_t code, std::string_view reason,
                                net::Clock::time_point deadline) {
  auto answers = AskAll<bool>(pool_, workers_, deadline, [id, code, text = std::string(reason)](ChatWorker* worker) {
    return worker->control().Close(id, Disconnect::ByOperator(code, text));
  });
  if (!answers.ok()) return answers.status();
  const bool found = std::find(answers->begin(), answers->end(), true) != answers->end();
  return found ? absl::OkStatus() : NoSuchConnection();
}

absl::StatusOr<int> ChatControl::Count(const ConnectionFilter& filter, net::Clock::time_point deadline) {
  return Sum(AskAll<int>(pool_, workers_, deadline,
                         [filter](ChatWorker* worker) { return worker->control().CountOpen(filter); }));
}

absl::StatusOr<int> ChatControl::CloseAll(const ConnectionFilter& filter, std::uint16_t code, std::string_view reason,
                                          std::chrono::nanoseconds spread, net::Clock::time_point deadline) {
  const auto order = std::make_shared<const CloseOrder>(Disconnect::ByOperator(code, reason));
  const net::Clock::time_point begin = net::Clock::now();
  const auto over = std::chrono::duration_cast<net::Clock::duration>(spread);
  return Sum(AskAll<int>(pool_, workers_, deadline, [filter, order, begin, over](ChatWorker* worker) {
    return worker->control().ScheduleCloses(filter, order, begin, over);
  }));
}

absl::StatusOr<int> ChatControl::Broadcast(std::optional<std::string_view> room, Payload kind, std::string_view payload,
                                           std::string_view from) {
  if (shared_->hub->congested()) return absl::ResourceExhaustedError("a worker of the chat has fallen behind");
  const SharedPublication publication = OperatorMessage(kind, payload, from);
  const int recipients = room.has_value() ? shared_->hub->PublishFromOutside(*room, publication)
                                          : shared_->hub->PublishFromOutside(publication);
  if (shared_->feed->watched()) {
    shared_->feed->Publish({.kind = ChatEvent::Kind::kBroadcast,
                            .time = std::chrono::system_clock::now(),
                            .id = {},
                            .room = std::string(room.value_or("")),
                            .bytes = payload.size(),
                            .binary = kind == Payload::kBinary,
                            .broadcast_count = recipients,
                            .from = std::string(from),
                            .all_rooms = !room.has_value()});
  }
  return recipients;
}

ChatSettings ChatControl::GetSettings() const {
  const net::MutexLock lock(&mutex_);
  return settings_;
}

absl::StatusOr<ChatSettings> ChatControl::UpdateSettings(const std::function<absl::Status(ChatSettings*)>& change) {
  const net::MutexLock lock(&mutex_);
  ChatSettings settings = settings_;
  if (absl::Status status = change(&settings); !status.ok()) return status;
  if (absl::Status status = settings.Check(*shared_->config); !status.ok()) return status;
  settings_ = settings;
  shared_->max_connections = settings.max_connections;
  shared_->log_messages = settings.log_messages;
  shared_->hub->set_max_room_clients(settings.max_room_clients);
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    pool_->Post(
        i, [worker = workers_[i], bytes = settings.max_message_bytes,
            message_rate = settings.MessageRate(*shared_->config), byte_rate = settings.ByteRate(*shared_->config)] {
          worker->SetMessageLimits(bytes, message_rate, byte_rate);
        });
  }
  return settings;
}

absl::StatusOr<std::vector<std::string>> ChatControl::RecentEnds(std::string_view text, std::size_t most,
                                                                 net::Clock::time_point deadline) {
  return net::CollectFromWorkers<std::string>(pool_, deadline,
                                              [workers = workers_, text = std::string(text), most](std::size_t worker) {
                                                return workers[worker]->recent_ends().Find(text, most);
                                              });
}

ChatControl::Stats ChatControl::GetStats(std::size_t rooms) const {
  Stats stats{.start_time = start_time_, .uptime = net::Clock::now() - started_at_};
  for (const ChatWorker* worker : workers_) {
    const ChatCounters& counters = worker->counters();
    stats.connections_open += counters.connections_open.value();
    stats.connections_total += counters.connections.value();
    stats.messages_received += counters.messages_received.value();
    stats.deliveries += counters.deliveries.value();
    stats.bytes_received += counters.bytes_received.value();
    stats.bytes_delivered += counters.bytes_delivered.value();
    stats.closes_pending += counters.closes_pending.value();
    stats.slow_consumers += counters.disconnects[Disconnect::kSlowConsumer.index].value();
    counters.closes.AddTo(&stats.closes);
  }
  stats.rooms = shared_->hub->CountRooms(rooms);
  stats.draining = shared_->draining || shared_->out_of_service;
  return stats;
}

}  // namespace viaduct::origin
