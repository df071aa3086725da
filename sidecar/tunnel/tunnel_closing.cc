#include "sidecar/tunnel/tunnel_closing.h"

#include <algorithm>

namespace viaduct::sidecar {
namespace {

// The sides get at most this many close_waits, from the start of the end, for what they still send and accept.
constexpr int kMostCloseWaits = 6;

websocket::ClosePayload CloseFor(TunnelEnd reason) {
  switch (reason) {
    case TunnelEnd::kIdleTimeout:
    case TunnelEnd::kViewerIdleTimeout:
    case TunnelEnd::kUpstreamIdleTimeout:
      return {websocket::kGoingAway, "idle timeout"};
    case TunnelEnd::kMaxDuration:
      return {websocket::kGoingAway, "maximum duration"};
    case TunnelEnd::kDrain:
      return {websocket::kGoingAway, "service restart"};
    case TunnelEnd::kViewerUnresponsive:
      return {websocket::kGoingAway, "viewer unresponsive"};
    case TunnelEnd::kNoPong:
      return {websocket::kGoingAway, "no pong"};
    case TunnelEnd::kControlFrameFlood:
      return {websocket::kPolicyViolation, "too many control frames"};
    case TunnelEnd::kViewerProtocolError:
    case TunnelEnd::kUpstreamProtocolError:
      return {websocket::kProtocolError, "protocol error"};
    case TunnelEnd::kUpstreamDisconnect:
      return {websocket::kInternalError, "upstream disconnected"};
    case TunnelEnd::kViewerClose:       // we send no Close: theirs are passed on
    case TunnelEnd::kUpstreamClose:     //
    case TunnelEnd::kViewerDisconnect:  // no Close either: the upstream sees what we saw
    case TunnelEnd::kAdminClose:        // see OperatorClose
    case TunnelEnd::kCut:               // nobody gets a Close
      break;
  }
  return {websocket::kGoingAway, "going away"};
}

}  // namespace

bool TunnelClosing::OnCloseFrame(Side from, std::uint16_t code, Time now) {
  At(from).done = true;
  close_codes_[static_cast<std::size_t>(from)] = code;
  if (!end_.has_value()) Begin(from == Side::kViewer ? TunnelEnd::kViewerClose : TunnelEnd::kUpstreamClose, now);
  if (!waited_) waiting_since_ = now;
  return !ours_;
}

void TunnelClosing::OnProtocolError(Side from, Time now) {
  At(from).done = true;
  End(from == Side::kViewer ? TunnelEnd::kViewerProtocolError : TunnelEnd::kUpstreamProtocolError, now);
}

void TunnelClosing::OnControlFrameFlood(Time now) {
  At(Side::kViewer).done = true;
  End(TunnelEnd::kControlFrameFlood, now);
}

// Next decides what this means: if both sides ended in one turn, the upstream's end counts.
void TunnelClosing::OnEnd(Side from) {
  At(from).ended = At(from).done = true;
  quiet_ = false;
}

bool TunnelClosing::End(TunnelEnd reason, Time now) {
  if (end_.has_value()) return false;
  Begin(reason, now);
  ours_ = true;
  if (reason == TunnelEnd::kViewerUnresponsive) {
    OnEnd(Side::kViewer);  // it would not read our Close
    At(Side::kUpstream).close_due = true;
  } else if (reason == TunnelEnd::kViewerProtocolError) {
    // The upstream is first, so that its answers to the whole frames before still reach the viewer.
    At(Side::kUpstream).close_due = true;
  } else {
    At(Side::kViewer).close_due = true;
  }
  return true;
}

bool TunnelClosing::EndByOperator(std::uint16_t code, std::string_view reason, Time now) {
  if (!End(TunnelEnd::kAdminClose, now)) return false;
  operator_close_ = std::make_unique<const OperatorClose>(code, std::string(reason));
  return true;
}

void TunnelClosing::Begin(TunnelEnd reason, Time now) {
  quiet_ = false;
  end_ = reason;
  began_ = waiting_since_ = now;
}

TunnelClosing::Time TunnelClosing::deadline(Time::duration close_wait) const {
  const Time due = waiting_since_ + close_wait;
  return waited_ ? due : std::min(due, began_ + kMostCloseWaits * close_wait);
}

bool TunnelClosing::OnDeadline(std::optional<Time> viewer_accepts_none, std::optional<Time> upstream_accepts_none,
                               Time::duration close_wait, Time now) {
  if (now < deadline(close_wait)) return true;
  if (now < began_ + kMostCloseWaits * close_wait && (WaitForSlowSide(viewer_accepts_none, close_wait, now) ||
                                                      WaitForSlowSide(upstream_accepts_none, close_wait, now))) {
    return true;
  }
  State& viewer = At(Side::kViewer);
  // The viewer was not waited for, and has nothing to hear from us any more.
  const bool only_upstream = viewer.done && (viewer.told || !ours_ || *end_ == TunnelEnd::kViewerUnresponsive);
  if (waited_ || only_upstream) return false;
  waited_ = true;
  waiting_since_ = now;
  viewer.done = true;
  if (ours_ && !viewer.told) viewer.close_due = true;
  return true;
}

// Returns true if the side still accepts the bytes before the Close, so that it is slow, not silent.
bool TunnelClosing::WaitForSlowSide(std::optional<Time> accepts_none, Time::duration close_wait, Time now) {
  if (!accepts_none.has_value() || now >= *accepts_none + close_wait) return false;
  waiting_since_ = *accepts_none;
  return true;
}

TunnelClosing::Action TunnelClosing::NextOfEnd(const Outbound& to_viewer, const Outbound& to_upstream, Time now) {
  if (finished_) return {};
  ReactToEnds(now);
  Action action = CloseOrFin(Side::kViewer, to_viewer);
  if (action.kind == Action::Kind::kNothing) action = CloseOrFin(Side::kUpstream, to_upstream);
  if (action.kind != Action::Kind::kNothing) return action;

  const State& viewer = At(Side::kViewer);
  const State& upstream = At(Side::kUpstream);
  // A side gets FIN after its last frame, once both sides have sent their last frame, or after the other side's FIN. An
  // upstream that knows of the end closes first.
  const bool both_done = viewer.done && upstream.done;
  const bool closed_by_us = viewer.done && viewer.told;
  // When nothing more comes and nothing waits, the tunnel is over next.
  const bool last = viewer.ended && upstream.ended && !to_viewer.waiting && !to_upstream.waiting;
  if (both_done || closed_by_us || upstream.ended) action = Fin(Side::kViewer, to_viewer, last);
  const bool upstream_closes = told_close(Side::kUpstream) && !upstream.ended;
  if (action.kind == Action::Kind::kNothing && (both_done || viewer.ended) && !upstream_closes) {
    action = Fin(Side::kUpstream, to_upstream, last);
  }
  if (action.kind != Action::Kind::kNothing) return action;

  if (!viewer.ended || (!viewer.fin_sent && !to_viewer.failed)) return {};
  if (upstream.ended) {
    if (upstream.fin_sent || to_upstream.failed) action.kind = Action::Kind::kFinish;
  } else if (viewer.missed_bytes && (upstream.fin_sent || !reads(Side::kUpstream))) {
    // An upstream that still sends to a viewer that is gone gets a reset, once all bytes for it are delivered.
    action.kind = Action::Kind::kFinishWhenDelivered;
  }
  return action;
}

// Decides what the end of one side means for the other.
void TunnelClosing::ReactToEnds(Time now) {
  State& viewer = At(Side::kViewer);
  State& upstream = At(Side::kUpstream);
  // The upstream vanished without a Close frame: the viewer should not have to guess.
  if (upstream.ended) End(TunnelEnd::kUpstreamDisconnect, now);
  if (viewer.ended && !end_.has_value()) Begin(TunnelEnd::kViewerDisconnect, now);
  if (!ours_) return;
  // Everything that one side sent before its answer has been passed on, so the other side can get its Close.
  if (viewer.done && !upstream.told) upstream.close_due = true;
  if (upstream.done && !viewer.told) viewer.close_due = true;
}

// Returns the action that sends our Close to `to`, or FIN in its place, if one is due now.
TunnelClosing::Action TunnelClosing::CloseOrFin(Side to, const Outbound& out) {
  State& side = At(to);
  if (!side.close_due) return {};
  if (out.failed || side.told) {
    side.close_due = false;
    return {};
  }
  if (out.between_frames) {
    side.close_due = false;
    side.close_sent = side.told = true;
    return {.kind = Action::Kind::kClose, .to = to};
  }
  if (!waited_ && !done(OtherSide(to))) return {};
  // Part of a frame was sent, and the rest will not come.
  side.close_due = false;
  side.told = true;
  return Fin(to, out, /*sockets_close_next=*/false);
}

TunnelClosing::Action TunnelClosing::Fin(Side to, const Outbound& out, bool sockets_close_next) {
  State& side = At(to);
  if (side.fin_sent || out.waiting) return {};
  side.told = side.fin_sent = true;
  return {.kind = Action::Kind::kFin, .to = to, .sockets_close_next = sockets_close_next};
}

void TunnelClosing::Finish() {
  if (!end_.has_value()) end_ = TunnelEnd::kCut;
  quiet_ = false;
  finished_ = true;
}

websocket::ClosePayload TunnelClosing::OurClose(Side to) const {
  if (operator_close_ != nullptr) return {operator_close_->code, operator_close_->reason};
  websocket::ClosePayload close = CloseFor(*end_);
  // Not every server knows the code for a drain.
  if (*end_ == TunnelEnd::kDrain && to == Side::kViewer) close.code = drain_code_;
  return close;
}

std::optional<std::uint16_t> TunnelClosing::close_sent() const {
  if (!At(Side::kViewer).close_sent) return std::nullopt;
  return OurClose(Side::kViewer).code;
}

}  // namespace viaduct::sidecar
