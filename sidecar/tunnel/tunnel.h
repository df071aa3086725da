#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "net/event_loop.h"
#include "net/stream_socket.h"
#include "sidecar/config/config.h"
#include "sidecar/request/access_log.h"
#include "sidecar/request/routes.h"
#include "sidecar/request/tunnel_end.h"
#include "sidecar/thread/worker_context.h"
#include "sidecar/tunnel/tunnel_view.h"
#include "sidecar/tunnel/tunnel_way.h"
#include "websocket/frame_scanner.h"

namespace viaduct::sidecar {

// A session after its 101: relays WebSocket frames between a viewer and the upstream until one of them, or we, end it.
//
// Bytes are passed on as they are (TunnelWay); only frame headers are looked at, to know where a frame of ours may
// stand. Control frames are passed on whole.
//
// An end of ours is polite: a Close frame to the viewer, then everything the viewer had sent before it answered goes to
// the upstream, then a Close to the upstream. If the viewer broke the protocol it is the other way round: what the
// upstream answers to the messages before goes to the viewer first. What cannot be polite (a side that stopped in the
// middle of a frame, or does not answer within close_wait) ends with FIN.
//
// Belongs to the thread of its context; must die before it.
class Tunnel final : private net::StreamSocket::Owner, private net::Timer::Owner {
 public:
  class Owner {
   public:
    // The tunnel is over and its line is written; it must be retired to the end of this turn. Called once, never from
    // the constructor.
    virtual void OnEnded(Tunnel* tunnel) = 0;

   protected:
    ~Owner() = default;
  };

  struct Start {
    std::shared_ptr<const SidecarConfig> config;  // for as long as the tunnel lasts
    const Route* route;                           // of `config`
    std::unique_ptr<net::StreamSocket> viewer;
    std::unique_ptr<net::StreamSocket> upstream;
    AccessRecord record;
    std::string_view to_viewer;    // what the viewer must get first: the 101
    std::string_view from_viewer;  // what was read behind the heads
    std::string_view from_upstream;
    websocket::Rsv1 rsv1;  // whether the handshake agreed on an extension
  };

  // Takes over two sockets whose handshakes are done. `context` and `owner` must outlive it.
  Tunnel(WorkerContext* context, Owner* owner, Start start);
  ~Tunnel();

  // Starts to end this tunnel politely, unless it is ending already. The reason picks code and text.
  void Close(TunnelEnd reason);
  // The same for an operator, whose code and reason both sides get. At most 123 bytes of UTF-8.
  void CloseByOperator(std::uint16_t code, std::string_view reason);
  // Ends it now; only for the end of the drain.
  void Cut();
  bool closing() const { return end_.has_value(); }

  const AccessRecord& record() const { return record_; }
  // The last data frame in either direction, or when it became a tunnel.
  net::Clock::time_point last_data() const { return std::max(to_upstream_.last_data, to_viewer_.last_data); }
  // Without worker and number.
  TunnelView View() const;

  // Its place in the owner's list; for the owner to use.
  std::size_t slot = 0;

 private:
  void OnSocketReady(net::StreamSocket* socket) override;
  void OnTimer(net::Timer* timer) override;

  // Moves what can be moved, then takes what follows from it.
  void Advance();
  void Pump(TunnelWay* way);
  bool TakeOnce(TunnelWay* way);
  void Relay(TunnelWay* way, std::string_view bytes);
  // Looks at a control frame; false if it must not be passed on.
  bool NoteControlFrame(TunnelWay* way, std::string_view frame, const websocket::FrameScanner::Piece& piece);
  void NoteClose(TunnelWay* way, std::string_view payload);
  // Whether this answers a ping of ours; measures how long that took if it was the last one.
  bool IsOurPong(std::string_view payload);
  void Send(TunnelWay* way, std::string_view bytes);
  // The viewer's connection is of no further use: nothing is expected of it, and nothing is for it.
  void GiveUpViewer();

  void ReactToEnds();
  void SendDueFrames();
  void SendPing();
  void SendClose(TunnelWay* way);
  void BeginEnd(TunnelEnd reason);
  void RestartEndDeadline();
  bool ExtendForSlowSink(net::Clock::time_point now);
  net::Clock::time_point PongDeadline() const;
  // What ends this tunnel next if nothing happens until then.
  struct Expiry {
    net::Clock::time_point at = net::Clock::time_point::max();
    TunnelEnd reason{};
  };
  Expiry NextExpiry() const;
  bool Finished() const;
  void Finish();
  void SetNextDeadline();

  WorkerContext* context_;
  Owner* owner_;
  std::shared_ptr<const SidecarConfig> config_;
  const RouteTimeouts* timeouts_;  // of `config_`
  std::unique_ptr<net::StreamSocket> viewer_;
  std::unique_ptr<net::StreamSocket> upstream_;
  TunnelWay to_upstream_;
  TunnelWay to_viewer_;
  AccessRecord record_;
  net::Timer timer_;

  std::optional<TunnelEnd> end_;  // set once it is ending
  bool ours_ = false;             // we say Close, rather than pass one on
  bool close_viewer_ = false;     // a Close of ours waits to be sent
  bool close_upstream_ = false;
  bool end_deadline_passed_ = false;
  bool awaiting_pong_ = false;
  bool ping_due_ = false;
  bool finished_ = false;
  std::optional<std::uint16_t> close_sent_;
  std::uint32_t ping_salt_;
  std::uint32_t ping_count_ = 0;
  struct OperatorClose {
    std::uint16_t code;
    std::string reason;
  };
  std::unique_ptr<const OperatorClose> operator_close_;  // what an operator said, if one ended it
  net::Clock::time_point end_begin_{};
  net::Clock::time_point end_deadline_ = net::Clock::time_point::max();

  net::Clock::time_point max_end_ = net::Clock::time_point::max();  // by max_duration
  net::Clock::time_point next_ping_ = net::Clock::time_point::max();
  net::Clock::time_point ping_sent_{};         // the last one
  net::Clock::time_point unanswered_since_{};  // the first ping after the viewer's last byte, if awaiting_pong_
};

}  // namespace viaduct::sidecar
