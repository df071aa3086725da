#include "origin/chat_worker.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <string>
#include <utility>

#include "origin/chat_message.h"
#include "websocket/frame_header.h"

namespace viaduct {
namespace {

// One read takes up to this much; what a session has not used of a frame header stands before it.
constexpr std::size_t kReadBytes = 64 * 1024 + kMaxFrameHeaderBytes;

// A turn's messages are published early when their frames have grown to this.
constexpr std::size_t kMaxBatchBytes = 256 * 1024;

// How many publications one write gathers.
constexpr std::size_t kMaxGathered = 32;

// Connections over the limit that are still told 503; further ones are just cut.
constexpr int kToldOverLimit = 64;

using SystemClock = std::chrono::system_clock;

template <typename Enum>
std::size_t Index(Enum value) {
  return static_cast<std::size_t>(value);
}

}  // namespace

ChatWorker::ChatWorker(std::size_t index, EventLoop* loop, ChatShared* shared)
    : index_(index),
      loop_(loop),
      shared_(shared),
      read_buffer_(kReadBytes),
      fields_(HeadLimits().max_fields),
      session_setting_{.loop = loop,
                       .owner = this,
                       .limits = {.max_message_bytes = shared->config->max_message_bytes,
                                  .max_fragments = shared->config->max_fragments},
                       .max_outbound_bytes = shared->config->max_outbound_bytes,
                       .close_timeout = shared->config->close_timeout,
                       .message_timeout = shared->config->message_timeout,
                       .read_buffer = read_buffer_},
      http_setting_{.loop = loop,
                    .owner = this,
                    .files = PageFiles(),
                    .limits = HeadLimits(),
                    .request_head_timeout = shared->config->request_head_timeout,
                    .keep_alive_timeout = shared->config->keep_alive_timeout,
                    .read_buffer = read_buffer_,
                    .fields = fields_} {}

ChatWorker::~ChatWorker() = default;

// ---- Connections.

void ChatWorker::Listen(UniqueFd socket, Listener::OnAccept place) {
  listener_ = std::make_unique<Listener>(loop_, std::move(socket), std::move(place));
}

void ChatWorker::Adopt(UniqueFd socket, const SocketAddress& peer) {
  const int open = shared_->sockets.fetch_add(1) + 1;
  const int limit = shared_->config->max_connections;
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
  return {.draining = shared_->draining, .date = http_date_.Text(std::time(nullptr))};
}

void ChatWorker::OnUpgradeRefused(UpgradeRefusal refusal) { counters_.upgrade_refusals[Index(refusal)].Add(); }
void ChatWorker::OnBadHead(HeadError error) { counters_.bad_heads[Index(error)].Add(); }

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

void ChatWorker::OnUpgrade(HttpConnection* connection, const RequestHead& head, std::string_view key,
                           std::span<char> early) {
  const Hub::Joined joined = shared_->hub->Join(index_);
  Deliver(joined.before);

  const Uuid id = uuids_.Next();
  const std::uint64_t number = shared_->last_number.fetch_add(1) + 1;
  auto session = std::make_unique<ChatSession>(&session_setting_, connection->TakeSocket(), id, number,
                                               Visitor(head, connection->peer()));
  ChatSession* const started = session.get();
  started->slot = members_.size();
  members_.push_back({.number = number, .id = id, .session = std::move(session)});
  counters_.connections.Add();
  counters_.connections_open.Add(1);
  log_.Connected(started->connect_time(), id, head, joined.client_count);
  if (shared_->feed->watched()) {
    shared_->feed->Publish({.kind = ChatEvent::Kind::kConnected,
                            .time = started->connect_time(),
                            .id = id,
                            .client_count = joined.client_count,
                            .viewer_address = std::string(started->visitor().viewer_address())});
  }

  const auto id_text = id.Text();
  std::string welcome;
  const std::size_t payload = AppendWelcomeFrame(&welcome, {id_text.data(), id_text.size()}, joined.client_count);
  started->Start(SwitchingProtocols(key), std::move(welcome), payload, early);
  counters_.deliveries.Add();
  counters_.bytes_delivered.Add(payload);
  Remove(connection);
}

void ChatWorker::OnDeliveryEnded(ChatSession* session) {
  shared_->hub->EndDelivery();
  counters_.disconnects[Index(session->disconnect())].Add();
}

void ChatWorker::OnEnded(ChatSession* session) {
  const int client_count = shared_->hub->Leave();
  const auto now = SystemClock::now();
  const ChatSession::CloseSeen close = session->close_seen();
  log_.Closed(now, session->id(), close.code, close.reason, client_count);
  if (shared_->feed->watched()) {
    shared_->feed->Publish({.kind = ChatEvent::Kind::kDisconnected,
                            .time = now,
                            .id = session->id(),
                            .client_count = client_count,
                            .close_code = close.code,
                            .close_reason = std::string(close.reason)});
  }
  counters_.connections_open.Add(-1);
  counters_.closes.Add(close.code);
  counters_.queued_bytes.Add(-static_cast<std::int64_t>(session->counted_queue_bytes));
  session->counted_queue_bytes = 0;

  const std::size_t slot = session->slot;
  std::swap(members_[slot], members_.back());
  members_[slot].session->slot = slot;
  loop_->Retire(std::move(members_.back().session));
  members_.pop_back();
  CloseSocket();
}

// ---- Messages.

void ChatWorker::OnMessage(ChatSession* session, bool binary, std::string_view payload) {
  counters_.messages_received.Add();
  counters_.bytes_received.Add(payload.size());
  const auto audience =
      shared_->hub->recipient_count() > 1 ? MessageBatch::Audience::kEveryone : MessageBatch::Audience::kSenderOnly;
  batch_.Add(session, session->id(), binary, payload, audience);
  ScheduleTurnEnd();
  if (batch_.bytes() >= kMaxBatchBytes) Publish();
}

void ChatWorker::Publish() {
  if (batch_.empty()) return;
  MessageBatch::Taken taken = batch_.Take();
  int recipients = 1;
  if (taken.broadcasts->messages > 0) {
    const Hub::Published published = shared_->hub->Publish(index_, taken.broadcasts);
    recipients = published.recipients;
    Deliver(published.before);
  }
  Report(taken, recipients);
  DeliverOwn(taken);
  batch_.Recycle(std::move(taken.entries));
  if (shared_->hub->congested()) session_setting_.reading_paused = true;
}

void ChatWorker::Report(const MessageBatch::Taken& taken, int recipients) {
  const auto now = SystemClock::now();
  const bool watched = shared_->feed->watched();
  for (const MessageBatch::Entry& entry : taken.entries) {
    const bool heard = entry.broadcast_end > entry.broadcast_begin;
    const int others = heard ? std::max(recipients - 1, 0) : 0;
    log_.Received(now, entry.id, entry.bytes, entry.binary);
    log_.Broadcasted(now, entry.id, others);
    if (!watched) continue;
    shared_->feed->Publish({.kind = ChatEvent::Kind::kMessage,
                            .time = now,
                            .id = entry.id,
                            .client_count = shared_->hub->client_count(),
                            .bytes = entry.bytes,
                            .binary = entry.binary,
                            .broadcast_count = others});
  }
}

void ChatWorker::Deliver(std::span<const SharedPublication> publications) {
  while (!publications.empty()) {
    const auto some = publications.first(std::min(publications.size(), kMaxGathered));
    publications = publications.subspan(some.size());
    std::array<iovec, kMaxGathered> parts;
    ChatSession::Delivery delivery{.publications = some, .parts = std::span(parts).first(some.size())};
    for (std::size_t i = 0; i < some.size(); ++i) {
      const Publication& publication = *some[i];
      parts[i] = {const_cast<char*>(publication.frames.data()), publication.frames.size()};
      delivery.bytes += publication.frames.size();
      delivery.messages += publication.messages;
      delivery.payload_bytes += publication.payload_bytes;
    }
    std::uint64_t receivers = 0;
    for (const Member& member : members_) receivers += member.session->Deliver(delivery) ? 1 : 0;
    counters_.deliveries.Add(receivers * delivery.messages);
    counters_.bytes_delivered.Add(receivers * delivery.payload_bytes);
  }
}

void ChatWorker::DeliverOwn(const MessageBatch::Taken& taken) {
  ++turn_;
  for (std::size_t i = 0; i < taken.entries.size(); ++i) {
    const MessageBatch::Entry& entry = taken.entries[i];
    ChatSession* const sender = entry.sender;
    const bool sent_before = sender->batch_mark.turn == turn_;
    DeliverBetween(sender, taken, sent_before ? &taken.entries[sender->batch_mark.entry] : nullptr, &entry);
    if (sender->DeliverPart(taken.echoes, entry.echo_begin, entry.echo_end - entry.echo_begin, 1, entry.echo_payload)) {
      counters_.deliveries.Add();
      counters_.bytes_delivered.Add(entry.echo_payload);
    }
    sender->batch_mark = {.turn = turn_, .entry = i};
  }
  if (taken.broadcasts->messages == 0) return;

  const iovec part = {const_cast<char*>(taken.broadcasts->frames.data()), taken.broadcasts->frames.size()};
  const ChatSession::Delivery whole{.publications = std::span(&taken.broadcasts, 1),
                                    .parts = std::span(&part, 1),
                                    .bytes = part.iov_len,
                                    .messages = taken.broadcasts->messages,
                                    .payload_bytes = taken.broadcasts->payload_bytes};
  std::uint64_t receivers = 0;
  for (const Member& member : members_) {
    ChatSession* const session = member.session.get();
    if (session->batch_mark.turn == turn_) {
      DeliverBetween(session, taken, &taken.entries[session->batch_mark.entry], nullptr);
    } else {
      receivers += session->Deliver(whole) ? 1 : 0;
    }
  }
  counters_.deliveries.Add(receivers * whole.messages);
  counters_.bytes_delivered.Add(receivers * whole.payload_bytes);
}

void ChatWorker::DeliverBetween(ChatSession* session, const MessageBatch::Taken& taken, const MessageBatch::Entry* from,
                                const MessageBatch::Entry* to) {
  const Publication& all = *taken.broadcasts;
  const std::size_t begin = from == nullptr ? 0 : from->broadcast_end;
  const std::size_t end = to == nullptr ? all.frames.size() : to->broadcast_begin;
  if (begin == end) return;
  std::uint64_t messages = to == nullptr ? all.messages : to->messages_before;
  std::uint64_t payload = to == nullptr ? all.payload_bytes : to->payload_before;
  if (from != nullptr) {
    messages -= from->messages_before + (from->broadcast_end > from->broadcast_begin ? 1 : 0);
    payload -= from->payload_before + from->broadcast_payload;
  }
  if (!session->DeliverPart(FramesOf(taken.broadcasts), begin, end - begin, messages, payload)) return;
  counters_.deliveries.Add(messages);
  counters_.bytes_delivered.Add(payload);
}

void ChatWorker::OnWake() {
  Deliver(shared_->hub->Take(index_));
  if (!session_setting_.reading_paused || shared_->hub->congested()) return;
  session_setting_.reading_paused = false;
  for (const Member& member : members_) member.session->ResumeReading();
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
  // Grows while it is walked: a write that fails needs one more look.
  for (std::size_t i = 0; i < sessions_to_finish_.size(); ++i) {
    ChatSession* const session = sessions_to_finish_[i];
    session->FinishTurn();
    CountQueue(session);
  }
  sessions_to_finish_.clear();
  turn_end_scheduled_ = false;
  log_.Flush(shared_->log);
}

void ChatWorker::CountQueue(ChatSession* session) {
  if (session->ended()) return;
  const std::size_t queued = session->queued_bytes();
  counters_.queued_bytes.Add(static_cast<std::int64_t>(queued) -
                             static_cast<std::int64_t>(session->counted_queue_bytes));
  session->counted_queue_bytes = queued;
}

// ---- Draining.

void ChatWorker::StopAccepting() {
  if (listener_ != nullptr) listener_->Close();
  // Backwards, since an idle connection ends at once and the last one takes its place.
  for (std::size_t i = http_connections_.size(); i > 0; --i) http_connections_[i - 1]->Drain();
  for (const Member& member : members_) member.session->ReadArrived();
  Publish();
}

void ChatWorker::CloseEverybody() {
  Deliver(shared_->hub->Take(index_));
  for (const Member& member : members_) {
    member.session->Close(Disconnect::kShuttingDown, DisconnectCode(Disconnect::kShuttingDown),
                          DisconnectReason(Disconnect::kShuttingDown));
  }
}

// ---- For operators.

ChatSession* ChatWorker::Find(const Uuid& id) const {
  const auto found = std::find_if(members_.begin(), members_.end(), [&](const Member& m) { return m.id == id; });
  return found == members_.end() ? nullptr : found->session.get();
}

ConnectionView ChatWorker::ViewOf(const ChatSession& session) const {
  const Visitor& visitor = session.visitor();
  const ChatSession::Counts& counts = session.counts();
  ConnectionView view{.number = session.number(),
                      .id = session.id(),
                      .connect_time = session.connect_time(),
                      .peer_address = std::string(visitor.peer_address()),
                      .viewer_address = std::string(visitor.viewer_address()),
                      .forwarded_for = std::string(visitor.forwarded_for()),
                      .cloudfront_id = std::string(visitor.cloudfront_id()),
                      .user_agent = std::string(visitor.user_agent()),
                      .messages_received = counts.messages_received,
                      .bytes_received = counts.bytes_received,
                      .messages_sent = counts.messages_sent,
                      .bytes_sent = counts.bytes_sent,
                      .queued_bytes = session.queued_bytes()};
  if (const auto last = session.last_message_at()) {
    view.last_message_time =
        SystemClock::now() - std::chrono::duration_cast<SystemClock::duration>(Clock::now() - *last);
  }
  return view;
}

std::optional<ConnectionView> ChatWorker::View(const Uuid& id) const {
  const ChatSession* session = Find(id);
  if (session == nullptr) return std::nullopt;
  return ViewOf(*session);
}

std::vector<ConnectionView> ChatWorker::ViewsAfter(std::uint64_t after, std::size_t limit) const {
  std::vector<const Member*> later;
  for (const Member& member : members_) {
    if (member.number > after) later.push_back(&member);
  }
  const std::size_t count = std::min(limit, later.size());
  std::partial_sort(later.begin(), later.begin() + static_cast<std::ptrdiff_t>(count), later.end(),
                    [](const Member* a, const Member* b) { return a->number < b->number; });
  std::vector<ConnectionView> views;
  views.reserve(count);
  for (std::size_t i = 0; i < count; ++i) views.push_back(ViewOf(*later[i]->session));
  return views;
}

std::optional<ChatSession::SendOutcome> ChatWorker::SendTo(const Uuid& id, std::shared_ptr<const std::string> frame,
                                                           std::uint64_t payload_bytes) {
  ChatSession* session = Find(id);
  if (session == nullptr) return std::nullopt;
  const ChatSession::SendOutcome outcome = session->Send(std::move(frame), payload_bytes);
  if (outcome == ChatSession::SendOutcome::kQueued) {
    counters_.deliveries.Add();
    counters_.bytes_delivered.Add(payload_bytes);
  }
  return outcome;
}

bool ChatWorker::Close(const Uuid& id, std::uint16_t code, std::string_view reason) {
  ChatSession* session = Find(id);
  if (session == nullptr) return false;
  session->Close(Disconnect::kClosedByOperator, code, reason);
  return true;
}

}  // namespace viaduct
