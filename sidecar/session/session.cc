#include "sidecar/session/session.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>
#include <utility>

#include "filter/explain.h"
#include "filter/policy.h"
#include "ip/ip_address.h"

namespace viaduct::sidecar {
namespace {

using Fill = BufferedSocket::Fill;

// The time for which input is still read and dropped after the last response: closing at once would send a reset, which
// could destroy our answer on its way.
constexpr auto kLingerTimeout = std::chrono::seconds(1);
// The longest pause of a viewer that still sends its body then.
constexpr auto kLingerPause = std::chrono::seconds(5);
// The number of bytes that may still arrive of a body that was answered early.
constexpr std::uint64_t kMaxUnreadBytes = std::uint64_t{64} << 20;

// The time that a drain gives a connection without a request so far: its first request is probably on its way, since
// balancers connect when they have one.
constexpr auto kFirstRequestGrace = std::chrono::seconds(1);

// The number of steps that one connection may take in a turn before others get theirs.
constexpr int kStepsPerTurn = 64;

// Returns true if a viewer may finish a request that was answered early for this reason: plain clients read no answer
// before that. Viewers that are not allowed, broke a rule or are too slow may not.
bool LetsViewerFinish(RequestEnd reason) {
  switch (reason) {
    case RequestEnd::kCompleted:
    case RequestEnd::kNoRoute:
    case RequestEnd::kHttpNotAllowed:
    case RequestEnd::kUpstreamConnectFailed:
    case RequestEnd::kUpstreamConnectTimeout:
    case RequestEnd::kUpstreamResponseTimeout:
    case RequestEnd::kUpstreamReset:
    case RequestEnd::kBadUpstreamResponse:
      return true;
    default:
      return false;
  }
}

}  // namespace

Session::Session(WorkerContext* context, Owner* owner, net::UniqueFd connection, const net::SocketAddress& peer,
                 Admission admission)
    : context_(context),
      owner_(owner),
      config_(context->shared_config()),
      viewer_(context->blocks()),
      timer_(context->loop(), this),
      exchange_(context, &viewer_, &timer_, &record_, this),
      admission_(admission),
      connection_{.peer = peer.ip()},
      peer_(peer.ToString()) {
  viewer_.Attach(
      std::unique_ptr<net::StreamSocket>(new net::StreamSocket(context->loop(), std::move(connection), this)));
  BeginLine();
  timer_.SetAfter(config_->request_head_timeout);
  context->metrics().sessions_open.Add(1);
  if (Opening::IsNeeded(*config_)) {
    phase_ = Phase::kOpening;
    opening_ = std::make_unique<Opening>(config_.get(), context, &timer_, &record_);
  }
}

Session::~Session() { context_->metrics().sessions_open.Add(-1); }

void Session::OnSocketReady(net::StreamSocket*) { Advance(); }

void Session::Advance() {
  for (int steps = 0; phase_ != Phase::kOver && Step(); ++steps) {
    if (steps < kStepsPerTurn) continue;
    if (phase_ != Phase::kOver) viewer_.socket()->RunAgain();
    return;
  }
}

bool Session::Step() {
  switch (phase_) {
    case Phase::kOpening:
      return StepOpening();
    case Phase::kHead:
      return StepHead();
    case Phase::kExchange:
      return Follow(exchange_.Step());
    case Phase::kLingering:
      return StepLingering();
    case Phase::kOver:
      break;
  }
  return false;
}

bool Session::StepOpening() {
  switch (opening_->Step(&viewer_, &connection_)) {
    case Opening::Result::kWaiting:
      viewer_.in().Settle();
      return false;
    case Opening::Result::kProgress:
      if (!opening_->done()) return true;
      vpc_endpoint_id_ = opening_->vpc_endpoint_id();
      opening_.reset();
      phase_ = Phase::kHead;
      return true;
    case Opening::Result::kUnused:
      End();
      return false;
    case Opening::Result::kEnded:
      Abort(opening_->end());
      return false;
  }
  return false;
}

bool Session::StepHead() {
  if (!viewer_.Flush()) {
    End();
    return false;
  }
  if (!viewer_.out().empty()) return false;  // the last response first
  if (!viewer_.in().empty()) {
    std::optional<http::HeadError> error;
    const std::optional<std::size_t> size = head_finder_.Find(viewer_.in().view(), &error);
    if (!size.has_value() && !error.has_value() &&
        viewer_.in().size() >= context_->config().head_limits.max_head_bytes) {
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
  const bool new_head = viewer_.in().empty();
  switch (viewer_.FillOnce()) {
    case Fill::kNothing:
      viewer_.in().Settle();  // the rest of the head may take its time
      if (!viewer_.ended()) return false;
      break;
    case Fill::kRead:
      if (new_head && !first_request_) BeginNextHead();
      return true;
    case Fill::kEnded:
    case Fill::kFailed:
      break;
  }
  if (!new_head) Log(exchange_.figures(), RequestEnd::kDownstreamDisconnect);
  End();
  return false;
}

void Session::HandleHead(std::size_t head_size) {
  first_request_ = head_request_ = false;
  if (config_ != context_->shared_config()) config_ = context_->shared_config();
  http::RequestHead head;
  const auto error = http::ParseRequestHead(viewer_.in().view().substr(0, head_size), config_->head_limits,
                                            context_->field_storage(), &head);
  if (error.has_value()) {
    RefuseHead(*error);
    return;
  }
  record_.NoteRequest(head, config_->shown_query);
  head_request_ = head.method == "HEAD";
  const filter::Policy& policy = *config_->policy;
  const RequestRules rules{
      .policy = policy, .routes = config_->routes, .health_path = config_->health_path, .admission = admission_};
  RequestDecision decision = Decide(rules, head, connection_, context_->health());
  std::array<char, ip::IpAddress::kMaxTextSize> viewer_text;
  std::string_view viewer;
  if (decision.verdict.has_value()) {
    const filter::Verdict& verdict = *decision.verdict;
    if (verdict.viewer.has_value()) viewer = {viewer_text.data(), verdict.viewer->Format(viewer_text.data())};
    const std::string_view secret_generation = policy.secret().NameOf(verdict.secret_generation);
    record_.NoteVerdict(verdict, viewer, secret_generation);
    if (!verdict.allowed) record_.NoteFacts(filter::DenialFacts(policy, ViewOf(head), connection_));
    context_->metrics().CountVerdict(verdict, secret_generation);
  }
  if (!CountForViewer(decision)) RefuseViewer(&decision);
  if (decision.action == RequestDecision::Action::kAnswer) {
    if (LetsViewerFinish(decision.end)) ExpectRest(head.body, decision);
    ConsumeHead(head_size);
    Answer(decision);
    return;
  }
  exchange_.Begin(config_.get(), head, decision, viewer);
  ConsumeHead(head_size);
  phase_ = Phase::kExchange;
  Follow(exchange_.Connect());
}

bool Session::CountForViewer(const RequestDecision& decision) {
  const SessionLimits& limits = context_->limits();
  switch (decision.action) {
    case RequestDecision::Action::kAnswer:
      return true;
    case RequestDecision::Action::kForward:
      return TakeViewerSeat(decision, kViewerRequests, limits.max_requests_per_viewer);
    case RequestDecision::Action::kUpgrade:
      return TakeViewerSeat(decision, kViewerTunnels, limits.max_tunnels_per_viewer);
  }
  return true;
}

void Session::ExpectRest(const http::BodyLength& body, const RequestDecision& decision) {
  unread_body_ = http::BodyReader(body);
  if (unread_body_.complete()) return;
  if (!TakeViewerSeat(decision, kViewerRequests, context_->limits().max_requests_per_viewer)) unread_body_ = {};
}

// Returns true also for a viewer that the filter could not find, and that is not counted.
bool Session::TakeViewerSeat(const RequestDecision& decision, std::size_t kind, int most) {
  if (!decision.verdict.has_value() || !decision.verdict->viewer.has_value()) return true;
  return viewer_seat_.Take(context_->viewers(), *decision.verdict->viewer, kind, most);
}

void Session::RefuseHead(http::HeadError error) {
  context_->metrics().heads_refused[static_cast<std::size_t>(error)].Add();
  Answer(DecideBrokenHead(error));
}

void Session::Answer(const RequestDecision& decision) {
  record_.NoteRule(decision.rule);
  Reply(decision.end, decision.reply, decision.after);
}

void Session::ConsumeHead(std::size_t head_size) {
  viewer_.in().Consume(head_size);
  head_finder_.Reset();
}

bool Session::Follow(const Exchange::Outcome& outcome) {
  switch (outcome.kind) {
    case Exchange::Outcome::Kind::kWaiting:
      return false;
    case Exchange::Outcome::Kind::kProgress:
      break;
    case Exchange::Outcome::Kind::kCompleted:
      Log(exchange_.figures(), RequestEnd::kCompleted);
      AfterResponse(RequestEnd::kCompleted, outcome.after);
      break;
    case Exchange::Outcome::Kind::kReply:
      Refuse(outcome.end);
      break;
    case Exchange::Outcome::Kind::kAbort:
      Abort(outcome.end);
      break;
    case Exchange::Outcome::Kind::kUpgraded:
      context_->metrics().upgrade_seconds.Observe(context_->loop()->now() - record_.begin());
      Upgraded();
      break;
  }
  return phase_ != Phase::kOver;
}

void Session::Upgraded() {
  Tunnel::Start start = exchange_.StartTunnel(config_);
  start.viewer_seat = std::move(viewer_seat_);
  owner_->OnUpgraded(this, std::move(start));
  End();
}

void Session::AfterResponse(RequestEnd reason, AfterReply after) {
  SidecarConfig::Duration patience{};
  if (LetsViewerFinish(reason) && !context_->stopping()) {
    patience = config_->timeouts.body_timeout;
    if (phase_ == Phase::kExchange) {
      patience = exchange_.body_timeout();
      unread_body_ = exchange_.unread_body();
    }
  }
  exchange_.End();
  head_request_ = false;
  if (unread_body_.complete()) patience = {};
  if (patience == SidecarConfig::Duration::zero()) EndUnread();
  if (after == AfterReply::kClose) {
    Linger(patience);
  } else {
    AwaitNextHead();
  }
}

bool Session::StepLingering() {
  if (!viewer_.Flush()) {
    End();
    return false;
  }
  if (!viewer_.out().empty()) return false;
  if (!std::exchange(fin_sent_, true)) viewer_.socket()->ShutdownWrite();
  if (!DropUnread()) {
    End();
    return false;
  }
  switch (viewer_.FillOnce()) {
    case Fill::kRead:
      timer_.Set(std::min(linger_end_, context_->loop()->now() + kLingerPause));
      return true;
    case Fill::kNothing:
      // The peer sent its FIN earlier, so no further edge will come.
      if (viewer_.ended()) End();
      return false;
    case Fill::kEnded:
    case Fill::kFailed:
      End();
      return false;
  }
  return false;
}

bool Session::DropUnread() {
  using Kind = http::BodyReader::Piece::Kind;
  const bool unfinished = !unread_body_.complete();
  unread_bytes_ += viewer_.in().size();
  while (!unread_body_.complete() && !viewer_.in().empty()) {
    const http::BodyReader::Piece piece = unread_body_.Next(viewer_.in().view());
    if (piece.kind == Kind::kNeedMore) break;
    if (piece.kind == Kind::kError) unread_body_ = {};
    viewer_.in().Consume(piece.size);
  }
  if (!unread_body_.complete()) {
    unread_bytes_ -= viewer_.in().size();  // these will count again
    return unread_bytes_ <= kMaxUnreadBytes;
  }
  viewer_.in().Clear();
  if (unfinished) {
    EndUnread();
    Linger();
  }
  return true;
}

void Session::EndUnread() {
  if (!unread_body_.complete()) unread_body_ = {};
  viewer_seat_.Leave();
}

void Session::OnTimer(net::Timer*) {
  switch (phase_) {
    case Phase::kOpening:
      Abort(opening_->TimedOut());
      break;
    case Phase::kHead:
      if (!viewer_.in().empty() || (first_request_ && !context_->stopping())) {
        Refuse(RequestEnd::kRequestHeadTimeout);
      } else {
        EndIdle();
      }
      break;
    case Phase::kExchange:
      Follow(exchange_.TimedOut());
      break;
    case Phase::kLingering:
      End();
      break;
    case Phase::kOver:
      break;
  }
  Advance();
}

void Session::Reply(RequestEnd reason, const LocalReply& reply, AfterReply after) {
  std::string* text = context_->head_scratch();
  text->clear();
  AppendLocalReply(reply, after, head_request_, text);
  if (viewer_.out().room() < text->size()) {
    Abort(reason);  // behind interim responses that the viewer does not take
    return;
  }
  viewer_.out().Append(*text);
  RequestFigures figures = exchange_.figures();
  figures.status = reply.status;
  figures.response_body_bytes = head_request_ ? 0 : reply.body.size();
  Log(figures, reason);
  AfterResponse(reason, after);
}

void Session::AwaitNextHead() {
  phase_ = Phase::kHead;
  if (!viewer_.in().empty()) {
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
  if (viewer_.ended()) {
    End();
    return;
  }
  // The kernel may have a request that the loop has not reported yet; it is answered. A request that arrives after our
  // FIN meets no reset, and its sender knows that nobody has seen it.
  switch (viewer_.FillNow()) {
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

void Session::Abort(RequestEnd reason) {
  Log(exchange_.figures(), reason);
  // A response that was cut short must not look complete: HTTP/1.0 bodies end with FIN, so this is a reset.
  if (exchange_.response_begun()) viewer_.socket()->ResetOnClose();
  End();
}

void Session::Log(RequestFigures figures, RequestEnd reason) {
  figures.end = reason;
  context_->access_lines().WriteRequest(record_, figures);
}

void Session::BeginLine() {
  record_.Begin(context_->loop()->now(), peer_);
  if (!vpc_endpoint_id_.empty()) record_.NoteVpcEndpoint(vpc_endpoint_id_);
}

void Session::Linger(SidecarConfig::Duration patience) {
  const net::Clock::time_point now = context_->loop()->now();
  linger_end_ = now + std::max<SidecarConfig::Duration>(kLingerTimeout, patience);
  timer_.Set(std::min(linger_end_, now + kLingerPause));
  if (std::exchange(phase_, Phase::kLingering) != Phase::kLingering) owner_->OnLingering(this);
}

void Session::End() {
  if (std::exchange(phase_, Phase::kOver) == Phase::kOver) return;
  timer_.Cancel();
  owner_->OnEnded(this);
}

void Session::CloseIfIdle() {
  if (phase_ == Phase::kLingering) Linger();
  const bool waits = phase_ == Phase::kHead || (phase_ == Phase::kOpening && opening_->awaits_proxy_header());
  if (!waits || !viewer_.in().empty() || !viewer_.out().empty()) return;
  if (first_request_) {
    timer_.SetAfter(kFirstRequestGrace);
    return;
  }
  EndIdle();
  Advance();
}

void Session::TurnAway() {
  if (phase_ == Phase::kOpening) {
    Abort(RequestEnd::kTooManySessions);
    return;
  }
  if (phase_ == Phase::kHead) Refuse(RequestEnd::kTooManySessions);
  viewer_.Flush();
  End();
}

void Session::Cut() {
  if (phase_ == Phase::kExchange) Log(exchange_.figures(), RequestEnd::kCut);
  End();
}

}  // namespace viaduct::sidecar
