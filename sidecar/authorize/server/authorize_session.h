#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

#include "http/field.h"
#include "http/head.h"
#include "net/address.h"
#include "net/event_loop.h"
#include "net/stream_socket.h"
#include "net/unique_fd.h"
#include "sidecar/authorize/check.h"
#include "sidecar/request/access_log.h"
#include "sidecar/request/local_reply.h"
#include "sidecar/session/buffered_socket.h"
#include "sidecar/thread/byte_queue.h"
#include "sidecar/thread/worker_context.h"

namespace viaduct::sidecar {

// One connection of a proxy that asks in HTTP/1.1 whether requests may pass. Each head is a question and answered at
// once, by 200 or 403 and nothing else: there are no upgrades, no interim responses and no bodies. A question with a
// body is answered, and its connection ends, so that no body is read as a question.
//
// A connection that the proxy keeps stays open for an hour without a question, since a proxy that meets a closing one
// denies the request of an honest viewer. While the sidecar drains, each answer says that it is the last.
//
// Belongs to the thread of its context; must die before it.
class AuthorizeSession final : private net::StreamSocket::Owner, private net::Timer::Owner {
 public:
  class Owner {
   public:
    // Called once when the session is over, never from the constructor. The owner must retire it (EventLoop::Retire).
    virtual void OnEnded(AuthorizeSession* session) = 0;

   protected:
    ~Owner() = default;
  };

  // The limits of a question's head. Proxies pass on what their own limits let through.
  static constexpr http::HeadLimits kLimits = {
      .max_head_bytes = 64 * 1024, .max_target_bytes = 64 * 1024, .max_fields = 512};

  // Room that the sessions of a thread share: blocks of kLimits.max_head_bytes, and fields for one head.
  struct Room {
    BlockPool* blocks;
    std::span<http::Field> fields;
  };

  // `context`, `owner` and what `room` refers to must outlive it. `proxy` is the peer of `connection`. The context's
  // settings have `authorize`.
  AuthorizeSession(WorkerContext* context, Owner* owner, const Room& room, net::UniqueFd connection,
                   const net::SocketAddress& proxy);

  // True while it waits for a question of which no byte has arrived.
  bool idle() const { return phase_ == Phase::kHead && asker_.in().empty(); }
  // True if it has had an answer from which its peer could see that it is trusted.
  bool proven() const { return proven_; }
  // When it began to wait for what it waits for.
  net::Clock::time_point since() const { return since_; }

  // Ends the session now.
  void Cut() { End(); }

  // Its place in the owner's list; only the owner uses it.
  std::size_t slot = 0;

 private:
  enum class Phase : std::uint8_t {
    kHead,       // waits for a question
    kLingering,  // the last answer is being sent; further input is dropped
    kOver,
  };

  void OnSocketReady(net::StreamSocket* socket) override;
  void OnTimer(net::Timer* timer) override;

  // Takes all steps that can be taken now.
  void Advance();
  // Takes one step; returns false if it must wait.
  bool Step();
  bool StepHead();
  bool StepLingering();

  void HandleHead(std::size_t head_size);
  // Answers a question that cannot be read.
  void Refuse(CheckFault fault, Rule rule);
  void Answer(const Check& check, const CheckDecision& decision, Rule rule, AfterReply after);
  void AwaitHead();
  // Closes a connection that waits for a question, unless one has just arrived.
  void EndIdle();
  void Linger();
  void End();

  WorkerContext* context_;
  Owner* owner_;
  const Room room_;
  BufferedSocket asker_;
  net::Timer timer_;
  AccessRecord record_;
  const net::SocketAddress proxy_;
  const std::string proxy_text_;
  http::HeadFinder head_finder_;
  net::Clock::time_point since_;
  net::Clock::time_point head_begin_;
  Phase phase_ = Phase::kHead;
  bool proven_ = false;
  bool head_request_ = false;  // the question being answered is a HEAD
  bool fin_sent_ = false;
};

}  // namespace viaduct::sidecar
