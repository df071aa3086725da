#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/statusor.h"
#include "net/mutex.h"
#include "ops/log/log_sink.h"
#include "ops/log/logger.h"
#include "origin/broker/broker.h"
#include "origin/broker/redis/client/redis_endpoint.h"
#include "origin/broker/redis/client/redis_files.h"
#include "origin/broker/redis/redis_broker.h"
#include "origin/message/uuid.h"

namespace viaduct::origin {

// Waits until `fact` holds, at most 20 s. Returns true if it does.
bool Eventually(const std::function<bool()>& fact);

// A broker and all calls of its listener, under a task's name. Its logs go nowhere. Thread-safe.
class TestBroker final : private Broker::Listener {
 public:
  struct Options {
    // Long, so that a slow machine does not look like a failure of Redis.
    std::chrono::milliseconds command_timeout{10'000};
    // Longer than Eventually waits, so that nothing expires meanwhile.
    std::chrono::milliseconds presence_ttl{60'000};
    std::size_t outbox_bytes = std::size_t{16} << 20;
    std::size_t history_messages = 1000;
    RedisFileReader read_files = &WithFilesRead;
  };
  TestBroker(const std::string& task, const RedisEndpoint& endpoint) : TestBroker(task, endpoint, Options()) {}
  TestBroker(const std::string& task, RedisEndpoint endpoint, const Options& options);
  ~TestBroker();

  RedisBroker& operator*() { return *broker_; }
  RedisBroker* operator->() { return broker_.get(); }

  // Publishes one message, with the id "<task>-<count>".
  void Say(const std::string& room, const std::string& text);
  // Adds one client in each room, and waits until the broker listens for the room's messages.
  void Join(const std::string& room);

  std::vector<RoomMessage> Messages(const std::string& room) const;
  std::vector<std::string> Texts(const std::string& room) const;
  // Waits for `count` messages of a room. Returns true if they came.
  bool Await(const std::string& room, std::size_t count) const;
  // The last count for the room; -1 before the first.
  int Elsewhere(const std::string& room) const;
  // Those of them who have a name.
  People PeopleElsewhere(const std::string& room) const;
  int relieved() const;
  // Reads the history and waits for the answers, which it joins.
  absl::StatusOr<Broker::History> History(const std::string& room, const std::string& since);

  // Waits for one answer.
  absl::StatusOr<Broker::History> HistoryPage(const std::string& room, const std::string& since);

  const Uuid client;

 private:
  void OnMessages(std::vector<RoomMessage> messages) override;
  void OnPresence(std::string_view room, int remote_clients, People people) override;
  void OnRelieved() override;

  const std::string task_;
  ops::LogSink sink_;
  const ops::Logger logger_;
  mutable net::Mutex mutex_;
  std::map<std::string, std::vector<RoomMessage>> messages_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, int> elsewhere_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, People> people_elsewhere_ ABSL_GUARDED_BY(mutex_);
  int relieved_ ABSL_GUARDED_BY(mutex_) = 0;
  int said_ ABSL_GUARDED_BY(mutex_) = 0;
  std::unique_ptr<RedisBroker> broker_;
};

}  // namespace viaduct::origin
