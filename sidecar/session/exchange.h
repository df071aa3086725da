#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "http/body_reader.h"
#include "http/head.h"
#include "net/event_loop.h"
#include "net/stream_socket.h"
#include "sidecar/config/config.h"
#include "sidecar/request/access_log.h"
#include "sidecar/request/decision.h"
#include "sidecar/request/local_reply.h"
#include "sidecar/request/request_end.h"
#include "sidecar/request/routes.h"
#include "sidecar/request/rule.h"
#include "sidecar/session/body_pump.h"
#include "sidecar/session/body_watch.h"
#include "sidecar/session/buffered_socket.h"
#include "sidecar/thread/worker_context.h"
#include "sidecar/tunnel/tunnel.h"
#include "sidecar/upstream/upstream.h"

namespace viaduct::sidecar {

// Forwards one request and returns its response: connects to the upstream, streams both bodies, and reports to its
// session how it ended. One object serves all requests of a session in turn.
//
// Belongs to its session's thread.
class Exchange {
 public:
  // The result of one step. A value.
  struct Outcome {
    enum class Kind : std::uint8_t {
      kWaiting,    // for a socket or the timer
      kProgress,   // there may be more to do at once
      kCompleted,  // the response is delivered; `after` says whether the connection stays open
      kReply,      // the viewer must get the local reply for `end`
      kAbort,      // an answer is useless: the response has begun, or the viewer is gone
      kUpgraded,   // the upstream accepted; StartTunnel is next
    };
    Kind kind = Kind::kWaiting;
    RequestEnd end = RequestEnd::kCompleted;
    AfterReply after = AfterReply::kClose;
  };

  // All must outlive it. `viewer`, `timer` and `record` are the session's; `owner` is told of the upstream's events.
  Exchange(WorkerContext* context, BufferedSocket* viewer, net::Timer* timer, AccessRecord* record,
           net::StreamSocket::Owner* owner)
      : context_(context),
        viewer_(viewer),
        timer_(timer),
        record_(record),
        owner_(owner),
        upstream_(context->blocks()) {}

  // Begins the exchange of a request that `decision` forwards, under the settings `config`, which must live until End.
  // Its body follows in `viewer`, once the caller has removed the head. The previous exchange must have ended.
  void Begin(const SidecarConfig* config, const http::RequestHead& head, const RequestDecision& decision,
             std::string_view viewer_address);
  // Connects to the upstream; call it once after Begin.
  Outcome Connect();
  // Does everything that can be done now.
  Outcome Step();
  // Handles the timer; returns how the exchange ends, or kWaiting.
  Outcome TimedOut();
  // Ends the exchange and drops the upstream's connection.
  void End();
  // After kUpgraded: returns both sockets, the record, and views valid until End. `config` is the one given to Begin.
  Tunnel::Start StartTunnel(std::shared_ptr<const SidecarConfig> config);

  // True if the final response's head has been queued for the viewer.
  bool response_begun() const { return state_.response_head_done; }
  // Reads the rest of the request's body; there is none before Begin and after End.
  const http::BodyReader& unread_body() const { return state_.request_body.reader(); }
  // The body_timeout of the current request's route. Only between Begin and End.
  SidecarConfig::Duration body_timeout() const { return state_.route->timeouts.body_timeout; }
  // Returns the figures so far; all are zero before Begin and after End.
  RequestFigures figures() const;

 private:
  // The state of one request and its response.
  struct State {
    const SidecarConfig* config = nullptr;
    const Route* route = nullptr;  // of `config`
    BodyPump request_body;
    BodyPump response_body;
    net::Clock::time_point forwarded{};
    std::optional<std::chrono::nanoseconds> upstream_time;
    std::size_t switching_size = 0;             // of the 101's head
    std::uint64_t written_before_response = 0;  // to the viewer
    int status = 0;
    int viewer_minor_version = 1;
    std::array<char, 28> accept{};  // the upstream's required answer to the key
    bool head_request = false;
    bool upgrade = false;
    bool retriable = false;   // idempotent and without a body (RFC 9110 section 9.2.2)
    bool keep_alive = false;  // the viewer expects to send another request
    bool connecting = false;
    bool reused_connection = false;
    bool awaiting_response = false;
    bool response_head_done = false;
    bool upstream_keep_alive = false;
    bool close_after = false;
    bool extended = false;  // the 101 agrees on an extension
  };

  Outcome OpenConnection();
  void BeginExchange();
  Outcome StepConnecting();
  Outcome StepConnected();
  Outcome PumpRequest();
  Outcome PumpResponse();
  Outcome ReadResponseHead();
  Outcome TakeResponseHead(std::size_t size);
  void PassResponse(const http::ResponseHead& head);
  Outcome PumpResponseBody();
  Outcome RefuseResponse(RequestEnd end, Rule rule);
  // Handles a response that broke after its head: 502 if nothing of it has left yet, otherwise the viewer must see it
  // cut short.
  Outcome BreakResponse(RequestEnd end);
  // Handles an upstream connection that ended before the response's head was complete.
  Outcome UpstreamGone();
  Outcome Complete();
  void DropUpstream();
  void SetDeadline();
  BodyWatch::Facts BodyFacts() const;
  Outcome LookAtBodies();
  const Upstream& upstream() const { return state_.config->routes.upstreams()[state_.route->upstream]; }

  WorkerContext* context_;
  BufferedSocket* viewer_;
  net::Timer* timer_;
  AccessRecord* record_;
  net::StreamSocket::Owner* owner_;
  BufferedSocket upstream_;
  http::HeadFinder response_finder_;
  std::string retry_head_;                 // the head sent on a reused connection, which may turn out to be stale
  std::unique_ptr<BodyWatch> body_watch_;  // while a body is on its way
  State state_;
};

}  // namespace viaduct::sidecar
