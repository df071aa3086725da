#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "net/event_loop.h"
#include "origin/broker/redis/client/back_off.h"
#include "origin/broker/redis/client/redis_connection.h"
#include "origin/broker/redis/client/redis_endpoint.h"
#include "origin/broker/redis/client/redis_files.h"
#include "origin/broker/redis/client/redis_reply.h"
#include "origin/broker/redis/client/redis_script.h"

namespace viaduct::origin {

// The link to Redis: one connection for commands and one for subscriptions, which come and go together, and
// reconnecting
// after a failure.
// It is up or down. Any failure takes it down, including an error reply to a script: a Redis that cannot be written to
// (READONLY, OOM, LOADING, MOVED, NOPERM) is as useless as one that is away. Both connections are pinged, so that a
// hanging one is noticed within one and a half command timeouts.
// The endpoint's files are read before each attempt to connect, so that a changed password works at the next one. An
// attempt fails if its files cannot be read.
//
// Belongs to the loop's thread.
class RedisLink final : private RedisConnection::Owner, private net::Timer::Owner {
 public:
  class Owner {
   public:
    // Scripts and channels may be used; nothing is subscribed yet.
    virtual void OnLinkUp() = 0;
    // Calls without an answer will get none; Redis may have executed them.
    virtual void OnLinkDown() = 0;
    // An attempt to connect failed, or the link went down; `status` says why.
    virtual void OnLinkTrouble(const absl::Status& status) = 0;
    // Messages published to the channel from now on will arrive.
    virtual void OnSubscribed(std::string_view channel) = 0;
    virtual void OnPublished(std::string_view channel, std::string_view payload) = 0;

   protected:
    ~Owner() = default;
  };
  struct Settings {
    RedisEndpoint endpoint;
    RedisFileReader read_files;
    std::chrono::nanoseconds back_off_first = std::chrono::milliseconds(100);
    std::chrono::nanoseconds back_off_last = std::chrono::seconds(5);
  };
  // The reply is never an error.
  using Done = absl::AnyInvocable<void(RedisReply)>;

  RedisLink(net::EventLoop* loop, Settings settings, Owner* owner);
  ~RedisLink();

  // Begins to connect; the owner is called from the loop.
  void Start();
  bool up() const { return up_; }
  // The number of times the link has come up.
  std::uint64_t times_up() const { return times_up_; }

  // Runs a script; only while up. `done` is not called if the link goes down first.
  void Call(const RedisScript& script, const std::vector<std::string>& keys, const std::vector<std::string>& arguments,
            Done done);
  // Publishes to a channel; only while up.
  void Publish(std::string_view channel, std::string_view payload);
  // Only while up. A channel may be unsubscribed before OnSubscribed, and subscribed to again.
  void Subscribe(const std::string& channel);
  void Unsubscribe(const std::string& channel);

  // True while commands wait for their replies.
  bool busy() const { return up_ && commands_->unanswered() > 0; }

  // Takes the link down because Redis has not done what it should have.
  void GiveUp(absl::Status why);

 private:
  void OnRedisReady(RedisConnection* connection) override;
  void OnRedisPush(RedisConnection* connection, RedisReply push) override;
  void OnRedisFailed(RedisConnection* connection, const absl::Status& status) override;
  void OnTimer(net::Timer* timer) override;

  void Connect();
  void ConnectTo(const RedisEndpoint& endpoint);
  void OnFilesRead(absl::StatusOr<RedisEndpoint> endpoint);
  void Retry(const absl::Status& why);
  void Ping();
  void Answered(const RedisReply& reply, std::string_view to);

  net::EventLoop* const loop_;
  const Settings settings_;
  Owner* const owner_;
  BackOff back_off_;
  net::Timer retry_;
  net::Timer ping_;
  std::thread reader_;  // reads the files
  std::unique_ptr<RedisConnection> commands_;
  std::unique_ptr<RedisConnection> subscriptions_;
  bool up_ = false;
  std::uint64_t times_up_ = 0;
  net::Clock::time_point up_since_;
  std::map<std::string, int, std::less<>> expected_;  // replies to SUBSCRIBE that are still expected, by channel
};

}  // namespace viaduct::origin
