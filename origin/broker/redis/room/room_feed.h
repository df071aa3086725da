#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "net/event_loop.h"
#include "origin/broker/broker.h"
#include "origin/broker/redis/client/redis_reply.h"
#include "origin/broker/redis/room/room_entry.h"
#include "origin/broker/redis/room/room_feed_context.h"
#include "origin/broker/redis/room/room_history.h"
#include "origin/broker/redis/room/room_outbox.h"
#include "origin/broker/redis/room/room_stream.h"
#include "origin/broker/redis/room/stream_id.h"

namespace viaduct::origin {

// Passes one room's messages between this task and the room's stream: appends ours and delivers all.
// Nothing is appended before the subscription is confirmed, so our own messages come back through it like any others,
// and
// the stream alone defines the order. What the subscription missed is read from the stream before anything else is
// delivered. Bounded by its owner, except for what is announced while the stream is read, which is bounded here.
//
// Belongs to the loop's thread.
class RoomFeed final : private RoomHistory::Feed {
 public:
  // `context` outlives it.
  RoomFeed(std::string room, RoomFeedContext* context);
  ~RoomFeed();
  RoomFeed(const RoomFeed&) = delete;
  RoomFeed& operator=(const RoomFeed&) = delete;

  const std::string& name() const { return room_; }
  const std::string& channel() const { return channel_; }
  // True if nothing waits for this feed or for Redis.
  bool idle() const { return outbox_.empty() && history_.idle(); }

  // Takes a message of this task's clients.
  void Publish(std::uint64_t number, RoomMessage message);
  // Appends waiting messages, if it may.
  void AppendMore();
  // Delivers waiting messages although they have not come from the stream.
  void DeliverUndelivered();
  const RoomOutbox& outbox() const { return outbox_; }
  std::size_t DropOldest(std::size_t bytes) { return outbox_.DropOldest(bytes); }

  void OnLinkUp();
  void OnLinkDown();
  void OnSubscribed();
  void OnEntries(std::vector<RoomEntry> entries);
  // Redis reported the id of the stream's last entry, as it does periodically.
  void OnStreamPosition(StreamId last);
  // True if everything in the stream has been passed.
  bool live() const override { return phase_ == Phase::kLive; }

  RoomHistory& history() { return history_; }

 private:
  enum class Phase { kAway, kSubscribing, kReading, kLive };

  // RoomHistory::Feed
  StreamId position() const override { return stream_.last(); }
  void ReadStream() override { StartReading(); }

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

  const std::string room_;
  RoomFeedContext* const context_;
  const std::string channel_;
  const std::string stream_key_;
  const std::string end_key_;
  const std::string last_key_;
  Phase phase_ = Phase::kAway;
  RoomStream stream_;
  StreamId stream_was_at_;
  RoomOutbox outbox_;
  std::vector<RoomEntry> held_;  // announced while the stream is read
  std::size_t held_bytes_ = 0;
  bool held_overflowed_ = false;
  bool reread_ = false;  // the stream was read again for the hole in front of held_
  RoomHistory history_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace viaduct::origin
