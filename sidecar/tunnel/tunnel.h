#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "net/address_tally.h"
#include "net/event_loop.h"
#include "net/send_watch.h"
#include "net/stream_socket.h"
#include "sidecar/config/config.h"
#include "sidecar/request/access_log.h"
#include "sidecar/request/routes.h"
#include "sidecar/request/tunnel_end.h"
#include "sidecar/thread/worker_context.h"
#include "sidecar/tunnel/control_frame_limit.h"
#include "sidecar/tunnel/tunnel_closing.h"
#include "sidecar/tunnel/tunnel_pings.h"
#include "sidecar/tunnel/tunnel_view.h"
#include "sidecar/tunnel/tunnel_way.h"
#include "sidecar/tunnel/viewer_watch.h"
#include "websocket/close_code.h"
#include "websocket/frame_error.h"
#include "websocket/frame_header.h"
#include "websocket/frame_scanner.h"

namespace viaduct::sidecar {

// A session after its 101: relays WebSocket frames between viewer and upstream until one of them, or the sidecar, ends
// it.
//
// Bytes are passed on unchanged (TunnelWay); only frame headers are examined, to find the places where a frame of our
// own may be inserted. Control frames are passed on whole.
//
// TunnelClosing decides how it ends; when the sidecar ends it, no message is lost.
//
// Belongs to the thread of its context; must die before it.
class Tunnel final : private net::StreamSocket::Owner, private net::Timer::Owner {
 public:
  class Owner {
   public:
    // Called once when the tunnel is over, never from the constructor. The owner must retire it (EventLoop::Retire).
    virtual void OnEnded(Tunnel* tunnel, const TunnelFigures& figures) = 0;

   protected:
    ~Owner() = default;
  };

  struct Start {
    std::shared_ptr<const SidecarConfig> config;  // used for the tunnel's whole life
    const Route* route;                           // of `config`
    std::unique_ptr<net::StreamSocket> viewer;
    std::unique_ptr<net::StreamSocket> upstream;
    AccessRecord record;
    std::string_view to_viewer;    // sent to the viewer first: the 101
    std::string_view from_viewer;  // bytes read behind the heads
    std::string_view from_upstream;
    websocket::Rsv1 rsv1;                      // kAllowed if the handshake agreed on an extension
    net::AddressTally::Seat viewer_seat = {};  // counts the tunnel for its viewer
  };

  // Takes over two sockets whose handshakes are done. `context` and `owner` must outlive it.
  Tunnel(WorkerContext* context, Owner* owner, Start start);
  ~Tunnel();

  // Starts the close handshakes, unless the tunnel is ending already. The reason determines code and text of the Close.
  void Close(TunnelEnd reason);
  // The same for an operator, who chooses the code and the reason for both sides: at most 123 bytes of UTF-8.
  void CloseByOperator(std::uint16_t code, std::string_view reason);
  // Ends the tunnel now, without a Close; only for the end of the drain.
  void Cut() { Finish(); }
  // True if the tunnel is ending.
  bool closing() const { return closing_.end().has_value(); }

  const AccessRecord& record() const { return record_; }
  // The time of the last data frame in either direction; before the first, the time of the 101.
  net::Clock::time_point last_data() const { return std::max(to_upstream_.last_data(), to_viewer_.last_data()); }
  // Returns the facts about the tunnel, without worker and number.
  TunnelView View() const;

  // Its place in the owner's list; only the owner uses it.
  std::size_t slot = 0;

 private:
  void OnSocketReady(net::StreamSocket* socket) override;
  void OnTimer(net::Timer* timer) override;

  TunnelWay& WayFrom(Side side) { return side == Side::kViewer ? to_upstream_ : to_viewer_; }
  TunnelWay& WayTo(Side side) { return WayFrom(OtherSide(side)); }
  net::StreamSocket* viewer() const { return to_upstream_.source(); }
  net::StreamSocket* upstream() const { return to_viewer_.source(); }

  // Moves the bytes that can be moved, then takes the steps that follow.
  void Advance();
  void Pump(Side from);
  // The same, if nothing waits for the sink and the source has not ended.
  void PumpReady(Side from);
  // Reads once what nobody gets, for the Close or the end behind it.
  void PumpUnsent(Side from);
  std::size_t TakeOnce(Side from, TunnelWay* way);
  // Returns false if `input` is nothing, or the end of `from`.
  bool Handle(Side from, const TunnelWay::Input& input);
  void Relay(Side from, std::string_view bytes);
  // Sends bytes from `from` to the other side, unless nothing more may be sent there.
  void PassOn(Side from, std::string_view bytes);
  // Examines a control frame; returns false if it must not be passed on.
  bool NoteControlFrame(Side from, std::string_view frame, const websocket::FrameScanner::Piece& piece);
  bool NoteClose(Side from, std::string_view payload);
  // Handles `rest`, which breaks the protocol.
  void NoteBroken(Side from, websocket::FrameError error, std::string_view rest);
  void NoteOurPong(std::string_view payload);

  // Does what `closing_` decides. Returns false if the tunnel is finished.
  bool FollowClosing();
  void SendClose(Side to, const websocket::ClosePayload& close);
  void SendPing();
  // Returns true if bytes wait for the viewer, or a ping has no answer, and either could be otherwise.
  bool DoubtsViewer() const;
  // Starts to watch a viewer in doubt, and notes what it must answer.
  void WatchViewer();
  // Looks at a viewer that is watched, and ends the tunnel if the viewer is gone.
  void JudgeViewer();
  // Looks at what the sides accept while closing. Returns false if the tunnel must finish now.
  bool WaitOn();
  // The looks at both sides while closing.
  struct ClosingWatch {
    explicit ClosingWatch(net::Clock::time_point begin) : viewer(begin), upstream(begin) {}
    net::SendWatch viewer;
    net::SendWatch upstream;
    net::Clock::time_point next_look;
  };
  // The time and the reason of the next end of this tunnel, if nothing happens until then.
  struct Expiry {
    net::Clock::time_point at = net::Clock::time_point::max();
    TunnelEnd reason{};
  };
  Expiry NextExpiry() const;
  void Finish();
  void SetNextDeadline();

  WorkerContext* context_;
  Owner* owner_;
  std::shared_ptr<const SidecarConfig> config_;
  const RouteTimeouts* timeouts_;  // of `config_`
  TunnelWay to_upstream_;
  TunnelWay to_viewer_;
  AccessRecord record_;
  net::AddressTally::Seat viewer_seat_;
  net::Timer timer_;
  TunnelClosing closing_;
  TunnelPings pings_;
  ControlFrameLimit control_frames_;                                // of the viewer
  std::unique_ptr<ViewerWatch> viewer_watch_;                       // while the viewer is in doubt
  std::unique_ptr<ClosingWatch> closing_watch_;                     // from the first look while closing
  net::Clock::time_point max_end_ = net::Clock::time_point::max();  // from max_duration
};

}  // namespace viaduct::sidecar
