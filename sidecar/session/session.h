#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "filter/connection_facts.h"
#include "http/body_reader.h"
#include "http/head.h"
#include "net/event_loop.h"
#include "net/proxy_protocol.h"
#include "net/stream_socket.h"
#include "sidecar/config/config.h"
#include "sidecar/request/access_log.h"
#include "sidecar/request/decision.h"
#include "sidecar/request/end_reason.h"
#include "sidecar/request/local_reply.h"
#include "sidecar/request/routes.h"
#include "sidecar/thread/byte_queue.h"
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
    kProxyHeader,  // waits for what a Network Load Balancer puts in front
    kTlsHandshake,
    kHead,        // waits for a request
    kConnecting,  // to the upstream
    kExchange,    // a request is on its way, or its response
    kLingering,   // the last response leaves; what still comes in is dropped
    kOver,
  };
  enum class Fill : std::uint8_t { kRead, kNothing, kEnded, kFailed };

  // One request and its response. A value that is made anew for each.
  struct Exchange {
    const Route* route = nullptr;  // set before anything is forwarded
    bool head_request = false;
    bool upgrade = false;
    bool retriable = false;  // idempotent and without a body (RFC 9110 section 9.2.2)
    bool reused_connection = false;
    bool keep_alive = false;  // the viewer's wish
    int viewer_minor_version = 1;
    std::array<char, 28> accept{};  // what the upstream must answer to the key
    http::BodyReader request_body;
    bool request_chunked = false;
    bool request_complete = false;  // all of it is queued for the upstream
    bool upstream_write_failed = false;
    bool response_begun = false;  // a byte came
    bool response_head_done = false;
    http::BodyReader response_body;
    bool response_chunked = false;  // as we frame it
    bool response_complete = false;
    bool upstream_keep_alive = false;
    bool close_after = false;
    bool awaiting_response = false;
    net::Clock::time_point forwarded{};
    RequestFigures figures;
  };

  void OnSocketReady(net::StreamSocket* socket) override;
  void OnTimer(net::Timer* timer) override;

  // Takes all steps that can be taken now.
  void Advance();
  // Takes one; false when it must wait.
  bool Step();
  bool StepProxyHeader();
  bool StepTlsHandshake();
  bool StepHead();
  bool StepConnecting();
  bool StepExchange();
  bool StepLingering();

  // What comes before the first request, in session_opening.cc.
  void Open();
  bool ReadOpening(std::size_t size);
  void TakeProxyHeader(const net::ProxyHeaderParse& header);
  void DenyConnection();

  // A request, in session_request.cc.
  void HandleHead(std::size_t head_size);
  void RefuseHead(http::HeadError error);
  void Answer(const RequestDecision& decision);
  // Takes the head off what was received; its views end here.
  void ConsumeHead(std::size_t head_size);
  void Forward(const http::RequestHead& head, std::string_view viewer_address);
  void ConnectUpstream();
  void OpenConnection();
  const Upstream& upstream() const;
  bool PumpRequest();
  bool PumpRequestBody();

  // Its response, in session_response.cc.
  bool PumpResponse();
  bool ReadResponseHead();
  bool TakeResponseHead(std::size_t size);
  bool PumpResponseBody();
  bool UpstreamEnded(bool failed);
  void BecomeTunnel(std::size_t head_size, const http::ResponseHead& head);
  bool FinishExchange();

  // An answer of our own; ends the exchange.
  void Reply(EndReason reason);
  void Reply(EndReason reason, const LocalReply& reply, AfterReply after);
  // Ends the exchange without an answer: the response has begun, or nobody would read it.
  void Abort(EndReason reason);
  void LogExchange(EndReason reason);
  void BeginLine();
  // Begins the line and the timeout of the next request, which may be there already.
  void AwaitNextHead();
  void BeginNextHead();
  // Closes a connection that waits for a request, unless one has come after all.
  void EndIdle();
  void DropUpstream();
  void Linger();
  void End();

  // Each reads once, at most `limit` bytes: FillFromViewer what the loop has told, ReadFromViewer what the kernel has.
  Fill FillFromViewer(std::size_t limit = static_cast<std::size_t>(-1));
  Fill ReadFromViewer(std::size_t limit);
  Fill FillFromUpstream();
  // False when the peer is gone.
  bool FlushToViewer();
  void FlushToUpstream();
  void SetExchangeDeadline(bool progress);

  WorkerContext* context_;
  Owner* owner_;
  // In force when the last head was read, for all of its exchange.
  std::shared_ptr<const SidecarConfig> config_;
  std::unique_ptr<net::StreamSocket> viewer_;
  std::unique_ptr<net::StreamSocket> upstream_;
  net::Timer timer_;
  Phase phase_ = Phase::kHead;
  filter::ConnectionFacts connection_;
  std::string peer_;
  std::string vpc_endpoint_id_;  // empty without
  http::HeadFinder request_finder_;
  http::HeadFinder response_finder_;
  ByteQueue from_viewer_;
  ByteQueue to_viewer_;
  ByteQueue from_upstream_;
  ByteQueue to_upstream_;
  std::string retry_head_;     // what a reused connection was sent, while it may turn out to be stale
  std::uint64_t written_ = 0;  // bytes that either socket took
  bool viewer_ended_ = false;
  bool fin_sent_ = false;
  bool first_request_ = true;
  Exchange exchange_;
  AccessRecord record_;
};

}  // namespace viaduct::sidecar
