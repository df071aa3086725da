#pragma once

#include <cstddef>
#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "net/event_loop.h"
#include "origin/broker/broker.h"
#include "origin/broker/redis/client/redis_reply.h"
#include "origin/broker/redis/room/room_entry.h"
#include "origin/broker/redis/room/room_feed_context.h"
#include "origin/broker/redis/room/stream_id.h"

namespace viaduct::origin {

// Reads one room's history from its stream, page by page, for clients that resume (Broker::ReadHistory).
//
// An answer that has all there is ends exactly where the room's feed stands: entries that the feed passes while a read
// is under way are kept and joined to what Redis returns. Few reads run at once over all rooms of the broker; the
// others wait.
//
// Belongs to the loop's thread.
class RoomHistory {
 public:
  // The feed of the same room.
  class Feed {
   public:
    // True if it stands where the stream stands.
    virtual bool live() const = 0;
    // The last entry that it has passed.
    virtual StreamId position() const = 0;
    // Makes it read the stream on from its position, and call StartReads when it is live again.
    virtual void ReadStream() = 0;

   protected:
    ~Feed() = default;
  };

  // `stream_key` and `end_key` name the room's stream and its end. `context` and `feed` outlive it.
  RoomHistory(std::string room, std::string stream_key, std::string end_key, RoomFeedContext* context, Feed* feed);
  ~RoomHistory();
  RoomHistory(const RoomHistory&) = delete;
  RoomHistory& operator=(const RoomHistory&) = delete;

  using Done = std::function<void(absl::StatusOr<Broker::History>)>;
  // See Broker::ReadHistory: `done` is called once.
  void Read(std::string since, net::Clock::time_point deadline, Done done);
  // Starts the reads that may start now.
  void StartReads();
  // True while Redis works on a read; then the feed reports every entry that it passes.
  bool reading() const { return under_way_ > 0; }
  void OnPassed(RoomEntry entry);
  void OnLinkDown();
  // Fails the reads that are past their deadline, or all reads if too much has passed meanwhile.
  void Expire(net::Clock::time_point now);
  // Fails all reads.
  void Fail(const absl::Status& status);
  bool idle() const { return reads_.empty(); }

 private:
  struct Request {
    std::string since_text;
    std::optional<StreamId> since;
    std::optional<std::size_t> newest;  // see NewestAsked
    net::Clock::time_point deadline;
    Done done;
    bool started = false;
    bool waited_for_feed = false;
  };
  using RequestPointer = std::shared_ptr<Request>;

  void Started(const RequestPointer& read);
  void Stopped(const RequestPointer& read);
  void ReadPage(const RequestPointer& read);
  void OnPage(const RequestPointer& read, RedisReply reply);
  void Finish(const RequestPointer& read, std::vector<RoomEntry> entries, StreamId stream_last);
  void End(const RequestPointer& read, absl::StatusOr<Broker::History> history);

  const std::string room_;
  const std::string stream_key_;
  const std::string end_key_;
  RoomFeedContext* const context_;
  Feed* const feed_;
  std::list<RequestPointer> reads_;
  int under_way_ = 0;              // of `reads_`
  std::vector<RoomEntry> passed_;  // by the feed, while any read is under way
  std::size_t passed_bytes_ = 0;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);
};

}  // namespace viaduct::origin
