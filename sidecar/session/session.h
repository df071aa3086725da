#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "filter/connection_facts.h"
#include "http/body_reader.h"
#include "http/head.h"
#include "net/address_tally.h"
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

// One downstream connection while it speaks HTTP/1.1. Requests are handled one after the other: each is checked by its
// own head before any part of it is forwarded, and answered before the next is read. When the upstream accepts an
// upgrade, the connection becomes a Tunnel.
//
// Bodies stream both ways through one block each; a side that accepts no bytes stops the reading from the other.
//
// Belongs to the thread of its context; must die before it.
class Session final : private net::StreamSocket::Owner, private net::Timer::Owner {
 public:
  class Owner {
   public:
    // Called when the upstream has accepted an upgrade: the connection continues as a tunnel. The views of `start` are
    // valid during the call. OnEnded follows.
    virtual void OnUpgraded(Session* session, Tunnel::Start start) = 0;
    // Called at most once, when the last request is answered: the session only waits for its peer to take the answer,
    // or to send the rest of a body that nobody wants. Never called from the constructor.
    virtual void OnLingering(Session* session) = 0;
    // Called once when the session is over, never from the constructor. The owner must retire it (EventLoop::Retire).
    virtual void OnEnded(Session* session) = 0;

   protected:
    ~Owner() = default;
  };

  // `context` and `owner` must outlive it.
  Session(WorkerContext* context, Owner* owner, net::UniqueFd connection, const net::SocketAddress& peer,
          Admission admission);
  ~Session();

  Admission admission() const { return admission_; }

  // For the drain: ends a connection that waits for its next request.
  void CloseIfIdle();
  // Ends a session of kHealthOnly, with a 503 if it can get one, to make room for another.
  void TurnAway();
  // Ends the session now; only for the end of the drain, and for one that lingers.
  void Cut();

  // Its places in the owner's lists; only the owner uses them.
  std::size_t slot = 0;
  std::optional<std::list<Session*>::iterator> lingering_place;

 private:
  enum class Phase : std::uint8_t {
    kOpening,    // before the first request
    kHead,       // waits for a request
    kExchange,   // a request or its response is under way
    kLingering,  // the last response is being sent; further input, such as the rest of a body, is dropped
    kOver,
  };

  void OnSocketReady(net::StreamSocket* socket) override;
  void OnTimer(net::Timer* timer) override;

  // Takes all steps that can be taken now.
  void Advance();
  // Takes one step; returns false if it must wait.
  bool Step();
  bool StepOpening();
  bool StepHead();
  bool StepLingering();
  // Drops the input while lingering. Returns false if it exceeds the bound.
  bool DropUnread();
  // Gives up the rest of the body and the viewer's seat; all of it may have arrived.
  void EndUnread();

  void HandleHead(std::size_t head_size);
  // Counts a request that is to be forwarded for its viewer. Returns false if the viewer has as much open as it may.
  bool CountForViewer(const RequestDecision& decision);
  // Lets the viewer send the rest of a request that is answered here, which counts like one that is forwarded. If the
  // viewer has no more open than it may, the rest is dropped only for a moment.
  void ExpectRest(const http::BodyLength& body, const RequestDecision& decision);
  bool TakeViewerSeat(const RequestDecision& decision, std::size_t kind, int most);
  void RefuseHead(http::HeadError error);
  // Removes the head from the received bytes, which invalidates its views.
  void ConsumeHead(std::size_t head_size);
  void Answer(const RequestDecision& decision);
  // Acts on the outcome of an exchange; returns false if it must wait.
  bool Follow(const Exchange::Outcome& outcome);

  // Answers and ends the request.
  void Reply(RequestEnd reason, const LocalReply& reply, AfterReply after);
  void Refuse(RequestEnd reason) { Reply(reason, LocalReplyFor(reason), AfterReply::kClose); }
  // Ends the connection without an answer: the response has begun, or nobody would read it.
  void Abort(RequestEnd reason);
  void Log(RequestFigures figures, RequestEnd reason);
  void Upgraded();
  void AfterResponse(RequestEnd reason, AfterReply after);
  // Begins the log line and the timeout of the next request, which may have arrived already.
  void AwaitNextHead();
  void BeginNextHead();
  void BeginLine();
  // Closes a connection that waits for a request, unless one has just arrived.
  void EndIdle();
  // Ends the connection once the last response is sent. A viewer that still sends its body may do so for `patience`,
  // without long pauses.
  void Linger(SidecarConfig::Duration patience = {});
  void End();

  WorkerContext* context_;
  Owner* owner_;
  // The settings in force at the accept; later those in force when the last head was read.
  std::shared_ptr<const SidecarConfig> config_;
  BufferedSocket viewer_;
  net::Timer timer_;
  AccessRecord record_;
  std::unique_ptr<Opening> opening_;  // in kOpening
  Exchange exchange_;
  net::AddressTally::Seat viewer_seat_;  // of the exchange, and of a body that is still read after its answer
  const Admission admission_;
  Phase phase_ = Phase::kHead;
  filter::ConnectionFacts connection_;
  std::string peer_;
  std::string vpc_endpoint_id_;  // from the PROXY header; empty if there is none
  http::HeadFinder head_finder_;
  http::BodyReader unread_body_;    // of a request that was answered before it was complete
  std::uint64_t unread_bytes_ = 0;  // of it, dropped while lingering
  net::Clock::time_point linger_end_{};
  bool fin_sent_ = false;
  bool first_request_ = true;
  bool head_request_ = false;  // the request under way is a HEAD
};

}  // namespace viaduct::sidecar
