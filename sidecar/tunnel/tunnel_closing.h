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

// Decides how one tunnel closes: which side gets our Close frame, which gets FIN, how long each side may take, and when
// the tunnel is over. It sees no socket and reads no clock: the tunnel reports events (On...), then calls Next and does
// what it says until that is nothing.
//
// When a side begins the close handshake, its Close is passed on, and so is the answer. The viewer gets FIN once both
// have sent Close. An upstream that got a Close sends FIN first, as a server should (RFC 6455 section 7.1.1).
//
// When we end the tunnel, the viewer gets our Close first. Everything that it sent before its answer goes to the
// upstream, which then gets our Close. The answers are not passed on. If the viewer broke the protocol or is silent,
// the order is reversed: the upstream gets our Close first.
//
// A side in the middle of a frame gets our Close after that frame, since it would read an earlier one as payload. If
// the rest of the frame will not come, the side gets FIN instead.
//
// A side has close_wait to answer or, after the close handshake, to send FIN. The time restarts at each Close and,
// while the two sides close by themselves, at each byte of a side that has not sent Close. A side that still accepts
// what was sent to it is waited for. All this lasts at most six close_waits. Then the tunnel stops waiting for the
// viewer, and one close_wait later for both.
//
// A small value without allocations, except for an operator's reason. Not thread-safe.
class TunnelClosing {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // The state of the bytes that go to one side.
  struct Outbound {
    bool between_frames = true;  // the bytes sent so far end with a whole frame
    bool failed = false;         // the side accepts no more bytes
    bool waiting = false;        // the kernel has not accepted all bytes yet
  };

  struct Action {
    enum class Kind : std::uint8_t {
      kNothing,              // wait for the next event, or for `deadline`
      kClose,                // send `to` a Close frame that says OurClose(to); it is the last frame for that side
      kFin,                  // send `to` FIN
      kFinish,               // the tunnel is over: call Finish and close both sockets
      kFinishWhenDelivered,  // the same, but only once the upstream has acknowledged all that was sent to it
    };
    Kind kind = Kind::kNothing;
    Side to = Side::kViewer;
    bool sockets_close_next = false;  // kFin: closing the sockets, which follows at once, may send it
  };

  // Viewers get `drain_code` at a drain.
  explicit TunnelClosing(std::uint16_t drain_code) : drain_code_(drain_code) {}

  // Reports a whole Close frame from `from`; 1005 stands for no code. Anything after it is ignored (RFC 6455 section
  // 5.5.1). Returns true if the frame must be passed on, false if a Close of ours replaces it.
  bool OnCloseFrame(Side from, std::uint16_t code, Time now);
  // Reports that `from` broke RFC 6455. Anything after that is ignored.
  void OnProtocolError(Side from, Time now);
  // Reports more control frames from the viewer than it may send. Anything after it is ignored.
  void OnControlFrameFlood(Time now);
  // Reports FIN or a reset from `from`.
  void OnEnd(Side from);
  // Reports bytes from `from`. `deliverable` is false if the other side accepts no more bytes, so that they are lost.
  void OnBytes(Side from, bool deliverable, Time now) {
    if (!deliverable) {
      At(OtherSide(from)).missed_bytes = true;
    } else if (end_.has_value() && !ours_ && !waited_ && !At(from).done) {
      waiting_since_ = now;
    }
  }
  // Reports `size` bytes from `from` that are lost, because the other side accepts no more.
  void OnMissed(Side from, std::size_t size) {
    if (from == Side::kUpstream) missed_bytes_ += size;
  }
  // Reports that `deadline` has come; may be called early. The times say since when each side has accepted none of the
  // bytes that wait for it, in the kernel too; nullopt if none wait. Returns false if the tunnel must finish now.
  bool OnDeadline(std::optional<Time> viewer_accepts_none, std::optional<Time> upstream_accepts_none,
                  Time::duration close_wait, Time now);

  // Starts to end the tunnel from our side. Returns false and changes nothing if the tunnel is ending already. After
  // kViewerUnresponsive the caller must send the viewer nothing more.
  bool End(TunnelEnd reason, Time now);
  // The same for an operator, who chooses the code and the reason for both sides: at most 123 bytes of UTF-8.
  bool EndByOperator(std::uint16_t code, std::string_view reason, Time now);

  // Returns the next action, which the caller must take. Call it again, with the new state of the bytes, until
  // kNothing.
  Action Next(const Outbound& to_viewer, const Outbound& to_upstream, Time now) {
    return quiet_ ? Action() : NextOfEnd(to_viewer, to_upstream, now);
  }
  // The content of our Close frame to `to`, after kClose. Its reason lives as long as this object.
  websocket::ClosePayload OurClose(Side to) const;
  // Ends the tunnel now; if it was not ending yet, the reason is kCut. Next returns kNothing from now on.
  void Finish();
  bool finished() const { return finished_; }

  // True if nothing has happened yet that leads to the end.
  bool quiet() const { return quiet_; }
  // The reason why the tunnel ends; set once it is ending.
  std::optional<TunnelEnd> end() const { return end_; }
  // The time at which OnDeadline is due, while the tunnel is ending.
  Time deadline(Time::duration close_wait) const;
  // The start of the end.
  Time began() const { return began_; }
  // True if no more bytes come from `from`.
  bool ended(Side from) const { return At(from).ended; }
  // True if nothing more from `from` counts: further bytes are dropped unread.
  bool done(Side from) const { return At(from).done; }
  // True if bytes from `from` are still to be read. An upstream that sends to a viewer that is gone is read until its
  // answer to our Close must have come, which waits behind what both kernels hold.
  bool reads(Side from) const { return from == Side::kViewer || missed_bytes_ < kMaxMissedBytes; }
  // True if bytes from `from` may be passed on without examining the frames.
  bool relays(Side from) const { return quiet_ || (!At(from).done && !At(OtherSide(from)).told); }
  // True if bytes may be sent to `to`; false after our Close or FIN.
  bool may_send(Side to) const { return !At(to).told; }
  // The code of the Close frame that came from `from`.
  std::optional<std::uint16_t> close_code(Side from) const { return close_codes_[static_cast<std::size_t>(from)]; }
  // True if a Close frame was sent to `to`: ours, or the other side's.
  bool told_close(Side to) const {
    return At(to).close_sent || (!ours_ && close_codes_[static_cast<std::size_t>(OtherSide(to))].has_value());
  }
  // The code of our Close to the viewer, once it is sent.
  std::optional<std::uint16_t> close_sent() const;

 private:
  // More than Linux's kernels hold by default of one connection: 4 MiB at the sender, and 6 MiB at the receiver.
  static constexpr std::size_t kMaxMissedBytes = std::size_t{16} << 20;

  struct State {
    bool ended : 1 = false;         // FIN or a reset came
    bool done : 1 = false;          // FIN, a reset, a Close or a broken frame came, or the wait for it is over
    bool close_due : 1 = false;     // our Close must be sent
    bool close_sent : 1 = false;    // our Close was sent
    bool told : 1 = false;          // nothing more may be sent: our Close or FIN was sent, or FIN will be
    bool fin_sent : 1 = false;      //
    bool missed_bytes : 1 = false;  // bytes for it were dropped because it accepts no more
  };
  struct OperatorClose {
    std::uint16_t code;
    std::string reason;
  };

  State& At(Side side) { return sides_[static_cast<std::size_t>(side)]; }
  const State& At(Side side) const { return sides_[static_cast<std::size_t>(side)]; }

  void Begin(TunnelEnd reason, Time now);
  Action NextOfEnd(const Outbound& to_viewer, const Outbound& to_upstream, Time now);
  void ReactToEnds(Time now);
  Action CloseOrFin(Side to, const Outbound& out);
  Action Fin(Side to, const Outbound& out, bool sockets_close_next);
  bool WaitForSlowSide(std::optional<Time> accepts_none, Time::duration close_wait, Time now);

  std::array<State, 2> sides_ = {};
  bool quiet_ = true;
  bool ours_ = false;    // we send our own Close instead of passing one on
  bool waited_ = false;  // the first close_wait is over
  bool finished_ = false;
  std::uint16_t drain_code_;
  std::optional<TunnelEnd> end_;
  std::array<std::optional<std::uint16_t>, 2> close_codes_ = {};
  std::uint32_t missed_bytes_ = 0;                       // of the upstream's, by a viewer that is gone
  std::unique_ptr<const OperatorClose> operator_close_;  // if an operator ended it
  Time began_{};                                         // when the end began
  Time waiting_since_{};
};

}  // namespace viaduct::sidecar
