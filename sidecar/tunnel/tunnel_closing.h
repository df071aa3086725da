#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "sidecar/request/tunnel_end.h"
#include "websocket/close_code.h"

namespace viaduct::sidecar {

// The two sides of a tunnel.
enum class Side : std::uint8_t { kViewer, kUpstream };

constexpr Side OtherSide(Side side) { return side == Side::kViewer ? Side::kUpstream : Side::kViewer; }

// Decides how one tunnel closes: who gets a Close frame of ours, who gets FIN, how long the sides are waited for, and
// when the tunnel is over. It sees no socket and reads no clock: the tunnel reports what happened (On...), then takes
// from Next what to do until that is nothing.
//
// When a side begins the close handshake, its Close is passed on, and so is the answer. FIN follows to both sides once
// both have said Close (RFC 6455 section 7.1.1).
//
// When we end the tunnel, the viewer gets our Close first. Everything that it sent before its answer goes to the
// upstream, which then gets our Close. The answers are not passed on. If the viewer broke the protocol, or answers
// nothing, it is the other way round: the upstream gets our Close first.
//
// A side that is in the middle of a frame gets our Close behind that frame, since it would read it as payload. If the
// rest of the frame will not come, the side gets FIN instead.
//
// A side has close_wait to answer, counted again from each byte while the two sides close by themselves. After the
// first close_wait the viewer is no longer waited for, after the second nobody is.
//
// A value of a few bytes without allocations, except for the reason of an operator. Not thread-safe.
class TunnelClosing {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // The state of the bytes that go to one side.
  struct Outbound {
    bool between_frames = true;         // what was sent ends with a whole frame
    bool failed = false;                // the side takes no bytes any more
    std::optional<Time> waiting_since;  // while bytes wait: when the side last took one, or began to take none
  };

  struct Action {
    enum class Kind : std::uint8_t {
      kNothing,              // wait for the next event, or for `deadline`
      kClose,                // send `to` a Close frame that says `close`; it is the last frame for that side
      kFin,                  // send `to` FIN
      kFinish,               // the tunnel is over: call Finish and close both sockets
      kFinishWhenDelivered,  // the same, but only once the upstream has acknowledged all that was sent to it
    };
    Kind kind = Kind::kNothing;
    Side to = Side::kViewer;
    bool sockets_close_next = false;     // kFin: closing the sockets, which follows at once, may send it
    websocket::ClosePayload close = {};  // kClose; `reason` lives as long as this object
  };

  // A whole Close frame came from `from`; 1005 stands for no code. Nothing that counts follows it (RFC 6455 section
  // 5.5.1). True if the frame must be passed on, false if a Close of ours takes its place.
  bool OnCloseFrame(Side from, std::uint16_t code, Time now);
  // What `from` sent breaks RFC 6455. Nothing that counts follows.
  void OnProtocolError(Side from, Time now);
  // FIN or a reset came from `from`.
  void OnEnd(Side from);
  // Bytes came from `from`. `deliverable` is false if the other side takes no bytes any more, so that they are lost.
  void OnBytes(Side from, bool deliverable, Time now) {
    if (!deliverable) {
      At(OtherSide(from)).missed_bytes = true;
    } else if (end_.has_value() && !ours_) {
      waiting_since_ = now;
    }
  }
  // `deadline` came, or was thought to. False if the tunnel must finish now.
  bool OnDeadline(const Outbound& to_viewer, const Outbound& to_upstream, Time::duration close_wait, Time now);

  // Starts an end of ours. Returns false, and changes nothing, if the tunnel is ending already. After
  // kViewerUnresponsive the caller must send the viewer nothing more.
  bool End(TunnelEnd reason, Time now);
  // The same for an operator, whose code and reason both sides get: at most 123 bytes of UTF-8.
  bool EndByOperator(std::uint16_t code, std::string_view reason, Time now);

  // The next thing to do, taken as done. Call it again, with what has become of the bytes, until it says kNothing.
  Action Next(const Outbound& to_viewer, const Outbound& to_upstream, Time now);
  // The tunnel is over, whether or not it was ending; the latter counts as kCut. Next says kNothing from now on.
  void Finish();
  bool finished() const { return finished_; }

  // Nothing happened yet that leads to the end.
  bool quiet() const { return quiet_; }
  // Why the tunnel ends; set once it is ending.
  std::optional<TunnelEnd> end() const { return end_; }
  // While ending: when OnDeadline is due.
  Time deadline(Time::duration close_wait) const { return waiting_since_ + close_wait; }
  // Nothing comes from `from` any more.
  bool ended(Side from) const { return At(from).ended; }
  // Nothing that counts comes from `from` any more: what still comes is dropped unseen.
  bool done(Side from) const { return At(from).done; }
  // What comes from `from` may be passed on without a look at the frames.
  bool relays(Side from) const { return quiet_ || (!At(from).done && !At(OtherSide(from)).told); }
  // Bytes may be sent to `to`: false after our Close or FIN.
  bool may_send(Side to) const { return !At(to).told; }
  // The code of the Close frame that came from `from`.
  std::optional<std::uint16_t> close_code(Side from) const { return close_codes_[static_cast<std::size_t>(from)]; }
  // The code of our Close to the viewer, once it was sent.
  std::optional<std::uint16_t> close_sent() const;

 private:
  struct State {
    bool ended : 1 = false;         // FIN or a reset came
    bool done : 1 = false;          // that, a Close frame or a broken one, or the wait for it is over
    bool close_due : 1 = false;     // our Close must be sent
    bool close_sent : 1 = false;    // our Close was sent
    bool told : 1 = false;          // nothing more may be sent: our Close or FIN was, or FIN will be
    bool fin_sent : 1 = false;      //
    bool missed_bytes : 1 = false;  // bytes for it were dropped because it takes none any more
  };
  struct OperatorClose {
    std::uint16_t code;
    std::string reason;
  };

  State& At(Side side) { return sides_[static_cast<std::size_t>(side)]; }
  const State& At(Side side) const { return sides_[static_cast<std::size_t>(side)]; }

  void Begin(TunnelEnd reason, Time now);
  void ReactToEnds(Time now);
  websocket::ClosePayload OurClose() const;
  Action CloseOrFin(Side to, const Outbound& out);
  Action Fin(Side to, const Outbound& out, bool sockets_close_next);
  bool WaitForSlowSide(const Outbound& out, Time::duration close_wait, Time now);

  std::array<State, 2> sides_ = {};
  bool quiet_ = true;
  bool ours_ = false;    // we say Close, rather than pass one on
  bool waited_ = false;  // the first close_wait is over
  bool finished_ = false;
  std::optional<TunnelEnd> end_;
  std::array<std::optional<std::uint16_t>, 2> close_codes_ = {};
  std::unique_ptr<const OperatorClose> operator_close_;  // if an operator ended it
  Time began_{};                                         // the end
  Time waiting_since_{};
};

}  // namespace viaduct::sidecar
