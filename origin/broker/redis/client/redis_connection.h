#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "absl/status/statusor.h"
#include "net/address.h"
#include "net/event_loop.h"
#include "net/name_lookup.h"
#include "net/stream_socket.h"
#include "origin/broker/redis/client/redis_command.h"
#include "origin/broker/redis/client/redis_endpoint.h"
#include "origin/broker/redis/client/redis_reply.h"

namespace viaduct::origin {

// One connection to Redis, from looking up its name to its first failure; it is never reopened.
// Commands are pipelined. Each must be answered within the timeout after it was sent or, behind others, after the
// answer
// before it, so many commands at once do not fail as long as answers arrive. A missed timeout fails the connection: a
// slow
// Redis cannot be told from one that has stopped, and it may still execute what it did not answer.
//
// Belongs to the loop's thread.
class RedisConnection final : private net::StreamSocket::Owner, private net::Timer::Owner {
 public:
  class Owner {
   public:
    // AUTH and SELECT were answered; commands may be sent.
    virtual void OnRedisReady(RedisConnection* connection) = 0;
    // A reply to no command: a message of a subscription.
    virtual void OnRedisPush(RedisConnection* connection, RedisReply push) = 0;
    // The connection is unusable; commands without an answer are dropped after this call. `status` says what failed and
    // never contains the password. The owner must destroy the connection by EventLoop::Retire.
    virtual void OnRedisFailed(RedisConnection* connection, const absl::Status& status) = 0;

   protected:
    ~Owner() = default;
  };
  // Gets the reply of Redis, which may be an error. Not called for commands that a failure left unanswered.
  using Done = absl::AnyInvocable<void(RedisReply)>;

  // Begins to connect; calls the owner from the loop only.
  RedisConnection(net::EventLoop* loop, const RedisEndpoint& endpoint, Owner* owner);
  ~RedisConnection();
  RedisConnection(const RedisConnection&) = delete;
  RedisConnection& operator=(const RedisConnection&) = delete;

  bool ready() const { return state_ == State::kReady; }
  // Calls the owner no more. The connection then waits to be destroyed.
  void Abandon();
  // Sends a command; only when ready. Commands of one turn are sent together.
  void Send(const RedisCommand& command, Done done);
  // Sends SUBSCRIBE or UNSUBSCRIBE. From then on all replies are pushes, and PING is the only other command allowed.
  // Only
  // PING has a deadline, so a subscriber must ping.
  void SendSubscription(const RedisCommand& command);
  std::size_t unanswered() const { return waiting_.size(); }

 private:
  enum class State : std::uint8_t { kLookingUp, kConnecting, kShaking, kEntering, kReady, kFailed };
  struct Waiting {
    net::Clock::time_point deadline;
    Done done;
  };

  void OnSocketReady(net::StreamSocket* socket) override;
  void OnTimer(net::Timer* timer) override;

  void Begin();
  void ConnectNext();
  void OnConnected();
  void Shake();
  void Enter();
  void OnEntered(std::string_view step, const RedisReply& reply);
  void Queue(const RedisCommand& command);
  void Flush();
  void ReadAll();
  void TakeReplies();
  void TakeReply(RedisReply reply);
  void SetDeadline();
  void Fail(absl::Status status);
  std::string DuringWhat() const;
  // Says what broke: TLS, or the socket with `error`.
  std::string Words(int error) const;

  net::EventLoop* const loop_;
  const RedisEndpoint endpoint_;
  Owner* const owner_;
  State state_ = State::kLookingUp;
  std::unique_ptr<net::NameLookup> lookup_;
  std::vector<net::SocketAddress> addresses_;
  std::size_t next_address_ = 0;
  std::string last_connect_error_;
  std::unique_ptr<net::StreamSocket> socket_;
  RedisReplyReader reader_;
  std::string output_;  // from `sent_` on not yet taken by the kernel
  std::size_t sent_ = 0;
  bool flush_at_turn_end_ = false;
  std::deque<Waiting> waiting_;  // in the order of their commands
  int steps_left_ = 0;           // of AUTH, SELECT and PING
  bool subscribes_ = false;
  net::Timer deadline_;
  std::shared_ptr<bool> alive_ = std::make_shared<bool>(true);  // false for what runs at the turn's end
};

}  // namespace viaduct::origin
