#include "sidecar/session/exchange.h"

#include <cerrno>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "sidecar/request/forwarding.h"
#include "sidecar/request/response_framing.h"
#include "sidecar/request/upgrade.h"
#include "websocket/frame_scanner.h"
#include "websocket/handshake.h"

namespace viaduct::sidecar {
namespace {

using Fill = BufferedSocket::Fill;
using Outcome = Exchange::Outcome;
using Seconds = std::chrono::duration<double>;

constexpr Outcome kWaiting{.kind = Outcome::Kind::kWaiting};
constexpr Outcome kProgress{.kind = Outcome::Kind::kProgress};

Outcome Reply(RequestEnd end) { return {.kind = Outcome::Kind::kReply, .end = end}; }
Outcome Abort(RequestEnd end) { return {.kind = Outcome::Kind::kAbort, .end = end}; }
// Returns true if the exchange continues.
bool GoesOn(const Outcome& outcome) {
  return outcome.kind == Outcome::Kind::kWaiting || outcome.kind == Outcome::Kind::kProgress;
}

// Returns true for the safe methods of IANA's registry, and for PUT and DELETE.
bool IsIdempotent(std::string_view method) {
  return method == "GET" || method == "HEAD" || method == "OPTIONS" || method == "PUT" || method == "DELETE" ||
         method == "QUERY" || method == "PROPFIND" || method == "REPORT" || method == "SEARCH";
}

BodyPump::Output OutputFor(bool chunked) { return chunked ? BodyPump::Output::kChunks : BodyPump::Output::kPlain; }

}  // namespace

void Exchange::Begin(const SidecarConfig* config, const http::RequestHead& head, const RequestDecision& decision,
                     std::string_view viewer_address) {
  state_.config = config;
  state_.route = decision.route;
  state_.head_request = head.method == "HEAD";
  state_.upgrade = decision.action == RequestDecision::Action::kUpgrade;
  if (state_.upgrade) state_.accept = websocket::AcceptValue(decision.websocket_key);
  state_.keep_alive = head.keep_alive;
  state_.viewer_minor_version = head.minor_version;
  state_.request_body =
      BodyPump(head.body, OutputFor(head.body.kind == http::BodyLength::Kind::kChunked), http::ChunkLines::kStrict);
  state_.retriable = state_.request_body.complete() && !state_.upgrade && IsIdempotent(head.method);
  std::string* text = context_->head_scratch();
  text->clear();
  AppendUpstreamHead(head, viewer_address, state_.config->policy->secret().header(),
                     state_.upgrade ? UpgradeForwarding::kWebSocket : UpgradeForwarding::kNone, text);
  upstream_.out().Append(*text);
}

Outcome Exchange::Connect() {
  std::unique_ptr<net::StreamSocket> pooled;
  if (!state_.upgrade) pooled = context_->upstream_pool(state_.route->upstream)->Take(owner_);
  if (!pooled) return OpenConnection();
  upstream_.Attach(std::move(pooled));
  state_.reused_connection = true;
  context_->metrics().upstream_reused.Add();
  if (state_.retriable) retry_head_.assign(upstream_.out().view());
  BeginExchange();
  return kProgress;
}

Outcome Exchange::OpenConnection() {
  state_.reused_connection = false;
  context_->metrics().upstream_connections.Add();
  net::UniqueFd fd = net::StreamSocket::StartConnect(upstream().address);
  const bool connected = errno == 0;
  if (!fd) {
    context_->upstream_health()->NoteConnectError(upstream().name, errno);
    return Reply(RequestEnd::kUpstreamConnectFailed);
  }
  upstream_.Attach(std::make_unique<net::StreamSocket>(context_->loop(), std::move(fd), owner_));
  if (connected) upstream_.socket()->SetConnected();
  state_.connecting = true;
  timer_->SetAfter(upstream().connect_timeout);
  return kProgress;
}

void Exchange::BeginExchange() {
  state_.connecting = false;
  state_.forwarded = context_->loop()->now();
  SetDeadline();
}

void Exchange::SetDeadline() {
  const RouteTimeouts& timeouts = state_.route->timeouts;
  if (!state_.response_head_done && state_.request_body.complete()) {
    // There is one deadline for the whole wait, whatever else moves.
    if (std::exchange(state_.awaiting_response, true)) return;
    body_watch_.reset();
    timer_->SetAfter(state_.upgrade ? timeouts.upgrade_timeout : timeouts.response_timeout);
  } else if (body_watch_ == nullptr) {
    const auto least =
        static_cast<std::uint64_t>(state_.config->min_body_rate * Seconds(timeouts.body_timeout).count());
    const BodyWatch::Facts facts = BodyFacts();
    body_watch_ =
        std::make_unique<BodyWatch>(timeouts.body_timeout, least, facts.moved, facts.sent, context_->loop()->now());
    timer_->Set(body_watch_->next_look());
  }
}

// Without the kernel's part.
BodyWatch::Facts Exchange::BodyFacts() const {
  BodyWatch::Facts facts;
  facts.moved = viewer_->received() + viewer_->written() + upstream_.received() + upstream_.written();
  facts.sent = viewer_->received();
  // A viewer may wait with its body for the upstream's 100 Continue, but not with the rest of it.
  const bool begun = state_.request_body.begun() || !viewer_->in().empty();
  facts.must_send = !state_.request_body.complete() && begun && upstream_.out().empty();
  return facts;
}

Outcome Exchange::LookAtBodies() {
  BodyWatch::Facts facts = BodyFacts();
  facts.to_viewer = viewer_->Progress();
  facts.to_upstream = upstream_.Progress();
  RequestEnd end{};
  switch (body_watch_->Look(facts, context_->loop()->now())) {
    case BodyWatch::Verdict::kGoesOn:
      timer_->Set(body_watch_->next_look());
      return kWaiting;
    case BodyWatch::Verdict::kStandsStill:
      end = RequestEnd::kBodyTimeout;
      break;
    case BodyWatch::Verdict::kTooSlow:
      end = RequestEnd::kBodyTooSlow;
      break;
  }
  return state_.response_head_done ? Abort(end) : Reply(end);
}

Outcome Exchange::TimedOut() {
  if (state_.connecting) {
    context_->upstream_health()->NoteConnectError(upstream().name, ETIMEDOUT);
    return Reply(RequestEnd::kUpstreamConnectTimeout);
  }
  if (body_watch_ != nullptr) return LookAtBodies();
  return Reply(state_.upgrade ? RequestEnd::kUpgradeTimeout : RequestEnd::kUpstreamResponseTimeout);
}

Outcome Exchange::Step() { return state_.connecting ? StepConnecting() : StepConnected(); }

Outcome Exchange::StepConnecting() {
  const Fill fill = viewer_->FillOnce();
  if (fill == Fill::kFailed || (fill == Fill::kEnded && state_.upgrade)) {
    return Abort(RequestEnd::kDownstreamDisconnect);
  }
  const int error = upstream_.socket()->ConnectError();
  if (error == EINPROGRESS) return kWaiting;
  if (error != 0) {
    context_->upstream_health()->NoteConnectError(upstream().name, error);
    return Reply(RequestEnd::kUpstreamConnectFailed);
  }
  BeginExchange();
  return kProgress;
}

Outcome Exchange::StepConnected() {
  const Fill fill = viewer_->FillOnce();
  if (fill == Fill::kFailed || (viewer_->ended() && state_.upgrade)) return Abort(RequestEnd::kDownstreamDisconnect);
  const std::uint64_t written_before = viewer_->written() + upstream_.written();
  const Outcome request = PumpRequest();
  if (!GoesOn(request)) return request;
  const Outcome response = PumpResponse();
  if (!GoesOn(response) || state_.connecting) return response;
  if (state_.response_head_done && state_.response_body.complete() && viewer_->out().empty()) return Complete();
  const bool progress = fill == Fill::kRead || request.kind == Outcome::Kind::kProgress ||
                        response.kind == Outcome::Kind::kProgress ||
                        viewer_->written() + upstream_.written() != written_before;
  if (!progress) return kWaiting;
  SetDeadline();
  return kProgress;
}

Outcome Exchange::PumpRequest() {
  const BodyPump::Result result = state_.request_body.Pump(viewer_, &upstream_);
  if (result == BodyPump::Result::kCutShort) return Abort(RequestEnd::kDownstreamDisconnect);
  if (result == BodyPump::Result::kBroken) {
    record_->NoteRule(Rule(state_.request_body.error()));
    return state_.response_head_done ? Abort(RequestEnd::kBadRequestBody) : Reply(RequestEnd::kBadRequestBody);
  }
  // If this fails, the upstream may still have answered before it closed, so its response is read anyway.
  upstream_.Flush();
  return result == BodyPump::Result::kProgress ? kProgress : kWaiting;
}

Outcome Exchange::PumpResponse() {
  if (!viewer_->Flush()) return Abort(RequestEnd::kDownstreamDisconnect);
  Outcome outcome = kWaiting;
  if (!state_.response_head_done) {
    outcome = ReadResponseHead();
    if (!GoesOn(outcome)) return outcome;
  }
  // The part of the body that arrived with the head is sent together with it.
  if (state_.response_head_done) {
    const Outcome body = PumpResponseBody();
    if (!GoesOn(body)) return body;
    if (body.kind == Outcome::Kind::kProgress) outcome = body;
  }
  if (!viewer_->Flush()) return Abort(RequestEnd::kDownstreamDisconnect);
  return outcome;
}

Outcome Exchange::ReadResponseHead() {
  if (!viewer_->out().empty()) return kWaiting;  // an interim response still waits; the next head needs the whole block
  std::optional<http::HeadError> error;
  std::optional<std::size_t> size;
  if (!upstream_.in().empty()) size = response_finder_.Find(upstream_.in().view(), &error);
  if (!size.has_value() && upstream_.in().size() >= state_.config->head_limits.max_head_bytes) {
    error = http::HeadError::kTooLarge;
  }
  if (error.has_value()) return RefuseResponse(RequestEnd::kBadUpstreamResponse, Rule(*error));
  if (size.has_value()) return TakeResponseHead(*size);
  switch (upstream_.FillOnce()) {
    case Fill::kRead:
      return kProgress;
    case Fill::kNothing:
      break;
    case Fill::kEnded:
    case Fill::kFailed:
      return UpstreamGone();
  }
  return kWaiting;
}

Outcome Exchange::TakeResponseHead(std::size_t size) {
  http::ResponseHead head;
  const auto error =
      http::ParseResponseHead(upstream_.in().view().substr(0, size), state_.head_request ? "HEAD" : "GET",
                              state_.config->head_limits, context_->field_storage(), &head);
  if (error.has_value()) return RefuseResponse(RequestEnd::kBadUpstreamResponse, Rule(*error));
  if (head.status != 101) {
    PassResponse(head);
    upstream_.in().Consume(size);
    response_finder_.Reset();
    return kProgress;
  }
  const std::string_view accept(state_.accept.data(), state_.upgrade ? state_.accept.size() : 0);
  if (const std::optional<SwitchError> refused = CheckSwitch(head, accept)) {
    return RefuseResponse(RequestEnd::kBadUpstreamUpgrade, Rule(*refused));
  }
  std::string* text = context_->head_scratch();
  text->clear();
  AppendDownstreamHead(head, {}, text);
  state_.switching_size = size;
  state_.extended = !head.fields.First(http::FieldName::kSecWebSocketExtensions).empty();
  return {.kind = Outcome::Kind::kUpgraded};
}

// Queues the head for the viewer. A body follows the head of a final response.
void Exchange::PassResponse(const http::ResponseHead& head) {
  const bool viewer_done = viewer_->ended() && viewer_->in().empty();
  const bool last = state_.upgrade || context_->draining() || !state_.request_body.complete() || viewer_done;
  const ResponseFraming framing = FrameResponse(head, {.viewer_minor_version = state_.viewer_minor_version,
                                                       .viewer_keeps_alive = state_.keep_alive,
                                                       .last = last,
                                                       .handshake = state_.upgrade});
  if (head.status >= 200) {
    state_.response_body =
        BodyPump(head.body, OutputFor(framing.body == ResponseFraming::Body::kChunked), http::ChunkLines::kLenient);
    state_.response_head_done = true;
    state_.written_before_response = viewer_->written();
    state_.close_after = framing.close;
    state_.upstream_keep_alive = head.keep_alive;
    state_.status = head.status;
    state_.upstream_time = context_->loop()->now() - state_.forwarded;
  }
  if (!framing.passed_on) return;
  std::string* text = context_->head_scratch();
  text->clear();
  AppendDownstreamHead(head, framing, text);
  viewer_->out().Append(*text);
}

Outcome Exchange::PumpResponseBody() {
  const BodyPump::Result result = state_.response_body.Pump(&upstream_, viewer_);
  if (viewer_->write_failed()) return Abort(RequestEnd::kDownstreamDisconnect);
  switch (result) {
    case BodyPump::Result::kProgress:
      return kProgress;
    case BodyPump::Result::kWaiting:
      return kWaiting;
    case BodyPump::Result::kCutShort:
      return BreakResponse(RequestEnd::kUpstreamReset);
    case BodyPump::Result::kBroken:
      break;
  }
  record_->NoteRule(Rule(state_.response_body.error()));
  return BreakResponse(RequestEnd::kBadUpstreamResponse);
}

Outcome Exchange::RefuseResponse(RequestEnd end, Rule rule) {
  record_->NoteRule(rule);
  return Reply(end);
}

Outcome Exchange::BreakResponse(RequestEnd end) {
  if (viewer_->written() != state_.written_before_response) return Abort(end);
  viewer_->out().Clear();
  return Reply(end);
}

Outcome Exchange::UpstreamGone() {
  if (!state_.reused_connection || !state_.retriable || upstream_.received_any()) {
    return Reply(RequestEnd::kUpstreamReset);
  }
  // The pooled connection was already closing: the upstream has not seen this request (RFC 9110 section 9.2.2).
  DropUpstream();
  context_->metrics().upstream_retries.Add();
  state_.awaiting_response = false;
  upstream_.out().Append(retry_head_);
  return OpenConnection();
}

Outcome Exchange::Complete() {
  if (state_.upstream_time.has_value()) context_->metrics().response_seconds.Observe(*state_.upstream_time);
  const bool reusable = state_.upstream_keep_alive && state_.request_body.complete() && !state_.upgrade &&
                        !upstream_.write_failed() && upstream_.out().empty() && upstream_.in().empty();
  // The pools belong to the settings in force.
  if (reusable && state_.config == &context_->config()) {
    context_->upstream_pool(state_.route->upstream)->Give(upstream_.Detach());
  }
  return {.kind = Outcome::Kind::kCompleted, .after = state_.close_after ? AfterReply::kClose : AfterReply::kKeepAlive};
}

Tunnel::Start Exchange::StartTunnel(std::shared_ptr<const SidecarConfig> config) {
  return {.config = std::move(config),
          .route = state_.route,
          .viewer = viewer_->Detach(),
          .upstream = upstream_.Detach(),
          .record = std::move(*record_),
          .to_viewer = *context_->head_scratch(),
          .from_viewer = viewer_->in().view(),
          .from_upstream = upstream_.in().view().substr(state_.switching_size),
          .rsv1 = state_.extended ? websocket::Rsv1::kAllowed : websocket::Rsv1::kRefused};
}

void Exchange::End() {
  DropUpstream();
  body_watch_.reset();
  state_ = State{};
}

void Exchange::DropUpstream() {
  if (upstream_.attached()) context_->loop()->Retire(upstream_.Detach());
  upstream_.in().Clear();
  upstream_.out().Clear();
  response_finder_.Reset();
}

RequestFigures Exchange::figures() const {
  RequestFigures figures;
  figures.status = state_.status;
  figures.request_body_bytes = state_.request_body.content_bytes();
  figures.response_body_bytes = state_.response_body.content_bytes();
  figures.upstream_time = state_.upstream_time;
  return figures;
}

}  // namespace viaduct::sidecar
