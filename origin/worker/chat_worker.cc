#include "origin/worker/chat_worker.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <string>
#include <utility>

#include "http/field.h"
#include "ip/ip_address.h"
#include "net/address_tally.h"
#include "ops/log/json_line.h"
#include "origin/http/compression.h"
#include "origin/message/chat_frames.h"
#include "origin/room/first_frames.h"
#include "text/utf8.h"
#include "websocket/frame_header.h"

namespace viaduct::origin {
namespace {

// The size of one read; the unused part of a session's frame header stands before it.
constexpr std::size_t kReadBytes = 64 * 1024 + websocket::kMaxFrameHeaderBytes;

// A turn's messages are published early when the frames of all rooms have grown to this.
constexpr std::size_t kMaxBatchBytes = 256 * 1024;

// Batches kept for the next turn.
constexpr std::size_t kSpareBatches = 16;

// The interval at which presence is sent and old history dropped.
constexpr auto kTick = std::chrono::seconds(1);

// Connections over the limit that still get a 503; further ones are just cut.
constexpr int kToldOverLimit = 64;

using SystemClock = std::chrono::system_clock;

template <typename Enum>
std::size_t Index(Enum value) {
  return static_cast<std::size_t>(value);
}

// The viewer's address as the sidecar found it.
std::optional<ip::IpAddress> VerifiedViewer(const http::RequestHead& head) {
  return ip::IpAddress::Parse(head.fields.First(http::FieldName::kXViaductViewerAddress));
}

// True if `message` has at most `max_bytes` as JSON too: readers bound what they get, and a byte may become six there.
bool FitsForReaders(std::string_view message, std::size_t max_bytes) {
  constexpr std::size_t kMostGrowth = 6;
  if (message.size() <= max_bytes / kMostGrowth) return true;
  std::string json;
  json.reserve(message.size() + 2);
  ops::AppendJsonString(&json, message);
  return json.size() - 2 <= max_bytes;
}

UpgradeRefusal ToUpgradeRefusal(Hub::Refusal refusal) {
  switch (refusal) {
    case Hub::Refusal::kTooManyRooms:
      return UpgradeRefusal::kTooManyRooms;
    case Hub::Refusal::kTooManyViewerRooms:
      return UpgradeRefusal::kTooManyViewerRooms;
    case Hub::Refusal::kRoomFull:
      return UpgradeRefusal::kRoomFull;
  }
}

// Returns how long the client of an ended session has sent no message; if it sent none, how long it was connected.
std::chrono::nanoseconds IdleTime(const ChatSession& session, net::Clock::time_point now,
                                  std::chrono::system_clock::time_point system_now) {
  const std::optional<net::Clock::time_point> last = session.last_message_at();
  return last.has_value() ? now - *last : system_now - session.connect_time();
}

}  // namespace

ChatWorker::ChatWorker(std::size_t index, net::EventLoop* loop, ChatShared* shared)
    : index_(index),
      loop_(loop),
      shared_(shared),
      read_buffer_(kReadBytes),
      inflater_(15, websocket::DeflateContext::kNone),
      fields_(http::HeadLimits().max_fields),
      session_setting_{
          .loop = loop,
          .owner = this,
          .limits = {.max_message_bytes = shared->config->max_message_bytes,
                     .max_fragments = shared->config->max_fragments},
          .max_outbound_bytes = shared->config->max_outbound_bytes,
          .close_timeout = shared->config->close_timeout,
          .message_timeout = shared->config->message_timeout,
          .message_rate = RateLimit::Rule::PerSecond(shared->config->max_message_rate, shared->config->message_burst),
          .byte_rate = RateLimit::Rule::PerSecond(shared->config->max_byte_rate, shared->config->byte_burst),
          .read_buffer = read_buffer_,
          .inflater = &inflater_},
      http_setting_{.loop = loop,
                    .owner = this,
                    .files = PageFiles(),
                    .limits = http::HeadLimits(),
                    .request_head_timeout = shared->config->request_head_timeout,
                    .keep_alive_timeout = shared->config->keep_alive_timeout,
                    .read_buffer = read_buffer_,
                    .fields = fields_},
      tick_(loop, this),
      log_(shared->config->shown_query),
      deflater_(shared->config->compression.min_message_bytes, &counters_.deflate),
      rooms_(&counters_, &deflater_),
      control_(loop, {.index = index, .workers = static_cast<std::size_t>(shared->config->workers)}, &rooms_,
               &counters_) {}

ChatWorker::~ChatWorker() = default;

// ---- Connections.

void ChatWorker::Listen(net::UniqueFd socket, net::Listener::OnAccept place) {
  listener_ = std::make_unique<net::Listener>(loop_, std::move(socket), std::move(place));
}

void ChatWorker::Adopt(net::UniqueFd socket, const net::SocketAddress& peer) {
  const int open = shared_->sockets.fetch_add(1) + 1;
  const int limit = shared_->max_connections;
  if (open > limit + kToldOverLimit) {
    counters_.over_limit.Add();
    CloseSocket();
    return;
  }
  const auto admission = open > limit ? HttpConnection::Admission::kOverLimit : HttpConnection::Admission::kServed;
  auto connection = std::make_unique<HttpConnection>(&http_setting_, std::move(socket), peer, admission);
  connection->slot = http_connections_.size();
  if (shared_->draining) connection->Drain();
  http_connections_.push_back(std::move(connection));
  counters_.http_connections_open.Add(1);
}

HttpSituation ChatWorker::Situation() {
  return {.draining = shared_->draining || shared_->out_of_service, .date = http_date_.Text(std::time(nullptr))};
}

void ChatWorker::OnUpgradeRefused(UpgradeRefusal refusal) { counters_.upgrade_refusals[Index(refusal)].Add(); }
void ChatWorker::OnBadHead(http::HeadError error) { counters_.bad_heads[Index(error)].Add(); }

void ChatWorker::OnEnded(HttpConnection* connection) {
  Remove(connection);
  CloseSocket();
}

void ChatWorker::Remove(HttpConnection* connection) {
  const std::size_t slot = connection->slot;
  std::swap(http_connections_[slot], http_connections_.back());
  http_connections_[slot]->slot = slot;
  loop_->Retire(std::move(http_connections_.back()));
  http_connections_.pop_back();
  counters_.http_connections_open.Add(-1);
}

void ChatWorker::CloseSocket() { shared_->sockets.fetch_sub(1); }

std::optional<UpgradeRefusal> ChatWorker::OnUpgrade(HttpConnection* connection, const http::RequestHead& head,
                                                    std::string_view key, const RoomQuery& query,
                                                    std::span<char> early) {
  const std::optional<ip::IpAddress> viewer = VerifiedViewer(head);
  net::AddressTally::Seat seat;
  if (viewer.has_value() &&
      !seat.Take(shared_->viewers, *viewer, kViewerConnections, shared_->config->max_connections_per_viewer)) {
    return UpgradeRefusal::kTooManyViewerConnections;
  }
  const Hub::Joined joined = shared_->hub->Join(index_, query.room, query.since, loop_->now(), viewer);
  if (joined.refusal) return ToUpgradeRefusal(*joined.refusal);
  RoomMembers* const members = rooms_.Open(joined.room);
  members->Deliver(joined.before);

  const Dialect dialect = query.since ? Dialect::kResuming : Dialect::kPlain;
  const std::optional<websocket::DeflateAgreement> deflate = AgreeOnCompression(head, shared_->config->compression);
  auto session = std::make_unique<ChatSession>(&session_setting_, connection->TakeSocket(), uuids_.Next(),
                                               shared_->last_number.fetch_add(1) + 1,
                                               ViewerInfo(head, connection->peer()), dialect, deflate);
  session->HoldSeat(std::move(seat));
  ChatSession* const started = session.get();
  if (!query.name.empty()) {
    started->set_name(query.name);
    joined.room->roster().Add(started->id(), query.name);
  }
  members->Add(std::move(session), joined.client_count);
  if (dialect == Dialect::kResuming) ScheduleTick();
  ReportConnected(*started, head, joined.client_count);
  std::string answer = SwitchingProtocols(key, deflate ? deflate->Answer() : "");
  NoteClients(*joined.room);
  // A welcome promises that no later message is missed, which is certain once the broker has answered for the room.
  if (shared_->broker != nullptr && (dialect == Dialect::kResuming || !joined.room->subscribed())) {
    started->Start(std::move(answer), std::nullopt, early);
    RequestHistory(started, query.since);
  } else {
    ClientFrames first =
        FirstFrames(started->id(), dialect, joined, started->max_message_bytes(), started->connect_time());
    counters_.deliveries.Add(first.messages);
    counters_.bytes_delivered.Add(first.payload_bytes);
    started->Start(std::move(answer), std::move(first), early);
  }
  Remove(connection);
  return std::nullopt;
}

void ChatWorker::RequestHistory(ChatSession* session, std::optional<std::string> since) {
  RoomMembers* const members = session->room;
  Room* const room = members->room();
  members->BeginJoin(session, since, session_setting_.max_outbound_bytes);
  // From here on the broker listens for the messages of the room.
  changed_rooms_.erase(room->name());
  shared_->broker->UpdatePresence(room->name());
  AskBroker(room, {.number = session->number(), .since = std::move(since).value_or("")});
}

void ChatWorker::ReadOn(const ChatSession& session) {
  std::optional<RoomMembers::Wanted> wanted = session.room->NextRead(session);
  if (wanted.has_value()) AskBroker(session.room->room(), *std::move(wanted));
}

void ChatWorker::AskBroker(Room* room, RoomMembers::Wanted wanted) {
  auto answered = [this, room, number = wanted.number](absl::StatusOr<Broker::History> history) {
    loop_->Post([this, room, number, history = std::move(history)] {
      // Another room may have this name by now; then no client in it waits with this number.
      if (RoomMembers* const waiting = rooms_.Find(room)) waiting->FinishJoin(number, history);
    });
  };
  shared_->broker->ReadHistory(room->name(), std::move(wanted.since), std::move(answered));
}

void ChatWorker::NoteClients(const Room& room) {
  if (shared_->broker == nullptr) return;
  changed_rooms_.insert(room.name());
  ScheduleTurnEnd();
}

void ChatWorker::ReportConnected(const ChatSession& session, const http::RequestHead& head, int client_count) {
  counters_.connections.Add();
  counters_.connections_open.Add(1);
  log_.Connected(session.connect_time(), session.id(), head, client_count);
  ScheduleTurnEnd();
  if (!shared_->feed->watched()) return;
  shared_->feed->Publish({.kind = ChatEvent::Kind::kConnected,
                          .time = session.connect_time(),
                          .id = session.id(),
                          .room = session.room->room()->name(),
                          .client_count = client_count,
                          .viewer_address = std::string(session.viewer().viewer_address())});
}

void ChatWorker::OnDeliveryEnded(ChatSession* session) {
  shared_->hub->EndDelivery(session->room->room(), session->dialect());
  counters_.disconnects[session->disconnect().index].Add();
}

void ChatWorker::OnEnded(ChatSession* session) {
  control_.Forget(session);
  RoomMembers* const members = session->room;
  Room* const room = members->room();
  const bool watched = shared_->feed->watched();
  std::string room_name = room->name();
  if (!session->name().empty()) room->roster().Remove(session->id());
  NoteClients(*room);
  const int client_count = shared_->hub->Leave(index_, room, session->dialect());
  const auto now = SystemClock::now();
  const ChatSession::CloseSeen close = session->close_seen();
  log_.Closed(now, session->id(),
              {.code = close.code,
               .reason = close.reason,
               .client_count = client_count,
               .room = room_name,
               .viewer = session->viewer().viewer_address(),
               .cloudfront_id = session->viewer().cloudfront_id(),
               .end = session->disconnect().name,
               .duration = now - session->connect_time(),
               .idle = IdleTime(*session, loop_->now(), now),
               .counts = session->counts()});
  if (watched) {
    shared_->feed->Publish({.kind = ChatEvent::Kind::kDisconnected,
                            .time = now,
                            .id = session->id(),
                            .room = std::move(room_name),
                            .client_count = client_count,
                            .close_code = close.code,
                            .close_reason = std::string(close.reason)});
  }
  counters_.connections_open.Add(-1);
  counters_.closes.Add(close.code);
  counters_.queued_bytes.Add(-static_cast<std::int64_t>(session->counted_queue_bytes));
  session->counted_queue_bytes = 0;

  loop_->Retire(members->Remove(session));
  if (members->empty()) rooms_.Remove(room);
  CloseSocket();
}

// ---- Messages.

void ChatWorker::OnMessage(ChatSession* session, bool binary, std::string_view payload) {
  counters_.messages_received.Add();
  counters_.bytes_received.Add(payload.size());
  if (!FitsForReaders(payload, session_setting_.limits.max_message_bytes)) {
    session->Close(Disconnect::kMessageTooBig);
    return;
  }
  if (shared_->broker == nullptr) {
    AddToBatch(session, binary, payload);
  } else {
    AddOutgoing(session, binary, payload);
  }
  ScheduleTurnEnd();
  if (batched_bytes_ >= kMaxBatchBytes) Publish();
}

void ChatWorker::AddOutgoing(ChatSession* session, bool binary, std::string_view payload) {
  RoomMembers* const members = session->room;
  members->AddSender(session);
  outgoing_.push_back({.room = members->room()->name(),
                       .sender = session->id(),
                       .id = "",
                       .text = binary ? text::ReplaceInvalidUtf8(payload) : std::string(payload),
                       .position = "",
                       .name = std::string(session->name())});
  batched_bytes_ += payload.size();
  const MessageBatch::Entry entry{
      .sender = session, .id = session->id(), .binary = binary, .bytes = payload.size(), .part = {}};
  ReportMessage(SystemClock::now(), *members->room(), entry, std::max(members->room()->client_count() - 1, 0));
}

void ChatWorker::AddToBatch(ChatSession* session, bool binary, std::string_view payload) {
  RoomMembers* const members = session->room;
  if (members->batch == nullptr) {
    if (spare_batches_.empty()) spare_batches_.push_back(std::make_unique<MessageBatch>());
    members->batch = std::move(spare_batches_.back());
    spare_batches_.pop_back();
    rooms_to_publish_.push_back(members);
  }
  const int others = members->room()->recipients(Dialect::kPlain) - (session->dialect() == Dialect::kPlain ? 1 : 0);
  MessageBatch* const batch = members->batch.get();
  batched_bytes_ -= batch->bytes();
  batch->Add(session, session->id(), binary, payload,
             others > 0 ? MessageBatch::Audience::kEveryone : MessageBatch::Audience::kSenderOnly, session->name());
  batched_bytes_ += batch->bytes();
}

bool ChatWorker::Congested() const {
  return shared_->hub->congested() || (shared_->broker != nullptr && shared_->broker->congested());
}

void ChatWorker::Publish() {
  if (rooms_to_publish_.empty() && outgoing_.empty()) return;
  for (RoomMembers* const members : rooms_to_publish_) PublishIn(members);
  rooms_to_publish_.clear();
  if (!outgoing_.empty()) shared_->broker->Publish(std::exchange(outgoing_, {}));
  batched_bytes_ = 0;
  if (shared_->hub->history_bytes() > 0) ScheduleTick();
  if (Congested()) session_setting_.reading_paused = true;
}

void ChatWorker::PublishIn(RoomMembers* members) {
  std::unique_ptr<MessageBatch> batch = std::move(members->batch);
  MessageBatch::Taken taken = batch->Take();
  const Hub::Published published = shared_->hub->Publish(index_, members->room(), taken.publication, loop_->now());
  members->Deliver(published.before);
  Report(*members, taken, published.recipients);
  members->DeliverOwn(taken.publication, taken.entries);
  batch->Recycle(std::move(taken.entries));
  if (spare_batches_.size() < kSpareBatches) spare_batches_.push_back(std::move(batch));
}

void ChatWorker::Report(const RoomMembers& members, const MessageBatch::Taken& taken,
                        const std::array<int, 2>& recipients) {
  const auto now = SystemClock::now();
  const auto [plain, resuming] = recipients;
  for (const MessageBatch::Entry& entry : taken.entries) {
    const bool heard = entry.part.broadcast_end > entry.part.broadcast_begin;
    const int alone = entry.sender->dialect() == Dialect::kPlain ? 1 : 0;
    ReportMessage(now, *members.room(), entry, std::max((heard ? plain : alone) + resuming - 1, 0));
  }
}

void ChatWorker::ReportMessage(SystemTime now, const Room& room, const MessageBatch::Entry& entry, int others) {
  if (shared_->log_messages.load(std::memory_order_relaxed)) {
    log_.Received(now, entry.id, entry.bytes, entry.binary);
    log_.Broadcasted(now, entry.id, others);
  }
  if (!shared_->feed->watched()) return;
  shared_->feed->Publish({.kind = ChatEvent::Kind::kMessage,
                          .time = now,
                          .id = entry.id,
                          .room = room.name(),
                          .client_count = room.client_count(),
                          .bytes = entry.bytes,
                          .binary = entry.binary,
                          .broadcast_count = others});
}

void ChatWorker::DeliverWaiting() {
  for (const Hub::RoomPublications& ordered : shared_->hub->Take(index_)) {
    RoomMembers* const members = rooms_.Open(ordered.room);
    if (ordered.lost) {
      members->CloseAll(Disconnect::kOverloaded);
    } else {
      members->Deliver(ordered.publications);
    }
  }
}

void ChatWorker::OnWake() {
  DeliverWaiting();
  if (!session_setting_.reading_paused || Congested()) return;
  session_setting_.reading_paused = false;
  rooms_.ForEachMember([](const Member& member) { member.session->ResumeReading(); });
}

void ChatWorker::SetMessageLimits(std::size_t max_bytes, const RateLimit::Rule& message_rate,
                                  const RateLimit::Rule& byte_rate) {
  session_setting_.limits.max_message_bytes = max_bytes;
  if (message_rate == session_setting_.message_rate && byte_rate == session_setting_.byte_rate) return;
  session_setting_.message_rate = message_rate;
  session_setting_.byte_rate = byte_rate;
  rooms_.ForEachMember([](const Member& member) { member.session->RestartRates(); });
}

void ChatWorker::ScheduleTick() {
  if (!tick_.active()) tick_.SetAfter(kTick);
}

void ChatWorker::OnTimer(net::Timer*) {
  bool needed = shared_->hub->history_bytes() > 0;
  if (needed) shared_->hub->Sweep(loop_->now());
  rooms_.ForEach([&](RoomMembers* members) {
    if (!members->has_resuming()) return;
    members->SendPresence();
    if (shared_->broker != nullptr && !shared_->broker->degraded()) {
      for (RoomMembers::Wanted& wanted : members->UnansweredReads()) AskBroker(members->room(), std::move(wanted));
    }
    needed = true;
  });
  if (needed) ScheduleTick();
}

// ---- The turn's end.

void ChatWorker::OnTurnNeeded(ChatSession* session) {
  sessions_to_finish_.push_back(session);
  ScheduleTurnEnd();
}

void ChatWorker::ScheduleTurnEnd() {
  if (turn_end_scheduled_) return;
  turn_end_scheduled_ = true;
  loop_->AtTurnEnd([this] { FinishTurn(); });
}

void ChatWorker::FinishTurn() {
  Publish();
  // The list may grow during the loop: a session whose write fails must be finished once more.
  for (std::size_t i = 0; i < sessions_to_finish_.size(); ++i) {
    ChatSession* const session = sessions_to_finish_[i];
    session->FinishTurn();
    CountQueue(session);
    if (session->skips_publications() && session->open() && session->queued_bytes() == 0) ReadOn(*session);
  }
  sessions_to_finish_.clear();
  for (const std::string& room : changed_rooms_) shared_->broker->UpdatePresence(room);
  changed_rooms_.clear();
  turn_end_scheduled_ = false;
  log_.Flush(shared_->log);
}

void ChatWorker::CountQueue(ChatSession* session) {
  if (session->ended()) return;
  const std::size_t queued = session->queued_bytes();
  counters_.queued_bytes.Add(static_cast<std::int64_t>(queued) -
                             static_cast<std::int64_t>(session->counted_queue_bytes));
  session->counted_queue_bytes = static_cast<std::uint32_t>(queued);
}

// ---- Draining.

void ChatWorker::StopAccepting() {
  if (listener_ != nullptr) listener_->Close();
  // Iterates backwards, because an idle connection ends at once and the last one takes its place.
  for (std::size_t i = http_connections_.size(); i > 0; --i) http_connections_[i - 1]->Drain();
  rooms_.ForEachMember([](const Member& member) { member.session->ReadArrived(); });
  Publish();
}

void ChatWorker::CloseAll() {
  DeliverWaiting();
  rooms_.ForEachMember([](const Member& member) { member.session->Close(Disconnect::kShuttingDown); });
}

}  // namespace viaduct::origin
