#include "tests/sidecar/tunnel/closing_tunnel.h"

#include <gtest/gtest.h>

#include "sidecar/request/tunnel_end.h"

namespace viaduct::sidecar {
namespace {

using std::chrono::seconds;

constexpr seconds kCloseWait{5};

std::string Name(Side side) { return side == Side::kViewer ? "viewer" : "upstream"; }

}  // namespace

std::string ClosingTunnel::Do(std::string_view event) {
  done_.clear();
  const std::size_t space = event.find(' ');
  if (space != event.npos) {
    OnSide(event.starts_with("viewer ") ? Side::kViewer : Side::kUpstream, event.substr(space + 1));
  } else {
    OnOther(event);
  }
  if (!closing_.finished()) Follow();
  return done_;
}

bool ClosingTunnel::Possible(std::string_view event) const {
  const std::size_t space = event.find(' ');
  if (closing_.finished()) return false;
  if (space == event.npos) return event != "deadline" || closing_.end().has_value();
  const Side side = event.starts_with("viewer ") ? Side::kViewer : Side::kUpstream;
  if (closing_.ended(side)) return false;
  return !closing_.done(side) || (event.substr(space) != " Close" && event.substr(space) != " broken");
}

void ClosingTunnel::SetWaiting(Side to, bool waiting) {
  Out(to).waiting = waiting;
  takes_none_[static_cast<std::size_t>(to)] = waiting ? std::optional(now_) : std::nullopt;
}

void ClosingTunnel::Note(std::string_view words) {
  if (!done_.empty()) done_ += ", ";
  done_ += words;
}

void ClosingTunnel::OnSide(Side side, std::string_view what) {
  TunnelClosing::Outbound& out = Out(side);
  if (what == "Close") {
    Note(closing_.OnCloseFrame(side, 1000, now_) ? "pass" : "eat");
  } else if (what == "FIN") {
    closing_.OnEnd(side);
  } else if (what == "reset") {
    out.failed = true;
    SetWaiting(side, false);
    closing_.OnEnd(side);
  } else if (what == "broken") {
    closing_.OnProtocolError(side, now_);
  } else if (what == "data") {
    closing_.OnBytes(side, !Out(OtherSide(side)).failed, now_);
  } else if (what == "flood") {
    closing_.OnBytes(side, !Out(OtherSide(side)).failed, now_);
    if (Out(OtherSide(side)).failed) closing_.OnMissed(side, std::size_t{16} << 20);
  } else if (what == "half" || what == "whole") {
    out.between_frames = what == "whole";
  } else if (what == "slow") {
    SetWaiting(side, true);
  } else if (what == "taking") {
    SetWaiting(side, false);
  } else if (what == "deaf") {
    out.failed = true;
    SetWaiting(side, false);
  } else {
    ADD_FAILURE() << what;
  }
}

void ClosingTunnel::OnOther(std::string_view what) {
  if (what == "idle") {
    closing_.End(TunnelEnd::kIdleTimeout, now_);
  } else if (what == "max") {
    closing_.End(TunnelEnd::kMaxDuration, now_);
  } else if (what == "drain") {
    closing_.End(TunnelEnd::kDrain, now_);
  } else if (what == "unresponsive") {
    if (closing_.End(TunnelEnd::kViewerUnresponsive, now_)) OnSide(Side::kViewer, "deaf");
  } else if (what == "flood") {
    closing_.OnControlFrameFlood(now_);
  } else if (what == "operator") {
    closing_.EndByOperator(4000, "by hand", now_);
  } else if (what == "deadline") {
    Pass(closing_.deadline(kCloseWait) - now_);
  } else if (what == "1s") {
    Pass(seconds(1));
  } else if (what == "5s") {
    Pass(seconds(5));
  } else if (what == "delivered") {
    delivered_ = true;
  } else {
    ADD_FAILURE() << what;
  }
}

void ClosingTunnel::Pass(TunnelClosing::Time::duration time) {
  now_ += time;
  if (!closing_.end().has_value()) return;
  if (!closing_.OnDeadline(takes_none_[0], takes_none_[1], kCloseWait, now_)) Finish();
}

void ClosingTunnel::Follow() {
  using Kind = TunnelClosing::Action::Kind;
  for (int actions = 0; actions < 10; ++actions) {
    const TunnelClosing::Action action = closing_.Next(Out(Side::kViewer), Out(Side::kUpstream), now_);
    switch (action.kind) {
      case Kind::kNothing:
        return;
      case Kind::kClose:
        EXPECT_EQ(fins(action.to), 0) << "Close behind FIN";
        EXPECT_TRUE(Out(action.to).between_frames) << "Close inside of a frame";
        ++closes_[static_cast<std::size_t>(action.to)];
        Note(Name(action.to) + " Close " + std::to_string(closing_.OurClose(action.to).code));
        break;
      case Kind::kFin:
        ++fins_[static_cast<std::size_t>(action.to)];
        EXPECT_FALSE(Out(action.to).waiting) << "FIN before bytes that wait";
        Note(Name(action.to) + " FIN");
        break;
      case Kind::kFinishWhenDelivered:
        if (!delivered_) return;
        [[fallthrough]];
      case Kind::kFinish:
        Finish();
        return;
    }
  }
  ADD_FAILURE() << "no end of actions";
}

void ClosingTunnel::Finish() {
  closing_.Finish();
  Note("finish");
}

}  // namespace viaduct::sidecar
