#include "sidecar/session/session.h"

#include <algorithm>
#include <cerrno>
#include <utility>

#include "net/ip_of.h"

namespace viaduct::sidecar {
namespace {

// How long what we refused may still come in before the connection is cut: closing at once would send a reset that
// destroys our answer on its way.
constexpr auto kLingerTimeout = std::chrono::seconds(1);

// How long a connection that has not asked anything yet may still do so when the drain closes idle ones: its request is
// on its way, for balancers connect when they have one.
constexpr auto kFirstRequestGrace = std::chrono::seconds(1);

// How much one connection may do in a turn before the others get theirs.
constexpr int kStepsPerTurn = 64;

}  // namespace

Session::Session(WorkerContext* context, Owner* owner, net::UniqueFd connection, const net::SocketAddress& peer)
    : context_(context),
      owner_(owner),
      config_(context->shared_config()),
      viewer_(new net::StreamSocket(context->loop(), std::move(connection), this)),
      timer_(context->loop(), this),
      connection_{.peer = net::IpOf(peer)},
      peer_(peer.ToString()),
      from_viewer_(context->blocks()),
      to_viewer_(context->blocks()),
      from_upstream_(context->blocks()),
      to_upstream_(context->blocks()) {
  BeginLine();
  timer_.SetAfter(context->config().request_head_timeout);
  context->metrics().sessions_open.Add(1);
  Open();
}

Session::~Session() { context_->metrics().sessions_open.Add(-1); }

void Session::OnSocketReady(net::StreamSocket*) { Advance(); }

void Session::Advance() {
  for (int steps = 0; phase_ != Phase::kOver && Step(); ++steps) {
    if (steps < kStepsPerTurn) continue;
    if (phase_ != Phase::kOver) viewer_->RunAgain();
    return;
  }
}

bool Session::Step() {
  switch (phase_) {
    case Phase::kProxyHeader:
      return StepProxyHeader();
    case Phase::kTlsHandshake:
      return StepTlsHandshake();
    case Phase::kHead:
      return StepHead();
    case Phase::kConnecting:
      return StepConnecting();
    case Phase::kExchange:
      return StepExchange();
    case Phase::kLingering:
      return StepLingering();
    case Phase::kOver:
      break;
  }
  return false;
}

bool Session::StepHead() {
  if (!FlushToViewer()) {
    End();
    return false;
  }
  if (!to_viewer_.empty()) return false;  // the last response first
  if (!from_viewer_.empty()) {
    std::optional<http::HeadError> error;
    const std::optional<std::size_t> size = request_finder_.Find(from_viewer_.view(), &error);
    if (!size.has_value() && !error.has_value() &&
        from_viewer_.size() >= context_->config().head_limits.max_head_bytes) {
      error = http::HeadError::kTooLarge;
    }
    if (error.has_value()) {
      RefuseHead(*error);
      return true;
    }
    if (size.has_value()) {
      HandleHead(*size);
      return true;
    }
  }
  const bool new_head = from_viewer_.empty();
  switch (FillFromViewer()) {
    case Fill::kNothing:
      if (!viewer_ended_) return false;
      break;
    case Fill::kRead:
      if (new_head && !first_request_) BeginNextHead();
      return true;
    case Fill::kEnded:
    case Fill::kFailed:
      break;
  }
  if (!new_head) LogExchange(EndReason::kDownstreamDisconnect);
  End();
  return false;
}

bool Session::StepConnecting() {
  const Fill fill = FillFromViewer();
  if (fill == Fill::kFailed || (fill == Fill::kEnded && exchange_.upgrade)) {
    Abort(EndReason::kDownstreamDisconnect);
    return false;
  }
  const int error = upstream_->ConnectError();
  if (error == EINPROGRESS) return false;
  if (error != 0) {
    context_->upstream_health()->NoteConnectError(upstream().name, error);
    Reply(EndReason::kUpstreamConnectFailed);
    return true;
  }
  phase_ = Phase::kExchange;
  exchange_.forwarded = context_->loop()->now();
  SetExchangeDeadline(true);
  return true;
}

bool Session::StepExchange() {
  const Fill fill = FillFromViewer();
  if (fill == Fill::kFailed || (viewer_ended_ && exchange_.upgrade)) {
    Abort(EndReason::kDownstreamDisconnect);
    return false;
  }
  const std::uint64_t written_before = written_;
  bool progress = fill == Fill::kRead;
  progress |= PumpRequest();
  if (phase_ != Phase::kExchange) return phase_ != Phase::kOver;
  progress |= PumpResponse();
  if (phase_ != Phase::kExchange) return phase_ != Phase::kOver;
  if (exchange_.response_complete && to_viewer_.empty()) return FinishExchange();
  progress |= written_ != written_before;
  if (progress) SetExchangeDeadline(true);
  return progress;
}

bool Session::StepLingering() {
  if (!FlushToViewer()) {
    End();
    return false;
  }
  if (!to_viewer_.empty()) return false;
  if (!std::exchange(fin_sent_, true)) viewer_->ShutdownWrite();
  from_viewer_.Clear();
  switch (FillFromViewer()) {
    case Fill::kRead:
      return true;
    case Fill::kNothing:
      // Half-closed by the peer earlier: no further edge will come.
      if (viewer_ended_) End();
      return false;
    case Fill::kEnded:
    case Fill::kFailed:
      End();
      return false;
  }
  return false;
}

Session::Fill Session::FillFromViewer(std::size_t limit) {
  if (!viewer_->readable() || viewer_ended_) return Fill::kNothing;
  return ReadFromViewer(limit);
}

Session::Fill Session::ReadFromViewer(std::size_t limit) {
  std::size_t room;
  char* data = from_viewer_.Prepare(&room);
  if (data == nullptr) return Fill::kNothing;
  const net::IoResult result = viewer_->Read(data, std::min(room, limit));
  from_viewer_.Commit(result.bytes);
  switch (result.kind) {
    case net::IoResult::Kind::kDone:
      return Fill::kRead;
    case net::IoResult::Kind::kWouldBlock:
      return Fill::kNothing;
    case net::IoResult::Kind::kEnd:
      viewer_ended_ = true;
      return Fill::kEnded;
    case net::IoResult::Kind::kFailed:
      viewer_ended_ = true;
      return Fill::kFailed;
  }
  return Fill::kFailed;
}

Session::Fill Session::FillFromUpstream() {
  if (!upstream_->readable()) return Fill::kNothing;
  std::size_t room;
  char* data = from_upstream_.Prepare(&room);
  if (data == nullptr) return Fill::kNothing;
  const net::IoResult result = upstream_->Read(data, room);
  from_upstream_.Commit(result.bytes);
  switch (result.kind) {
    case net::IoResult::Kind::kDone:
      exchange_.response_begun = true;
      return Fill::kRead;
    case net::IoResult::Kind::kWouldBlock:
      return Fill::kNothing;
    case net::IoResult::Kind::kEnd:
      return Fill::kEnded;
    case net::IoResult::Kind::kFailed:
      return Fill::kFailed;
  }
  return Fill::kFailed;
}

bool Session::FlushToViewer() {
  if (to_viewer_.empty() || !viewer_->writable()) return true;
  const std::string_view bytes = to_viewer_.view();
  const net::IoResult result = viewer_->Write(bytes.data(), bytes.size());
  if (result.kind == net::IoResult::Kind::kFailed) return false;
  to_viewer_.Consume(result.bytes);
  written_ += result.bytes;
  return true;
}

void Session::FlushToUpstream() {
  if (to_upstream_.empty() || !upstream_->writable() || exchange_.upstream_write_failed) return;
  const std::string_view bytes = to_upstream_.view();
  const net::IoResult result = upstream_->Write(bytes.data(), bytes.size());
  if (result.kind == net::IoResult::Kind::kFailed) {
    // The upstream may have answered before it closed: its response is still worth reading.
    exchange_.upstream_write_failed = true;
    to_upstream_.Clear();
    return;
  }
  to_upstream_.Consume(result.bytes);
  written_ += result.bytes;
}

void Session::SetExchangeDeadline(bool progress) {
  const RouteTimeouts& timeouts = exchange_.route->timeouts;
  if (!exchange_.response_head_done && exchange_.request_complete) {
    // One deadline for the whole wait, whatever else moves.
    if (std::exchange(exchange_.awaiting_response, true)) return;
    timer_.SetAfter(exchange_.upgrade ? timeouts.upgrade_timeout : timeouts.response_timeout);
  } else if (progress) {
    timer_.SetAfter(timeouts.body_timeout);
  }
}

void Session::OnTimer(net::Timer*) {
  switch (phase_) {
    case Phase::kProxyHeader:
      Abort(EndReason::kRequestHeadTimeout);
      break;
    case Phase::kTlsHandshake:
      context_->metrics().tls_handshakes[static_cast<std::size_t>(TlsHandshakeResult::kTimeout)].Add();
      Abort(EndReason::kTlsHandshakeTimeout);
      break;
    case Phase::kHead:
      if (!from_viewer_.empty() || (first_request_ && !context_->stopping())) {
        Reply(EndReason::kRequestHeadTimeout);
      } else {
        EndIdle();
      }
      break;
    case Phase::kConnecting:
      context_->upstream_health()->NoteConnectError(upstream().name, ETIMEDOUT);
      Reply(EndReason::kUpstreamConnectTimeout);
      break;
    case Phase::kExchange:
      if (exchange_.response_head_done) {
        Abort(EndReason::kBodyTimeout);
      } else if (!exchange_.request_complete) {
        Reply(EndReason::kBodyTimeout);
      } else {
        Reply(exchange_.upgrade ? EndReason::kUpgradeTimeout : EndReason::kUpstreamResponseTimeout);
      }
      break;
    case Phase::kLingering:
      End();
      break;
    case Phase::kOver:
      break;
  }
  Advance();
}

void Session::Reply(EndReason reason) { Reply(reason, LocalReplyFor(reason), AfterReply::kClose); }

void Session::Reply(EndReason reason, const LocalReply& reply, AfterReply after) {
  std::string* text = context_->head_scratch();
  text->clear();
  AppendLocalReply(reply, after, exchange_.head_request, text);
  if (to_viewer_.room() < text->size()) {
    Abort(reason);  // behind interim responses that the viewer does not take
    return;
  }
  to_viewer_.Append(*text);
  exchange_.figures.status = reply.status;
  exchange_.figures.response_body_bytes = exchange_.head_request ? 0 : reply.body.size();
  LogExchange(reason);
  DropUpstream();
  exchange_ = Exchange{};
  if (after == AfterReply::kClose) {
    Linger();
  } else {
    AwaitNextHead();
  }
}

void Session::AwaitNextHead() {
  phase_ = Phase::kHead;
  if (!from_viewer_.empty()) {
    BeginNextHead();
  } else if (!context_->stopping()) {
    timer_.SetAfter(context_->config().keep_alive_timeout);
  } else {
    EndIdle();
  }
}

void Session::BeginNextHead() {
  BeginLine();
  timer_.SetAfter(context_->config().request_head_timeout);
}

void Session::EndIdle() {
  if (viewer_ended_) {
    End();
    return;
  }
  // The loop may not have told yet what the kernel has: a request that is there is answered. One that comes after our
  // FIN finds no reset, and its sender knows that nobody has seen it.
  switch (ReadFromViewer(from_viewer_.room())) {
    case Fill::kRead:
      if (!first_request_) BeginNextHead();
      break;
    case Fill::kNothing:
      Linger();
      break;
    case Fill::kEnded:
    case Fill::kFailed:
      End();
      break;
  }
}

void Session::Abort(EndReason reason) {
  LogExchange(reason);
  // A response that was cut short must not look complete: HTTP/1.0 bodies end with FIN, so this is a reset.
  if (exchange_.response_head_done) viewer_->ResetOnClose();
  End();
}

void Session::LogExchange(EndReason reason) {
  exchange_.figures.end = reason;
  context_->access_lines().WriteRequest(record_, exchange_.figures);
}

void Session::BeginLine() {
  record_.Begin(context_->loop()->now(), peer_);
  if (!vpc_endpoint_id_.empty()) record_.NoteVpcEndpoint(vpc_endpoint_id_);
}

void Session::DropUpstream() {
  if (upstream_) context_->loop()->Retire(std::move(upstream_));
  from_upstream_.Clear();
  to_upstream_.Clear();
  response_finder_.Reset();
}

void Session::Linger() {
  phase_ = Phase::kLingering;
  timer_.SetAfter(kLingerTimeout);
}

void Session::End() {
  if (std::exchange(phase_, Phase::kOver) == Phase::kOver) return;
  timer_.Cancel();
  owner_->OnEnded(this);
}

void Session::CloseIfIdle() {
  if ((phase_ != Phase::kHead && phase_ != Phase::kProxyHeader) || !from_viewer_.empty() || !to_viewer_.empty()) return;
  if (first_request_) {
    timer_.SetAfter(kFirstRequestGrace);
    return;
  }
  EndIdle();
  Advance();
}

void Session::Cut() {
  if (phase_ == Phase::kConnecting || phase_ == Phase::kExchange) LogExchange(EndReason::kCut);
  End();
}

}  // namespace viaduct::sidecar
