#include "origin/broker/redis/room/room_history.h"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "origin/broker/redis/room/room_scripts.h"
#include "origin/message/since.h"

namespace viaduct::origin {
namespace {

// After a deploy all clients resume at once; live messages must not wait behind their reads.
constexpr int kMaxReadsAtOnce = 8;
// Bytes of entries that may pass in a room while it is read.
constexpr std::size_t kMaxPassedBytes = std::size_t{16} << 20;
// The limit of one answer.
constexpr int kPageEntries = 256;
constexpr int kPageBytes = 512 * 1024;

// Redis refuses to read what follows it.
constexpr StreamId kHighestId{.millis = std::numeric_limits<std::uint64_t>::max(),
                              .sequence = std::numeric_limits<std::uint64_t>::max()};

// Redis's time is part of each entry's id.
RoomMessage MessageOf(RoomEntry entry) {
  entry.message.sent_ms = static_cast<std::int64_t>(entry.id.millis);
  return std::move(entry.message);
}

}  // namespace

RoomHistory::RoomHistory(std::string room, std::string stream_key, std::string end_key, RoomFeedContext* context,
                         Feed* feed)
    : room_(std::move(room)),
      stream_key_(std::move(stream_key)),
      end_key_(std::move(end_key)),
      context_(context),
      feed_(feed) {}

RoomHistory::~RoomHistory() {
  *alive_ = false;
  context_->wanting_history.erase(this);
  context_->history_reads -= under_way_;
}

void RoomHistory::Read(std::string since, net::Clock::time_point deadline, Done done) {
  auto read = std::make_shared<Request>();
  read->since = StreamId::Parse(since);
  if (read->since == kHighestId) read->since.reset();
  read->newest = NewestAsked(since);
  read->since_text = std::move(since);
  read->deadline = deadline;
  read->done = std::move(done);
  reads_.push_back(std::move(read));
  StartReads();
}

void RoomHistory::StartReads() {
  for (const RequestPointer& read : std::list<RequestPointer>(reads_)) {
    if (!feed_->live() || context_->degraded) return;
    if (read->started || read->done == nullptr) continue;
    if (read->since_text.empty()) {
      End(read, Broker::History{.messages = {}, .position = feed_->position().ToString()});
    } else if (context_->history_reads < kMaxReadsAtOnce) {
      Started(read);
      ReadPage(read);
    } else {
      context_->wanting_history.insert(this);
      return;
    }
  }
}

void RoomHistory::Started(const RequestPointer& read) {
  read->started = true;
  ++under_way_;
  ++context_->history_reads;
}

void RoomHistory::Stopped(const RequestPointer& read) {
  if (!std::exchange(read->started, false)) return;
  --context_->history_reads;
  if (--under_way_ > 0) return;
  passed_.clear();
  passed_bytes_ = 0;
}

void RoomHistory::OnPassed(RoomEntry entry) {
  passed_bytes_ += entry.bytes();
  passed_.push_back(std::move(entry));
}

void RoomHistory::OnLinkDown() {
  // Reads that were under way fail; the others may wait.
  for (const RequestPointer& read : std::list<RequestPointer>(reads_)) {
    if (read->started) End(read, absl::UnavailableError("the connection to Redis was lost"));
  }
}

void RoomHistory::ReadPage(const RequestPointer& read) {
  const std::size_t newest = std::min(read->newest.value_or(context_->history_messages), context_->history_messages);
  const std::string from = read->since.has_value() ? absl::StrCat("(", read->since->ToString()) : "-";
  context_->link->Call(ReadScript(), {stream_key_, end_key_},
                       {from, absl::StrCat(kPageEntries), absl::StrCat(kPageBytes), absl::StrCat(newest)},
                       [this, alive = alive_, read](RedisReply reply) {
                         if (*alive && read->done != nullptr) OnPage(read, std::move(reply));
                       });
}

void RoomHistory::OnPage(const RequestPointer& read, RedisReply reply) {
  std::optional<StreamId> stream_last;
  std::optional<std::vector<RoomEntry>> page;
  if (reply.elements.size() == 2) {
    stream_last = StreamId::Parse(reply.elements[0].text);
    page = ParseRoomEntries(room_, std::move(reply.elements[1]));
  }
  if (!stream_last.has_value() || !page.has_value()) {
    return End(read, absl::DataLossError(absl::StrCat(stream_key_, ": not written by a chat")));
  }
  if (page->empty() || page->back().id >= *stream_last) return Finish(read, *std::move(page), *stream_last);
  Broker::History history{.more = true};
  if (!read->newest && page->front().previous != read->since) history.kind = Broker::History::Kind::kGap;
  history.position = page->front().previous.ToString();
  for (RoomEntry& entry : *page) history.messages.push_back(MessageOf(std::move(entry)));
  End(read, std::move(history));
}

// Answers with the stream's last entries after the client's position.
void RoomHistory::Finish(const RequestPointer& read, std::vector<RoomEntry> entries, StreamId stream_last) {
  // The client has seen more of the room than this task has: another task had the entries first.
  if (read->since.has_value() && *read->since > feed_->position() && *read->since <= stream_last && feed_->live() &&
      !read->waited_for_feed) {
    read->waited_for_feed = true;
    Stopped(read);
    return feed_->ReadStream();
  }
  Broker::History history;
  // The answer ends exactly at our position: newer entries are still to be delivered, and entries that came meanwhile
  // have been.
  const bool none_read = entries.empty();
  const StreamId newest = none_read ? read->since.value_or(StreamId()) : entries.back().id;
  for (const RoomEntry& entry : passed_) {
    if (entry.id > newest) entries.push_back(entry);
  }
  std::erase_if(entries, [this](const RoomEntry& entry) { return entry.id > feed_->position(); });
  const bool joins = entries.empty() ? read->since == (none_read ? stream_last : feed_->position())
                                     : entries.front().previous == read->since;
  history.kind = joins || read->newest ? Broker::History::Kind::kComplete : Broker::History::Kind::kGap;
  history.position = (entries.empty() ? feed_->position() : entries.front().previous).ToString();
  for (RoomEntry& entry : entries) history.messages.push_back(MessageOf(std::move(entry)));
  End(read, std::move(history));
}

void RoomHistory::End(const RequestPointer& read, absl::StatusOr<Broker::History> history) {
  Stopped(read);
  reads_.remove(read);
  (history.ok() ? context_->counters->history_reads : context_->counters->history_read_errors).Add();
  const Done done = std::exchange(read->done, nullptr);
  done(std::move(history));
  // Starts reads of this room first, then those of other rooms that wait.
  const std::set<RoomHistory*> wanting = std::exchange(context_->wanting_history, {});
  for (RoomHistory* history : wanting) history->StartReads();
}

void RoomHistory::Expire(net::Clock::time_point now) {
  if (passed_bytes_ > kMaxPassedBytes)
    Fail(absl::ResourceExhaustedError("too many messages arrived while history was read"));
  for (const RequestPointer& read : std::list<RequestPointer>(reads_)) {
    if (read->deadline <= now) End(read, absl::DeadlineExceededError("the room's history: no answer in time"));
  }
}

void RoomHistory::Fail(const absl::Status& status) {
  for (const RequestPointer& read : std::list<RequestPointer>(reads_)) End(read, status);
}

}  // namespace viaduct::origin
