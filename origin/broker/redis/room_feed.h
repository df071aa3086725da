#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "net/event_loop.h"
#include "ops/log/logger.h"
#include "origin/broker/broker.h"
#include "origin/broker/redis/broker_counters.h"
#include "origin/broker/redis/redis_link.h"
#include "origin/broker/redis/redis_names.h"
#include "origin/broker/redis/room_entry.h"
#include "origin/broker/redis/room_outbox.h"
#include "origin/broker/redis/room_stream.h"
#include "origin/broker/redis/stream_id.h"

namespace viaduct::origin {

class RoomFeed;

// What the rooms of one broker have in common.
struct RoomFeedContext {
  net::EventLoop* loop;
  RedisLink* link;
  const RedisNames* names;
  const ops::Logger* logger;
  BrokerCounters* counters;
  std::string task;
  std::size_t stream_messages;   // kept in a stream
  std::size_t history_messages;  // at most read from it
  std::size_t history_bytes;     // at most read
  std::chrono::nanoseconds history_age;
  // Delivers to this task's clients.
  std::function<void(std::vector<RoomMessage>)> deliver;
  RoomOutbox::Total outbox = {};  // of all rooms
  // Whether Redis is away: then what clients send is delivered at once.
  bool degraded = false;
  // Reads of history that Redis is at, and rooms that want more.
  int history_reads = 0;
  std::set<RoomFeed*> wanting_history = {};
};

// One room's messages between this task and the room's stream: appends ours, delivers all, reads history.
//
// Nothing is appended before the subscription stands, so our own come back to us by it like anybody's, and there is one
// place where the order is made: the stream. What the subscription missed is read from the stream before anything else
// is delivered. Bounded by its owner, but for what the stream tells while it is read.
//
// Belongs to the loop's thread.
class RoomFeed {
 public:
  // `context` outlives it.
  RoomFeed(std::string room, RoomFeedContext* context);
  ~RoomFeed();
  RoomFeed(const RoomFeed&) = delete;
  RoomFeed& operator=(const RoomFeed&) = delete;

  const std::string& name() const { return room_; }
  const std::string& channel() const { return channel_; }
  // Whether nothing waits for it or for Redis.
  bool idle() const { return outbox_.empty() && reads_.empty(); }

  // Takes a message of ours.
  void Publish(std::uint64_t number, RoomMessage message);
  // Appends what waits, if it may.
  void AppendMore();
  // Delivers what waits although the stream has not told it.
  void DeliverUndelivered();
  const RoomOutbox& outbox() const { return outbox_; }
  std::size_t DropOldest(std::size_t bytes) { return outbox_.DropOldest(bytes); }

  void OnLinkUp();
  void OnLinkDown();
  void OnSubscribed();
  void OnEntries(std::vector<RoomEntry> entries);
  // The stream's last entry was this one when Redis was asked, which it is again and again.
  void StreamIsAt(StreamId last);
  // Whether it stands where the stream stands.
  bool live() const { return phase_ == Phase::kLive; }

  using HistoryDone = std::function<void(absl::StatusOr<Broker::History>)>;
  // As Broker::ReadHistory.
  void ReadHistory(std::string since, net::Clock::time_point deadline, HistoryDone done);
  // Ends reads that are past their deadline.
  void ExpireReads(net::Clock::time_point now);
  // Ends all reads.
  void FailReads(const absl::Status& status);

 private:
  enum class Phase { kAway, kSubscribing, kReading, kLive };
  struct HistoryRead {
    std::string since_text;
    std::optional<StreamId> since;
    net::Clock::time_point deadline;
    HistoryDone done;
    bool started = false;
    bool waited_for_feed = false;
    std::vector<RoomEntry> entries;  // newest first
    std::size_t bytes = 0;
    bool cut = false;  // there was more
  };
  using ReadPointer = std::shared_ptr<HistoryRead>;

  void StartReading();
  void ReadOn();
  void OnPage(RedisReply reply);
  void TakeHeld();
  void FinishReading();
  void Pass(std::vector<RoomEntry> entries);
  void Hold(std::vector<RoomEntry> entries);
  void NoteGap(StreamId after, StreamId before);
  void Take(RoomEntry entry, std::vector<RoomMessage>* fresh);
  void Deliver(std::vector<RoomMessage> messages);

  void StartHistoryReads();
  void Started(const ReadPointer& read);
  void Stopped(const ReadPointer& read);
  void ReadHistoryPage(const ReadPointer& read);
  void OnHistoryPage(const ReadPointer& read, RedisReply reply);
  void FinishHistory(const ReadPointer& read, StreamId stream_last);
  void EndRead(const ReadPointer& read, absl::StatusOr<Broker::History> history);

  const std::string room_;
  RoomFeedContext* const context_;
  const std::string channel_;
  const std::string stream_key_;
  const std::string last_key_;
  Phase phase_ = Phase::kAway;
  RoomStream stream_;
  StreamId stream_was_at_;
  RoomOutbox outbox_;
  std::vector<RoomEntry> held_;  // told while the stream is read
  std::size_t held_bytes_ = 0;
  bool held_overflowed_ = false;
  bool reread_ = false;  // the stream was read once more for the hole in front of held_
  std::list<ReadPointer> reads_;
  int history_reads_ = 0;          // of this room that Redis is at
  std::vector<RoomEntry> passed_;  // while there are any
  std::size_t passed_bytes_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace viaduct::origin
