#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "net/event_loop.h"
#include "net/mutex.h"
#include "ops/log/logger.h"
#include "origin/broker/broker.h"
#include "origin/broker/cluster.h"
#include "origin/broker/redis/client/redis_link.h"
#include "origin/broker/redis/redis_broker_settings.h"
#include "origin/broker/redis/redis_cluster.h"
#include "origin/broker/redis/room/broker_counters.h"
#include "origin/broker/redis/room/redis_names.h"
#include "origin/broker/redis/room/room_feed.h"
#include "origin/broker/redis/room/room_presence.h"

namespace viaduct::origin {

// The broker over Redis: one stream of messages for each room, announced by pub/sub. Has a thread of its own.
// Messages of clients here are appended to the stream in batches and delivered here, as on all tasks, when they come
// back
// from the stream. If they do not come back within a command timeout, the broker is degraded: it delivers messages of
// clients here at once, and appends them when Redis is back. Nothing is appended twice: a script in Redis knows the
// number
// of each task's last message in a room.
class RedisBroker final : public Broker, private RedisLink::Owner, private net::Timer::Owner {
 public:
  // Starts the broker; whether Redis can be reached shows later. Fails only if no event loop can be created. `listener`
  // and
  // `logger` must outlive the broker.
  static absl::StatusOr<std::unique_ptr<RedisBroker>> Start(const RedisBrokerSettings& settings,
                                                            Broker::Listener* listener, const ops::Logger* logger);
  // Appends what still waits, for at most a command timeout, and announces to the other tasks that this one has left.
  ~RedisBroker() override;

  void Publish(std::vector<RoomMessage> messages) override;
  bool congested() const override { return congested_; }
  void SetPresence(std::string_view room, int local_clients, People people) override;
  void ReadHistory(std::string room, std::string since,
                   std::function<void(absl::StatusOr<History> history)> done) override;
  bool degraded() const override { return degraded_; }

  Cluster& cluster() { return cluster_; }
  const BrokerCounters& counters() const { return counters_; }
  // Bytes of messages that wait for Redis.
  std::size_t outbox_bytes() const { return outbox_bytes_; }

 private:
  struct Room {
    Room(const std::string& name, RoomFeedContext* context, std::chrono::nanoseconds presence_ttl)
        : feed(name, context), presence(std::chrono::duration_cast<net::Clock::duration>(presence_ttl)) {}
    RoomFeed feed;
    RoomPresence presence;
    int reported_remote_clients = 0;
  };

  RedisBroker(const RedisBrokerSettings& settings, std::unique_ptr<net::EventLoop> loop, Broker::Listener* listener,
              const ops::Logger* logger);

  void OnLinkUp() override;
  void OnLinkDown() override;
  void OnLinkTrouble(const absl::Status& status) override;
  void OnSubscribed(std::string_view channel) override;
  void OnPublished(std::string_view channel, std::string_view payload) override;
  void OnTimer(net::Timer* timer) override;

  Room& RoomOf(const std::string& name);
  void TakeIncoming();
  void DropOverflow();
  void CheckHealth(net::Clock::time_point now);
  bool LateSince(net::Clock::time_point since) const;
  bool CaughtUp() const;
  void Degrade(std::string_view why);
  void Recover();
  void Maintain(const std::string& name, Room* room, net::Clock::time_point now);
  void AnnouncePresence(const std::string& name, Room* room, RoomPresence::Due due);
  void RemoveEmptyRooms();
  void Relieve();
  void Leave();
  void LeaveMore(net::Clock::time_point now);
  void Log(ops::LogLevel level, std::string_view msg, std::initializer_list<ops::LogField> fields = {}) const;

  const RedisBrokerSettings settings_;
  const std::unique_ptr<net::EventLoop> loop_;
  Broker::Listener* const listener_;
  const ops::Logger* const logger_;
  const RedisNames names_;
  const std::size_t congested_bytes_;
  const net::Clock::duration tick_every_;
  BrokerCounters counters_;

  // These belong to the loop's thread.
  RedisLink link_;
  RedisCluster cluster_;
  RoomFeedContext context_;
  std::map<std::string, std::unique_ptr<Room>, std::less<>> rooms_;
  std::map<std::string, Room*, std::less<>> rooms_by_channel_;
  std::uint64_t last_number_ = 0;
  net::Timer tick_;
  net::Clock::time_point down_since_;
  std::string last_trouble_;
  net::Clock::time_point degraded_since_;
  std::uint64_t dropped_before_ = 0;  // when it degraded
  bool leaving_ = false;
  bool announced_leave_ = false;
  net::Clock::time_point leave_deadline_;

  std::atomic<bool> degraded_{false};
  std::atomic<bool> congested_{false};
  std::atomic<std::size_t> outbox_bytes_{0};
  mutable net::Mutex mutex_;
  std::vector<RoomMessage> incoming_ ABSL_GUARDED_BY(mutex_);
  std::size_t incoming_bytes_ ABSL_GUARDED_BY(mutex_) = 0;
  bool link_up_ ABSL_GUARDED_BY(mutex_) = false;

  std::thread thread_;
};

}  // namespace viaduct::origin
