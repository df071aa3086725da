#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "filter/connection_facts.h"
#include "http/head.h"
#include "net/event_loop.h"
#include "net/stream_socket.h"
#include "net/unique_fd.h"
#include "sidecar/config/config.h"
#include "sidecar/request/access_log.h"
#include "sidecar/request/decision.h"
#include "sidecar/request/local_reply.h"
#include "sidecar/request/request_end.h"
#include "sidecar/session/buffered_socket.h"
#include "sidecar/session/exchange.h"
#include "sidecar/session/opening.h"
#include "sidecar/thread/worker_context.h"
#include "sidecar/tunnel/tunnel.h"

namespace viaduct::sidecar {

// One downstream connection while it speaks HTTP/1.1: requests one after the other, each checked on its own head before
// anything of it is forwarded, each answered before the next is read. A request to upgrade that the upstream accepts
// makes the connection a Tunnel.
//
// Bodies stream both ways through one block each; a side that takes no bytes stops the reading of the other.
//
// Belongs to the thread of its context; must die before it.
class Session final : private net::StreamSocket::Owner, private net::Timer::Owner {
 public:
  class Owner {
   public:
    // The upstream accepted an upgrade: the connection goes on as a tunnel. The views of `start` are valid during the
    // call. OnEnded follows.
    virtual void OnUpgraded(Session* session, Tunnel::Start start) = 0;
    // The session is over; it must be retired to the end of this turn. Called once, never from the constructor.
    virtual void OnEnded(Session* session) = 0;

   protected:
    ~Owner() = default;
  };

  // `context` and `owner` must outlive it.
  Session(WorkerContext* context, Owner* owner, net::UniqueFd connection, const net::SocketAddress& peer);
  ~Session();

  // For the drain: ends a connection that waits for its next request.
  void CloseIfIdle();
  // Ends it now; only for the end of the drain.
  void Cut();

  // Its place in the owner's list; for the owner to use.
  std::size_t slot = 0;

 private:
  enum class Phase : std::uint8_t {
    kOpening,    // what comes before the first request
    kHead,       // waits for a request
    kExchange,   // a request is on its way, or its response
    kLingering,  // the last response leaves; what still comes in is dropped
    kOver,
  };

  void OnSocketReady(net::StreamSocket* socket) override;
  void OnTimer(net::Timer* timer) override;

  // Takes all steps that can be taken now.
  void Advance();
  // Takes one; false when it must wait.
  bool Step();
  bool StepOpening();
  bool StepHead();
  bool StepLingering();

  void HandleHead(std::size_t head_size);
  void RefuseHead(http::HeadError error);
  // Takes the head off what was received; its views end here.
  void ConsumeHead(std::size_t head_size);
  void Answer(const RequestDecision& decision);
  // Does what an exchange came to; false when it must wait.
  bool Follow(const Exchange::Outcome& outcome);

  // Answers the request, which ends here.
  void Reply(RequestEnd reason, const LocalReply& reply, AfterReply after);
  void Refuse(RequestEnd reason) { Reply(reason, LocalReplyFor(reason), AfterReply::kClose); }
  // Ends the connection without an answer: the response has begun, or nobody would read it.
  void Abort(RequestEnd reason);
  void Log(RequestFigures figures, RequestEnd reason);
  void AfterResponse(AfterReply after);
  // Begins the line and the timeout of the next request, which may be there already.
  void AwaitNextHead();
  void BeginNextHead();
  void BeginLine();
  // Closes a connection that waits for a request, unless one has come after all.
  void EndIdle();
  void Linger();
  void End();

  WorkerContext* context_;
  Owner* owner_;
  // In force at the accept, later when the last head was read.
  std::shared_ptr<const SidecarConfig> config_;
  BufferedSocket viewer_;
  net::Timer timer_;
  AccessRecord record_;
  std::unique_ptr<Opening> opening_;  // in kOpening
  Exchange exchange_;
  Phase phase_ = Phase::kHead;
  filter::ConnectionFacts connection_;
  std::string peer_;
  std::string vpc_endpoint_id_;  // of the PROXY header; empty without
  http::HeadFinder head_finder_;
  bool fin_sent_ = false;
  bool first_request_ = true;
  bool head_request_ = false;  // the request under way is a HEAD
};

}  // namespace viaduct::sidecar
