#include "origin/room/room_members.h"

#include <sys/uio.h>

#include <algorithm>
#include <string>
#include <utility>

#include "origin/message/chat_frames.h"

namespace viaduct::origin {
namespace {

// The number of publications that one write gathers.
constexpr std::size_t kMaxGathered = 32;

iovec PartOf(const std::string& text) { return {const_cast<char*>(text.data()), text.size()}; }

}  // namespace

void RoomMembers::Add(std::unique_ptr<ChatSession> session, int sent_client_count) {
  if (session->dialect() == Dialect::kResuming && !has_resuming()) {
    sent_client_count_ = sent_client_count;
    sent_people_ = room_->roster().Json();
  }
  if (MembersOf(session->format()) == nullptr) groups_.push_back({.format = session->format(), .members = {}});
  std::vector<Member>& members = *MembersOf(session->format());
  session->room = this;
  session->slot = static_cast<std::uint32_t>(members.size());
  members.push_back({.number = session->number(), .id = session->id(), .session = std::move(session)});
}

std::unique_ptr<ChatSession> RoomMembers::Remove(ChatSession* session) {
  std::vector<Member>& members = *MembersOf(session->format());
  const std::uint32_t slot = session->slot;
  std::swap(members[slot], members.back());
  members[slot].session->slot = slot;
  senders_.erase(session->id());
  std::erase_if(joins_, [session](const Join& join) { return join.session == session; });
  std::unique_ptr<ChatSession> removed = std::move(members.back().session);
  members.pop_back();
  if (members.empty()) std::erase_if(groups_, [](const Group& group) { return group.members.empty(); });
  return removed;
}

std::vector<RoomMembers::Member>* RoomMembers::MembersOf(FrameFormat format) {
  for (Group& group : groups_) {
    if (group.format == format) return &group.members;
  }
  return nullptr;
}

bool RoomMembers::has_resuming() const {
  return std::any_of(groups_.begin(), groups_.end(),
                     [](const Group& group) { return group.format.dialect == Dialect::kResuming; });
}

void RoomMembers::Count(std::uint64_t messages, std::uint64_t payload_bytes) {
  counters_->deliveries.Add(messages);
  counters_->bytes_delivered.Add(payload_bytes);
}

// ---- Messages of others.

void RoomMembers::Deliver(std::span<const SharedPublication> publications) {
  const auto all = publications;
  while (!publications.empty()) {
    if (HasSenderOf(*publications.front())) {
      DeliverToSenders(publications.front());
      publications = publications.subspan(1);
      continue;
    }
    const auto end = std::find_if(publications.begin(), publications.end(),
                                  [this](const SharedPublication& publication) { return HasSenderOf(*publication); });
    const auto plain = publications.first(static_cast<std::size_t>(end - publications.begin()));
    publications = publications.subspan(plain.size());
    for (const Group& group : groups_) DeliverIn(group, plain);
  }
  if (!joins_.empty()) HoldForJoins(all);
}

bool RoomMembers::HasSenderOf(const Publication& publication) const {
  return !senders_.empty() && std::any_of(publication.sent.begin(), publication.sent.end(),
                                          [this](const auto& sent) { return senders_.contains(sent.sender); });
}

void RoomMembers::DeliverToSenders(const SharedPublication& publication) {
  std::vector<MessageBatch::Entry> entries;
  entries.reserve(publication->sent.size());
  for (const Publication::Sent& sent : publication->sent) {
    const auto sender = senders_.find(sent.sender);
    entries.push_back({.sender = sender == senders_.end() ? nullptr : sender->second,
                       .id = sent.sender,
                       .binary = false,
                       .bytes = 0,
                       .part = sent.part});
  }
  DeliverOwn(publication, entries);
}

void RoomMembers::DeliverIn(const Group& group, std::span<const SharedPublication> publications) {
  while (!publications.empty()) {
    const auto some = publications.first(std::min(publications.size(), kMaxGathered));
    publications = publications.subspan(some.size());
    std::array<iovec, kMaxGathered> parts;
    ChatSession::Delivery delivery{.publications = some, .parts = std::span(parts).first(some.size())};
    for (std::size_t i = 0; i < some.size(); ++i) {
      const Broadcasts broadcasts = BroadcastsOf(*some[i], group.format, deflater_);
      parts[i] = PartOf(*broadcasts.frames);
      delivery.bytes += parts[i].iov_len;
      delivery.messages += broadcasts.messages;
      delivery.payload_bytes += broadcasts.payload_bytes;
    }
    if (delivery.bytes == 0) continue;
    std::uint64_t receivers = 0;
    for (const Member& member : group.members) receivers += member.session->Deliver(delivery) ? 1 : 0;
    Count(receivers * delivery.messages, receivers * delivery.payload_bytes);
  }
}

// ---- Messages of this worker's clients.

void RoomMembers::DeliverOwn(const SharedPublication& publication, std::span<const MessageBatch::Entry> entries) {
  ++turn_;
  for (const Group& group : groups_) DeliverOwnIn(group, publication, entries);
}

void RoomMembers::DeliverOwnIn(const Group& group, const SharedPublication& publication,
                               std::span<const MessageBatch::Entry> entries) {
  const Dialect dialect = group.format.dialect;
  const EncodedBatch encoded{.format = group.format,
                             .publication = publication,
                             .broadcasts = BroadcastsOf(*publication, group.format, deflater_),
                             .echoes = EchoesOf(publication, dialect),
                             .entries = entries,
                             .positioned = dialect == Dialect::kResuming ? &publication->Positioned() : nullptr};
  DeliverEchoes(encoded);
  if (encoded.broadcasts.messages == 0) return;

  const iovec part = PartOf(*encoded.broadcasts.frames);
  const ChatSession::Delivery whole{.publications = std::span(&publication, 1),
                                    .parts = std::span(&part, 1),
                                    .bytes = part.iov_len,
                                    .messages = encoded.broadcasts.messages,
                                    .payload_bytes = encoded.broadcasts.payload_bytes};
  std::uint64_t receivers = 0;
  for (const Member& member : group.members) {
    ChatSession* const session = member.session.get();
    if (session->batch_mark.turn == turn_) {
      DeliverBetween(session, encoded, &encoded.Part(session->batch_mark.entry), nullptr);
    } else {
      receivers += session->Deliver(whole) ? 1 : 0;
    }
  }
  Count(receivers * whole.messages, receivers * whole.payload_bytes);
}

void RoomMembers::DeliverEchoes(const EncodedBatch& encoded) {
  for (std::size_t i = 0; i < encoded.entries.size(); ++i) {
    ChatSession* const sender = encoded.entries[i].sender;
    if (sender == nullptr || sender->format() != encoded.format || sender->skips_publications()) continue;
    const FramePart& part = encoded.Part(i);
    const bool sent_before = sender->batch_mark.turn == turn_;
    DeliverBetween(sender, encoded, sent_before ? &encoded.Part(sender->batch_mark.entry) : nullptr, &part);
    const std::size_t size = part.echo_end - part.echo_begin;
    // The sender of a single message gets only its echo.
    const bool delivered = encoded.entries.size() == 1
                               ? sender->DeliverLonePart(encoded.echoes, part.echo_begin, size, part.echo_payload)
                               : sender->DeliverPart(encoded.echoes, part.echo_begin, size, 1, part.echo_payload);
    if (delivered) Count(1, part.echo_payload);
    sender->batch_mark = {.entry = i, .turn = turn_};
  }
}

std::size_t RoomMembers::EncodedBatch::BeginOf(const FramePart& part) const {
  return broadcasts.deflated == nullptr ? part.broadcast_begin : broadcasts.deflated->EndOf(part.messages_before);
}

std::size_t RoomMembers::EncodedBatch::EndOf(const FramePart& part) const {
  if (broadcasts.deflated == nullptr) return part.broadcast_end;
  return broadcasts.deflated->EndOf(part.messages_before + (part.broadcast_end > part.broadcast_begin ? 1 : 0));
}

void RoomMembers::DeliverBetween(ChatSession* session, const EncodedBatch& encoded, const FramePart* from,
                                 const FramePart* to) {
  const Broadcasts& all = encoded.broadcasts;
  const std::size_t begin = from == nullptr ? 0 : encoded.EndOf(*from);
  const std::size_t end = to == nullptr ? all.frames->size() : encoded.BeginOf(*to);
  if (begin == end) return;
  std::uint64_t messages = to == nullptr ? all.messages : to->messages_before;
  std::uint64_t payload = to == nullptr ? all.payload_bytes : to->payload_before;
  if (from != nullptr) {
    messages -= from->messages_before + (from->broadcast_end > from->broadcast_begin ? 1 : 0);
    payload -= from->payload_before + from->broadcast_payload;
  }
  std::shared_ptr<const std::string> frames(encoded.publication, all.frames);
  if (session->DeliverPart(std::move(frames), begin, end - begin, messages, payload)) Count(messages, payload);
}

// ---- Clients that wait for the broker.

void RoomMembers::BeginJoin(ChatSession* session, std::optional<std::string> since, std::size_t max_bytes) {
  joins_.push_back(
      {.session = session, .pending = std::make_unique<PendingJoin>(session->id(), std::move(since), max_bytes)});
}

void RoomMembers::HoldForJoins(std::span<const SharedPublication> publications) {
  // Iterates backwards, because a finished join is removed.
  for (std::size_t i = joins_.size(); i > 0; --i) {
    Join& join = joins_[i - 1];
    if (join.state != Join::State::kAsked) {
      ClientFrames frames = join.pending->FramesBetween(publications);
      const std::size_t size = frames.text.size();
      auto text = std::make_shared<const std::string>(std::move(frames.text));
      if (join.session->DeliverPart(std::move(text), 0, size, frames.messages, frames.payload_bytes)) {
        Count(frames.messages, frames.payload_bytes);
      }
    } else if (!join.pending->Hold(publications)) {
      if (join.pending->resumes()) {
        join.session->Close(Disconnect::kOverloaded);
        joins_.erase(joins_.begin() + static_cast<std::ptrdiff_t>(i - 1));
        continue;
      }
      FinishJoinAt(i - 1, absl::ResourceExhaustedError("too many messages arrived while history was read"));
    }
  }
}

void RoomMembers::FinishJoin(std::uint64_t number, const absl::StatusOr<Broker::History>& history) {
  for (std::size_t i = 0; i < joins_.size(); ++i) {
    if (joins_[i].session->number() == number && joins_[i].state == Join::State::kAsked) {
      return FinishJoinAt(i, history);
    }
  }
}

void RoomMembers::FinishJoinAt(std::size_t index, const absl::StatusOr<Broker::History>& history) {
  Join& join = joins_[index];
  ChatSession* const session = join.session;
  const auto forget = [this, index] { joins_.erase(joins_.begin() + static_cast<std::ptrdiff_t>(index)); };
  if (history.ok()) room_->set_subscribed();
  const bool gap = !history.ok() || history->kind == Broker::History::Kind::kGap;
  if (join.welcomed && history.ok() && gap && !join.told_gap) {
    // It was told that nothing is missing. When it returns, it is told what is.
    session->Close(Disconnect::kSlowConsumer);
    return forget();
  }
  join.told_gap |= gap;
  join.state = history.ok() ? Join::State::kAnswered : Join::State::kUnanswered;
  const bool completes = join.pending->Completes(history);
  const bool first = !std::exchange(join.welcomed, true);
  const std::shared_ptr<const std::string> people = room_->roster().Json();
  ClientFrames frames = first ? join.pending->FirstFrames({.room = room_->name(),
                                                           .client_count = room_->client_count(),
                                                           .max_message_bytes = session->max_message_bytes(),
                                                           .people = *people},
                                                          history)
                              : join.pending->FurtherFrames(history);
  if (completes) forget();
  session->SkipPublications(!completes);
  const std::uint64_t messages = frames.messages;
  const std::uint64_t payload_bytes = frames.payload_bytes;
  if (first ? session->Welcome(std::move(frames)) : session->Tell(std::move(frames))) Count(messages, payload_bytes);
}

RoomMembers::Wanted RoomMembers::Ask(Join* join) {
  join->state = Join::State::kAsked;
  return {.number = join->session->number(), .since = join->pending->since()};
}

std::optional<RoomMembers::Wanted> RoomMembers::NextRead(const ChatSession& session) {
  for (Join& join : joins_) {
    if (join.session == &session && join.state == Join::State::kAnswered) return Ask(&join);
  }
  return std::nullopt;
}

std::vector<RoomMembers::Wanted> RoomMembers::UnansweredReads() {
  std::vector<Wanted> wanted;
  for (Join& join : joins_) {
    if (join.state == Join::State::kUnanswered) wanted.push_back(Ask(&join));
  }
  return wanted;
}

// ---- All clients.

void RoomMembers::CloseAll(const Disconnect& disconnect) {
  ForEach([&disconnect](const Member& member) { member.session->Close(disconnect); });
}

void RoomMembers::SendPresence() {
  const int clients = room_->client_count();
  std::shared_ptr<const std::string> people = room_->roster().Json();
  if (clients == sent_client_count_ && people == sent_people_) return;
  sent_client_count_ = clients;
  sent_people_ = std::move(people);
  auto frame = std::make_shared<std::string>();
  const std::size_t payload = AppendPresenceFrame(frame.get(), clients, *sent_people_);
  ForEach([&](const Member& member) {
    if (member.session->dialect() != Dialect::kResuming) return;
    if (member.session->DeliverPart(frame, 0, frame->size(), 1, payload)) Count(1, payload);
  });
}

}  // namespace viaduct::origin
