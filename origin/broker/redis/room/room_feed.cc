#include "origin/broker/redis/room/room_feed.h"

#include <algorithm>
#include <chrono>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "origin/broker/redis/room/room_scripts.h"

namespace viaduct::origin {
namespace {

// The limit of one call of the append script.
constexpr std::size_t kBatchMessages = 128;
constexpr std::size_t kBatchBytes = 256 * 1024;
// The limit of one call of the read script.
constexpr int kPageEntries = 256;
constexpr int kPageBytes = 1024 * 1024;
// Bytes of announcements kept while the stream is read; if there are more, the stream is read once more.
constexpr std::size_t kMaxHeldBytes = std::size_t{4} << 20;
// Time for which a task's last number is kept after its last message in a room: longer than any retry can take.
constexpr auto kLastNumberAge = std::chrono::hours(24);

std::string Millis(std::chrono::nanoseconds time) {
  return absl::StrCat(std::chrono::duration_cast<std::chrono::milliseconds>(time).count());
}

}  // namespace

RoomFeed::RoomFeed(std::string room, RoomFeedContext* context)
    : room_(std::move(room)),
      context_(context),
      channel_(context->names->Channel(room_)),
      stream_key_(context->names->Stream(room_)),
      end_key_(context->names->End(room_)),
      last_key_(context->names->LastNumber(room_, context->task)),
      stream_(context->task),
      outbox_(&context->outbox),
      history_(room_, stream_key_, end_key_, context, this) {
  if (context_->link->up()) OnLinkUp();
}

RoomFeed::~RoomFeed() {
  *alive_ = false;
  if (phase_ != Phase::kAway) context_->link->Unsubscribe(channel_);
}

void RoomFeed::Publish(std::uint64_t number, RoomMessage message) {
  if (context_->degraded) {
    stream_.DeliveredOwn(number);
    context_->counters->delivered_degraded.Add();
    outbox_.Push(number, context_->loop->now(), message);
    outbox_.Delivered(number);
    std::vector<RoomMessage> one;
    one.push_back(std::move(message));
    context_->deliver(std::move(one));
    return;
  }
  outbox_.Push(number, context_->loop->now(), std::move(message));
}

void RoomFeed::DeliverUndelivered() {
  if (!outbox_.undelivered_since().has_value()) return;
  stream_.DeliveredOwn(outbox_.last_number());
  std::vector<RoomMessage> messages = outbox_.TakeUndelivered();
  context_->counters->delivered_degraded.Add(messages.size());
  context_->deliver(std::move(messages));
}

void RoomFeed::AppendMore() {
  if (phase_ != Phase::kLive) return;
  const std::vector<const RoomOutbox::Waiting*> batch = outbox_.NextBatch(kBatchMessages, kBatchBytes);
  if (batch.empty()) return;
  std::vector<std::string> arguments = {channel_,
                                        context_->task,
                                        absl::StrCat(context_->stream_messages),
                                        Millis(context_->history_age),
                                        Millis(kLastNumberAge),
                                        Millis(kStreamEndAge)};
  arguments.reserve(arguments.size() + 5 * batch.size());
  for (const RoomOutbox::Waiting* one : batch) {
    const auto sender = one->message.sender.Text();
    arguments.push_back(absl::StrCat(one->number));
    arguments.push_back(one->message.id);
    arguments.emplace_back(sender.data(), sender.size());
    arguments.push_back(one->message.text);
    arguments.push_back(one->message.name);
  }
  context_->link->Call(AppendScript(), {stream_key_, last_key_, end_key_}, arguments,
                       [this, alive = alive_, last = batch.back()->number, count = batch.size()](RedisReply) {
                         if (!*alive) return;
                         context_->counters->appended.Add(count);
                         outbox_.Appended(last);
                         AppendMore();
                       });
}

void RoomFeed::OnLinkUp() {
  phase_ = Phase::kSubscribing;
  context_->link->Subscribe(channel_);
}

void RoomFeed::OnLinkDown() {
  phase_ = Phase::kAway;
  outbox_.Unanswered();
  held_.clear();
  held_bytes_ = 0;
  held_overflowed_ = reread_ = false;
  history_.OnLinkDown();
}

void RoomFeed::OnSubscribed() {
  if (phase_ == Phase::kSubscribing) StartReading();
}

void RoomFeed::OnStreamPosition(StreamId last) {
  // Announcements of the subscription may still be on their way: an entry is lost only if it is still missing the next
  // time.
  const bool behind = phase_ == Phase::kLive && stream_.last() < stream_was_at_;
  stream_was_at_ = last;
  if (behind) StartReading();
}

void RoomFeed::StartReading() {
  phase_ = Phase::kReading;
  ReadOn();
}

// Reads only the stream's position the first time, and later the entries after our position.
void RoomFeed::ReadOn() {
  const std::string from = stream_.started() ? absl::StrCat("(", stream_.last().ToString()) : "+";
  context_->link->Call(ReadScript(), {stream_key_, end_key_},
                       {from, absl::StrCat(kPageEntries), absl::StrCat(kPageBytes), "-1"},
                       [this, alive = alive_](RedisReply reply) {
                         if (*alive) OnPage(std::move(reply));
                       });
}

void RoomFeed::OnPage(RedisReply reply) {
  std::optional<StreamId> last;
  std::optional<std::vector<RoomEntry>> entries;
  if (reply.elements.size() == 2) {
    last = StreamId::Parse(reply.elements[0].text);
    entries = ParseRoomEntries(room_, std::move(reply.elements[1]));
  }
  if (!last.has_value() || !entries.has_value()) {
    return context_->link->GiveUp(absl::DataLossError(absl::StrCat(stream_key_, ": not written by a chat")));
  }
  if (!stream_.started()) {
    stream_.StartAt(*last);
    return FinishReading();
  }
  const StreamId asked_after = stream_.last();
  TakeHeld();
  std::erase_if(*entries, [this](const RoomEntry& entry) { return entry.id <= stream_.last(); });
  if (entries->empty()) {
    // A stream that ends before our position is another one. Announcements kept meanwhile may be ahead of this answer.
    if (*last < asked_after || stream_.last() < *last) {
      NoteGap(stream_.last(), *last);
      stream_.StartAt(*last);
    }
    return FinishReading();
  }
  if (entries->front().previous != stream_.last()) NoteGap(stream_.last(), entries->front().id);
  std::vector<RoomMessage> fresh;
  for (RoomEntry& entry : *entries) Take(std::move(entry), &fresh);
  context_->counters->refilled.Add(fresh.size());
  Deliver(std::move(fresh));
  if (stream_.last() < *last) return ReadOn();
  FinishReading();
}

// Takes the kept announcements that join: a stream with a low limit may no longer have them.
void RoomFeed::TakeHeld() {
  std::vector<RoomMessage> fresh;
  auto entry = held_.begin();
  for (; entry != held_.end() && stream_.Follows(*entry); ++entry) Take(std::move(*entry), &fresh);
  held_.erase(held_.begin(), entry);
  Deliver(std::move(fresh));
}

void RoomFeed::FinishReading() {
  if (held_overflowed_) {
    held_overflowed_ = false;
    return ReadOn();
  }
  phase_ = Phase::kLive;
  held_bytes_ = 0;
  Pass(std::exchange(held_, {}));
  AppendMore();
  history_.StartReads();
}

void RoomFeed::OnEntries(std::vector<RoomEntry> entries) {
  if (phase_ == Phase::kReading) return Hold(std::move(entries));
  if (phase_ == Phase::kLive) Pass(std::move(entries));
}

void RoomFeed::Hold(std::vector<RoomEntry> entries) {
  for (RoomEntry& entry : entries) {
    held_bytes_ += entry.bytes();
    held_.push_back(std::move(entry));
  }
  if (held_bytes_ <= kMaxHeldBytes) return;
  held_.clear();
  held_bytes_ = 0;
  held_overflowed_ = true;
}

// Delivers entries up to the first hole.
void RoomFeed::Pass(std::vector<RoomEntry> entries) {
  std::vector<RoomMessage> fresh;
  for (auto entry = entries.begin(); entry != entries.end(); ++entry) {
    const bool hole = !stream_.Follows(*entry);
    if (hole && !reread_) {
      Deliver(std::move(fresh));
      reread_ = true;
      Hold({std::make_move_iterator(entry), std::make_move_iterator(entries.end())});
      return StartReading();
    }
    if (hole) NoteGap(stream_.last(), entry->id);
    reread_ = false;
    Take(std::move(*entry), &fresh);
  }
  Deliver(std::move(fresh));
}

void RoomFeed::Take(RoomEntry entry, std::vector<RoomMessage>* fresh) {
  const bool passed_before = entry.id <= stream_.last();
  const bool deliver = stream_.Take(entry);
  if (entry.task == context_->task) outbox_.Arrived(entry.number);
  if (history_.reading() && !passed_before) {
    if (deliver) fresh->push_back(entry.message);
    history_.OnPassed(std::move(entry));
  } else if (deliver) {
    fresh->push_back(std::move(entry.message));
  }
}

void RoomFeed::Deliver(std::vector<RoomMessage> messages) {
  if (messages.empty()) return;
  context_->counters->received.Add(messages.size());
  context_->deliver(std::move(messages));
}

void RoomFeed::NoteGap(StreamId after, StreamId before) {
  context_->counters->gaps.Add();
  context_->logger->Log(ops::LogLevel::kError, std::chrono::system_clock::now(),
                        "messages lost: not in the history any more",
                        {{"room", room_}, {"after", after.ToString()}, {"before", before.ToString()}});
}

}  // namespace viaduct::origin
