#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "net/event_loop.h"
#include "net/mutex.h"
#include "origin/broker/cluster.h"
#include "origin/broker/redis/client/redis_link.h"
#include "origin/broker/redis/room/redis_names.h"
#include "origin/broker/redis/room/room_entry.h"

namespace viaduct::origin {

// Cluster over Redis: a channel that all tasks subscribe to, one for each task, and a list of tasks that expire.
//
// The members of Cluster are thread-safe; the others belong to the loop's thread.
class RedisCluster final : public Cluster, private net::Timer::Owner {
 public:
  // `task` is that of Cluster::task. It stays known for `holds` after its last announcement.
  RedisCluster(net::EventLoop* loop, RedisLink* link, const RedisNames* names, std::string task,
               std::chrono::nanoseconds holds);
  // Questions that are still open get no answer.
  ~RedisCluster() override;

  const std::string& task() const override { return task_; }
  void Ask(std::string method, std::string bytes, net::Clock::time_point deadline,
           absl::AnyInvocable<void(Answers)> done) override;
  void Serve(std::string method, Method handler) override;
  void Announce(std::string topic, std::string bytes) override;
  void Listen(std::string topic, Topic handler) override;

  void OnLinkUp();
  void OnLinkDown();
  // Returns false if the channel is not one of the cluster's.
  bool OnPublished(std::string_view channel, std::string_view payload);
  // Announces this task if that is due.
  void Tick(net::Clock::time_point now);
  // Announces that this task is leaving.
  void Leave();

 private:
  struct Asked {
    net::Clock::time_point deadline;
    absl::AnyInvocable<void(Answers)> done;
    bool sent = false;
    std::vector<Answer> answers;
    std::size_t missing = 0;
  };
  class OneReply;
  // Outlives the loop, because replies may come late.
  struct Mailbox {
    net::Mutex mutex;
    net::EventLoop* loop ABSL_GUARDED_BY(mutex) = nullptr;
  };
  using Parts = std::vector<std::string_view>;

  void OnTimer(net::Timer* timer) override;
  void AnnouncePresence(int clients, RedisLink::Done done);
  void StartAsk(const std::string& method, const std::string& bytes, net::Clock::time_point deadline,
                absl::AnyInvocable<void(Answers)> done);
  void OnTasks(std::uint64_t id, const std::string& payload, const RedisReply& reply);
  void OnAsk(const Parts& parts);
  void OnAnswer(const Parts& parts);
  void OnAnnouncement(const Parts& parts);
  void SendAnswer(std::string_view to, std::string_view id, const absl::StatusOr<std::string>& answer);
  void Finish(std::uint64_t id);
  void Fail(std::uint64_t id, absl::Status status);
  void SetTimer();

  net::EventLoop* const loop_;
  RedisLink* const link_;
  const RedisNames* const names_;
  const std::string task_;
  const std::chrono::nanoseconds holds_;
  const std::string own_channel_;
  const std::shared_ptr<Mailbox> mailbox_;
  net::Timer deadline_;
  bool announced_ = false;
  net::Clock::time_point announced_at_;
  std::uint64_t next_id_ = 1;
  std::map<std::uint64_t, Asked> asked_;

  // Held while a handler runs, so that removing a handler waits for the call to end.
  std::recursive_mutex handlers_mutex_;
  std::map<std::string, Method, std::less<>> methods_;
  std::map<std::string, Topic, std::less<>> topics_;
};

}  // namespace viaduct::origin
