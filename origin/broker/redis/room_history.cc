// How a room's history is read for clients that resume.
#include <algorithm>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "origin/broker/redis/room_feed.h"

namespace viaduct::origin {
namespace {

// After a deploy everyone resumes at once; the messages of now must not wait behind all of that.
constexpr int kMaxReadsAtOnce = 8;
// What may come in a room meanwhile.
constexpr std::size_t kMaxPassedBytes = std::size_t{16} << 20;
constexpr int kPageEntries = 256;
constexpr int kPageBytes = 1024 * 1024;

}  // namespace

void RoomFeed::ReadHistory(std::string since, net::Clock::time_point deadline, HistoryDone done) {
  auto read = std::make_shared<HistoryRead>();
  read->since = StreamId::Parse(since);
  read->since_text = std::move(since);
  read->deadline = deadline;
  read->done = std::move(done);
  reads_.push_back(std::move(read));
  StartHistoryReads();
}

void RoomFeed::StartHistoryReads() {
  for (const ReadPointer& read : std::list<ReadPointer>(reads_)) {
    if (phase_ != Phase::kLive || context_->degraded) return;
    if (read->started || read->done == nullptr) continue;
    if (read->since_text.empty()) {
      EndRead(read, Broker::History{.messages = {}, .position = stream_.last().ToString()});
    } else if (context_->history_reads < kMaxReadsAtOnce) {
      Started(read);
      ReadHistoryPage(read);
    } else {
      context_->wanting_history.insert(this);
      return;
    }
  }
}

void RoomFeed::Started(const ReadPointer& read) {
  read->started = true;
  ++history_reads_;
  ++context_->history_reads;
}

void RoomFeed::Stopped(const ReadPointer& read) {
  if (!std::exchange(read->started, false)) return;
  --context_->history_reads;
  if (--history_reads_ > 0) return;
  passed_.clear();
  passed_bytes_ = 0;
}

// Backwards from the newest: if not all fits, the newest is what a client wants.
void RoomFeed::ReadHistoryPage(const ReadPointer& read) {
  const std::string newest = read->entries.empty() ? "+" : absl::StrCat("(", read->entries.back().id.ToString());
  const std::string oldest = read->since.has_value() ? absl::StrCat("(", read->since->ToString()) : "-";
  context_->link->Call(ReadScript(), {stream_key_},
                       {"XREVRANGE", newest, oldest, absl::StrCat(kPageEntries), absl::StrCat(kPageBytes)},
                       [this, alive = alive_, read](RedisReply reply) {
                         if (*alive && read->done != nullptr) OnHistoryPage(read, std::move(reply));
                       });
}

void RoomFeed::OnHistoryPage(const ReadPointer& read, RedisReply reply) {
  std::optional<StreamId> stream_last;
  std::optional<std::vector<RoomEntry>> page;
  if (reply.elements.size() == 2) {
    stream_last = StreamId::Parse(reply.elements[0].text);
    page = ParseRoomEntries(room_, std::move(reply.elements[1]));
  }
  if (!stream_last.has_value() || !page.has_value()) {
    return EndRead(read, absl::DataLossError(absl::StrCat(stream_key_, ": not written by a chat")));
  }
  const bool at_end = page->empty() || page->back().previous == read->since;
  for (RoomEntry& entry : *page) {
    read->bytes += entry.message.text.size();
    if (read->entries.size() >= context_->history_messages || read->bytes > context_->history_bytes) {
      read->cut = true;
      break;
    }
    read->entries.push_back(std::move(entry));
  }
  if (!at_end && !read->cut) return ReadHistoryPage(read);
  FinishHistory(read, *stream_last);
}

void RoomFeed::FinishHistory(const ReadPointer& read, StreamId stream_last) {
  // The client knows more of the room than we do: another task had it before us.
  if (read->since.has_value() && *read->since > stream_.last() && *read->since <= stream_last &&
      phase_ == Phase::kLive && !read->waited_for_feed) {
    read->waited_for_feed = true;
    read->entries.clear();
    read->bytes = 0;
    Stopped(read);
    return StartReading();
  }
  Broker::History history;
  // Up to where we stand, exactly: what is newer is still to be told, what came meanwhile has been.
  const StreamId newest = read->entries.empty() ? read->since.value_or(StreamId()) : read->entries.front().id;
  const bool none_read = read->entries.empty();
  std::vector<RoomEntry> entries = std::move(read->entries);
  std::reverse(entries.begin(), entries.end());
  for (const RoomEntry& entry : passed_) {
    if (entry.id > newest) entries.push_back(entry);
  }
  std::erase_if(entries, [this](const RoomEntry& entry) { return entry.id > stream_.last(); });
  const bool joins = entries.empty() ? read->since == (none_read ? stream_last : stream_.last())
                                     : entries.front().previous == read->since;
  history.kind = joins && !read->cut ? Broker::History::Kind::kComplete : Broker::History::Kind::kGap;
  history.position = (entries.empty() ? stream_.last() : entries.front().previous).ToString();
  for (RoomEntry& entry : entries) history.messages.push_back(std::move(entry.message));
  EndRead(read, std::move(history));
}

void RoomFeed::EndRead(const ReadPointer& read, absl::StatusOr<Broker::History> history) {
  Stopped(read);
  reads_.remove(read);
  (history.ok() ? context_->counters->history_reads : context_->counters->history_read_errors).Add();
  const HistoryDone done = std::exchange(read->done, nullptr);
  done(std::move(history));
  // Those of this room first; then whichever waited.
  const std::set<RoomFeed*> wanting = std::exchange(context_->wanting_history, {});
  for (RoomFeed* feed : wanting) feed->StartHistoryReads();
}

void RoomFeed::ExpireReads(net::Clock::time_point now) {
  if (passed_bytes_ > kMaxPassedBytes) FailReads(absl::ResourceExhaustedError("too much came while history was read"));
  for (const ReadPointer& read : std::list<ReadPointer>(reads_)) {
    if (read->deadline <= now) EndRead(read, absl::DeadlineExceededError("the room's history: no answer in time"));
  }
}

void RoomFeed::FailReads(const absl::Status& status) {
  for (const ReadPointer& read : std::list<ReadPointer>(reads_)) EndRead(read, status);
}

}  // namespace viaduct::origin
