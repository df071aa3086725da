#include "sidecar/tunnel/tunnel.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "websocket/close_code.h"
#include "websocket/frame.h"
#include "websocket/frame_error.h"
#include "websocket/mask.h"

namespace viaduct::sidecar {
namespace {

// The number of bytes that one way may look at in a turn before others get theirs. A read counts as at least
// kReadBytes, even if its bytes pass on unseen.
constexpr std::size_t kTurnBytes = 64 * 1024;
constexpr std::size_t kReadBytes = 4 * 1024;

// A read with more control frames than this is followed by small ones: control frames take much longer than their
// bytes.
constexpr int kManyControlFrames = 64;

// The number of looks at what the sides accept, in each close_wait.
constexpr int kLooks = 4;

std::array<std::uint8_t, 4> NewMask(std::mt19937& random) {
  const std::uint32_t bits = static_cast<std::uint32_t>(random());
  return {static_cast<std::uint8_t>(bits), static_cast<std::uint8_t>(bits >> 8), static_cast<std::uint8_t>(bits >> 16),
          static_cast<std::uint8_t>(bits >> 24)};
}

// Returns `interval` times a random factor, so that tunnels opened together do not act together later.
net::Clock::duration Varied(net::Clock::duration interval, double least, double most, std::mt19937& random) {
  // std::uniform_real_distribution computes a logarithm each time.
  const double share = static_cast<double>(random()) / static_cast<double>(std::mt19937::max());
  return std::chrono::duration_cast<net::Clock::duration>(interval * (least + share * (most - least)));
}
net::Clock::duration PingInterval(net::Clock::duration interval, std::mt19937& random) {
  return Varied(interval, 0.9, 1.1, random);
}

std::optional<net::Clock::time_point> FirstPing(const SidecarConfig& config, WorkerContext* context) {
  if (!config.ping_interval.has_value()) return std::nullopt;
  return context->loop()->now() + PingInterval(*config.ping_interval, context->random());
}

// Returns how long a viewer may take none of its bytes: as long as one that answers nothing may stay. Without pings,
// the time for an answer stands for each interval. Requires a pong_timeout.
net::Clock::duration StallTimeout(const SidecarConfig& config) {
  return config.max_unanswered_pings * config.ping_interval.value_or(*config.pong_timeout) + *config.pong_timeout;
}

TunnelClosing::Outbound OutboundOf(const TunnelWay& way) {
  return {.between_frames = way.between_frames(), .failed = way.sink_failed(), .waiting = way.blocked()};
}

}  // namespace

Tunnel::Tunnel(WorkerContext* context, Owner* owner, Start start)
    : context_(context),
      owner_(owner),
      config_(std::move(start.config)),
      timeouts_(&start.route->timeouts),
      to_upstream_(std::move(start.viewer), start.upstream.get(), websocket::Sender::kClient, start.rsv1,
                   context->loop()->now()),
      to_viewer_(std::move(start.upstream), viewer(), websocket::Sender::kServer, start.rsv1, context->loop()->now()),
      record_(std::move(start.record)),
      viewer_seat_(std::move(start.viewer_seat)),
      timer_(context->loop(), this),
      closing_(config_->drain_close_code),
      pings_(static_cast<std::uint32_t>(context->random()()), FirstPing(*config_, context)) {
  record_.Shrink();
  viewer()->set_owner(this);
  upstream()->set_owner(this);
  const net::Clock::time_point now = context_->loop()->now();
  if (const auto longest = timeouts_->max_duration) {
    max_end_ = now + Varied(*longest, 0.9, 1.0, context_->random());
  }
  context_->metrics().tunnels_open.Add(1);
  context_->metrics().tunnels_opened.Add();
  to_viewer_.SendUncounted(start.to_viewer);
  Relay(Side::kViewer, start.from_viewer);
  Relay(Side::kUpstream, start.from_upstream);
  // No new edge reports bytes that arrived before the sockets were handed over, or that came behind the heads.
  const bool came_behind = !start.from_viewer.empty() || !start.from_upstream.empty();
  if (viewer()->readable() || upstream()->readable() || came_behind) viewer()->RunAgain();
  SetNextDeadline();
}

Tunnel::~Tunnel() { context_->metrics().tunnels_open.Add(-1); }

// Handles the usual case, one message on this socket and nothing else, without Advance.
void Tunnel::OnSocketReady(net::StreamSocket* socket) {
  const Side from = socket == viewer() ? Side::kViewer : Side::kUpstream;
  const TunnelWay& way = WayFrom(from);
  if (closing_.quiet() && !to_upstream_.blocked() && !to_viewer_.blocked() && !pings_.due()) {
    PumpReady(from);
    if (closing_.quiet() && !way.blocked()) return;
  }
  Advance();
}

void Tunnel::Advance() {
  if (closing_.finished()) return;
  Pump(Side::kViewer);
  Pump(Side::kUpstream);
  if (!FollowClosing()) return;
  if (pings_.due() && closing_.quiet()) SendPing();
  SetNextDeadline();
}

void Tunnel::Pump(Side from) {
  TunnelWay& way = WayFrom(from);
  if (way.blocked()) way.Flush();
  if (closing_.ended(from)) return;
  if (closing_.relays(from) && !way.sink_failed()) {
    PumpReady(from);
  } else {
    PumpUnsent(from);
  }
}

void Tunnel::PumpUnsent(Side from) {
  TunnelWay& way = WayFrom(from);
  if (!way.ready() || !closing_.reads(from)) return;
  const std::uint64_t frames = way.data_frames();
  const TunnelWay::Input input = way.TakeUnsent(context_->scratch());
  const bool more = Handle(from, input);
  way.RestoreDataFrames(frames);
  if (!more) return;
  closing_.OnBytes(from, !way.sink_failed(), context_->loop()->now());
  if (way.sink_failed()) closing_.OnMissed(from, input.bytes.size());
  if (way.ready()) way.source()->RunAgain();
}

void Tunnel::PumpReady(Side from) {
  TunnelWay& way = WayFrom(from);
  if (!way.ready()) return;
  const bool from_viewer = from == Side::kViewer;
  const std::uint64_t bytes_before = way.bytes();
  const std::uint64_t frames_before = way.data_frames();
  std::size_t taken = 0;
  do {
    if (taken >= kTurnBytes) {
      way.source()->RunAgain();
      break;
    }
    const std::size_t size = TakeOnce(from, &way);
    if (size == 0) break;
    taken += size;
  } while (way.ready());
  SidecarMetrics& metrics = context_->metrics();
  (from_viewer ? metrics.bytes_to_upstream : metrics.bytes_to_viewer).Add(way.bytes() - bytes_before);
  if (way.blocked()) (from_viewer ? metrics.stalls_to_upstream : metrics.stalls_to_viewer).Add();
  (from_viewer ? metrics.frames_to_upstream : metrics.frames_to_viewer).Add(way.data_frames() - frames_before);
}

// Returns how much this read counts in kTurnBytes, 0 if there was nothing to take. Usually takes a short message, which
// Take has already passed on.
std::size_t Tunnel::TakeOnce(Side from, TunnelWay* way) {
  const TunnelWay::Input input = closing_.relays(from)
                                     ? way->Take(context_->scratch(), context_->pipe(), context_->loop()->now())
                                     : way->TakeUnsent(context_->scratch());
  if (input.kind != TunnelWay::Input::Kind::kMoved) [[unlikely]] {
    if (!Handle(from, input)) return 0;
  }
  if (from == Side::kViewer) pings_.OnBytes();
  closing_.OnBytes(from, !way->sink_failed(), context_->loop()->now());
  return way->reads_little() ? kTurnBytes : std::max(input.bytes.size(), kReadBytes);
}

bool Tunnel::Handle(Side from, const TunnelWay::Input& input) {
  switch (input.kind) {
    case TunnelWay::Input::Kind::kNothing:
      return false;
    case TunnelWay::Input::Kind::kFailed:
      WayTo(from).GiveUpSink();
      [[fallthrough]];
    case TunnelWay::Input::Kind::kEnded:
      closing_.OnEnd(from);
      return false;
    case TunnelWay::Input::Kind::kBytes:
      if (!closing_.done(from)) Relay(from, input.bytes);
      return true;
    case TunnelWay::Input::Kind::kMoved:
      return true;
  }
  return false;
}

void Tunnel::Relay(Side from, std::string_view bytes) {
  TunnelWay& way = WayFrom(from);
  const net::Clock::time_point now = context_->loop()->now();
  std::size_t run = 0;  // where the bytes to pass on together begin
  int control_frames = 0;
  std::size_t next = 0;  // where the next piece begins
  while (next < bytes.size() && !closing_.done(from)) {
    const websocket::FrameScanner::Piece piece = way.Scan(bytes.substr(next), now);
    if (piece.kind == websocket::FrameScanner::Piece::Kind::kNeedMore) break;
    if (piece.kind == websocket::FrameScanner::Piece::Kind::kError) {
      PassOn(from, bytes.substr(run, next - run));
      NoteBroken(from, piece.error, bytes.substr(next));
      return;
    }
    if (piece.kind == websocket::FrameScanner::Piece::Kind::kControl) {
      ++control_frames;
      if (!NoteControlFrame(from, bytes.substr(next, piece.size), piece)) {
        PassOn(from, bytes.substr(run, next - run));
        run = next + piece.size;
      }
    }
    next += piece.size;
  }
  way.ReadLittle(control_frames > kManyControlFrames);
  PassOn(from, bytes.substr(run, next - run));
  if (next < bytes.size() && !closing_.done(from)) way.Hold(bytes.substr(next));
}

void Tunnel::NoteBroken(Side from, websocket::FrameError error, std::string_view rest) {
  const net::Clock::time_point now = context_->loop()->now();
  // A bad answer to a Close, such as one without a mask, is no fault: the tunnel is ending.
  if (!closing_.told_close(from)) {
    record_.NoteRule(Rule(error));
  } else if (from == Side::kViewer) {
    websocket::FrameScanner unmasked(websocket::Sender::kServer, websocket::Rsv1::kRefused);
    const websocket::FrameScanner::Piece piece = unmasked.Next(rest);
    if (piece.kind == websocket::FrameScanner::Piece::Kind::kControl && piece.opcode == websocket::Opcode::kClose) {
      NoteClose(from, rest.substr(piece.header_size, piece.size - piece.header_size));
    }
  }
  closing_.OnProtocolError(from, now);
}

void Tunnel::PassOn(Side from, std::string_view bytes) {
  if (!closing_.may_send(OtherSide(from))) return;
  WayFrom(from).Send(bytes);
}

bool Tunnel::NoteControlFrame(Side from, std::string_view frame, const websocket::FrameScanner::Piece& piece) {
  std::array<char, websocket::kMaxControlPayloadBytes> storage;
  const std::string_view payload(storage.data(), frame.copy(storage.data(), storage.size(), piece.header_size));
  if (piece.masked) websocket::ApplyMask(storage.data(), payload.size(), piece.mask, 0);
  if (from == Side::kViewer && !control_frames_.Take(config_->max_control_frames_per_second, context_->loop()->now()))
      [[unlikely]] {
    closing_.OnControlFrameFlood(context_->loop()->now());
    return false;
  }
  if (piece.opcode == websocket::Opcode::kClose) return NoteClose(from, payload);
  if (piece.opcode == websocket::Opcode::kPong && from == Side::kViewer && pings_.IsOurPong(payload)) {
    NoteOurPong(payload);
    return false;
  }
  return true;
}

void Tunnel::NoteOurPong(std::string_view payload) {
  SidecarMetrics& metrics = context_->metrics();
  metrics.pongs_received.Add();
  if (const auto time = pings_.RoundTrip(payload, context_->loop()->now())) metrics.ping_seconds.Observe(*time);
}

bool Tunnel::NoteClose(Side from, std::string_view payload) {
  const std::uint16_t code = payload.size() < 2
                                 ? websocket::kNoStatusReceived
                                 : static_cast<std::uint16_t>((static_cast<unsigned char>(payload[0]) << 8) |
                                                              static_cast<unsigned char>(payload[1]));
  SidecarMetrics& metrics = context_->metrics();
  (from == Side::kViewer ? metrics.closes_from_viewer : metrics.closes_from_upstream).Add(code);
  return closing_.OnCloseFrame(from, code, context_->loop()->now());
}

void Tunnel::Close(TunnelEnd reason) {
  if (!closing_.End(reason, context_->loop()->now())) return;
  viewer()->RunAgain();  // the rest happens in Advance, never inside a caller's loop
}

void Tunnel::CloseByOperator(std::uint16_t code, std::string_view reason) {
  if (!closing_.EndByOperator(code, reason, context_->loop()->now())) return;
  viewer()->RunAgain();
}

TunnelView Tunnel::View() const {
  const auto way = [this](Side from, const TunnelWay& passed) {
    TunnelView::Way view;
    view.bytes = passed.bytes();
    view.frames = passed.data_frames();
    if (view.frames > 0) view.last_data = passed.last_data();
    view.blocked = passed.blocked();
    view.close_code = closing_.close_code(from);
    return view;
  };
  TunnelView view;
  view.opened = record_.begin();
  view.last_data = last_data();
  view.from_viewer = way(Side::kViewer, to_upstream_);
  view.from_upstream = way(Side::kUpstream, to_viewer_);
  view.awaiting_pong = pings_.unanswered() > 0;
  view.end = closing_.end();
  view.record = record_.rendered();
  return view;
}

bool Tunnel::FollowClosing() {
  using Kind = TunnelClosing::Action::Kind;
  for (;;) {
    const TunnelClosing::Action action =
        closing_.Next(OutboundOf(to_viewer_), OutboundOf(to_upstream_), context_->loop()->now());
    switch (action.kind) {
      case Kind::kNothing:
        return true;
      case Kind::kClose:
        SendClose(action.to, closing_.OurClose(action.to));
        break;
      case Kind::kFin:
        WayTo(action.to).Fin(action.sockets_close_next ? TunnelWay::FinBy::kClose : TunnelWay::FinBy::kShutdown);
        break;
      case Kind::kFinishWhenDelivered:
        if (!upstream()->AllDelivered()) return true;
        [[fallthrough]];
      case Kind::kFinish:
        Finish();
        return false;
    }
  }
}

void Tunnel::SendClose(Side to, const websocket::ClosePayload& close) {
  const bool to_viewer = to == Side::kViewer;
  WayTo(to).Send(to_viewer ? websocket::EncodeCloseFrame(close.code, close.reason)
                           : websocket::EncodeMaskedCloseFrame(close.code, close.reason, NewMask(context_->random())));
  if (to_viewer) context_->metrics().closes_of_ours.Add(close.code);
}

void Tunnel::SendPing() {
  if (!to_viewer_.between_frames() || to_viewer_.sink_failed() || to_viewer_.blocked()) return;
  const net::Clock::time_point now = context_->loop()->now();
  const TunnelPings::Payload payload = pings_.Send(now);
  context_->metrics().pings_sent.Add();
  to_viewer_.Send(websocket::EncodeFrame(websocket::Opcode::kPing, payload.bytes()));
  if (viewer_watch_ != nullptr && pings_.unanswered() == 1) viewer_watch_->OnAnswer();  // to those before
}

// While the upstream accepts no bytes, the viewer is not read, so its silence proves nothing.
bool Tunnel::DoubtsViewer() const {
  return config_->pong_timeout.has_value() && !to_upstream_.blocked() &&
         (pings_.unanswered() > 0 || to_viewer_.blocked());
}

void Tunnel::WatchViewer() {
  if (!DoubtsViewer()) return;
  const net::Clock::time_point now = context_->loop()->now();
  if (viewer_watch_ == nullptr) {
    viewer_watch_ = std::make_unique<ViewerWatch>(*config_->pong_timeout, StallTimeout(*config_), now);
  }
  if (pings_.unanswered() < config_->max_unanswered_pings || viewer_watch_->expects_answer()) return;
  const net::SendProgress progress = viewer()->Progress();
  viewer_watch_->ExpectAnswer(progress.acknowledged + progress.waiting + to_viewer_.backlog_bytes(), now);
}

void Tunnel::JudgeViewer() {
  if (!DoubtsViewer()) {
    viewer_watch_.reset();
    return;
  }
  if (pings_.unanswered() < config_->max_unanswered_pings) viewer_watch_->OnAnswer();
  const net::Clock::time_point now = context_->loop()->now();
  switch (viewer_watch_->Look(viewer()->Progress(), to_viewer_.blocked(), now)) {
    case ViewerWatch::Verdict::kThere:
      break;
    case ViewerWatch::Verdict::kTakesNothing:
      to_viewer_.GiveUpSink();
      closing_.End(TunnelEnd::kViewerUnresponsive, now);
      break;
    case ViewerWatch::Verdict::kAnswersNothing:
      closing_.End(TunnelEnd::kNoPong, now);
      break;
  }
}

bool Tunnel::WaitOn() {
  const net::Clock::time_point now = context_->loop()->now();
  if (closing_watch_ == nullptr) closing_watch_ = std::make_unique<ClosingWatch>(closing_.began());
  closing_watch_->next_look = now + config_->close_wait / kLooks;
  const auto accepts_none = [now](net::SendWatch* watch, const net::StreamSocket& socket, const TunnelWay& way) {
    return way.sink_failed() ? std::nullopt : watch->Look(socket.Progress(), way.blocked(), now);
  };
  const auto by_viewer = accepts_none(&closing_watch_->viewer, *viewer(), to_viewer_);
  const auto by_upstream = accepts_none(&closing_watch_->upstream, *upstream(), to_upstream_);
  return closing_.OnDeadline(by_viewer, by_upstream, config_->close_wait, now);
}

void Tunnel::Finish() {
  if (closing_.finished()) return;
  closing_.Finish();
  TunnelFigures figures;
  figures.end = *closing_.end();
  const auto way = [this](Side from, const TunnelWay& passed) {
    return TunnelFigures::Way{.bytes = passed.bytes(),
                              .frames = passed.data_frames(),
                              .idle = context_->loop()->now() - passed.last_data(),
                              .close_code = closing_.close_code(from)};
  };
  figures.from_viewer = way(Side::kViewer, to_upstream_);
  figures.from_upstream = way(Side::kUpstream, to_viewer_);
  figures.close_sent = closing_.close_sent();
  owner_->OnEnded(this, figures);
}

void Tunnel::OnTimer(net::Timer*) {
  const net::Clock::time_point now = context_->loop()->now();
  if (closing()) {
    if (WaitOn()) {
      Advance();
    } else {
      Finish();
    }
    return;
  }
  if (now >= pings_.next()) pings_.MakeDue(now + PingInterval(*config_->ping_interval, context_->random()));
  if (viewer_watch_ != nullptr && now >= viewer_watch_->next_look()) JudgeViewer();
  if (const Expiry next = NextExpiry(); now >= next.at) closing_.End(next.reason, now);
  Advance();
}

Tunnel::Expiry Tunnel::NextExpiry() const {
  Expiry next;
  const auto consider = [&next](std::optional<SidecarConfig::Duration> timeout, net::Clock::time_point since,
                                TunnelEnd reason) {
    if (timeout.has_value() && since + *timeout < next.at) next = {since + *timeout, reason};
  };
  consider(timeouts_->idle_timeout, last_data(), TunnelEnd::kIdleTimeout);
  consider(timeouts_->viewer_idle_timeout, to_upstream_.last_data(), TunnelEnd::kViewerIdleTimeout);
  consider(timeouts_->upstream_idle_timeout, to_viewer_.last_data(), TunnelEnd::kUpstreamIdleTimeout);
  if (max_end_ < next.at) next = {max_end_, TunnelEnd::kMaxDuration};
  return next;
}

void Tunnel::SetNextDeadline() {
  if (closing()) {
    const net::Clock::time_point look =
        closing_watch_ != nullptr ? closing_watch_->next_look : closing_.began() + config_->close_wait / kLooks;
    timer_.Set(std::min(closing_.deadline(config_->close_wait), look));
    return;
  }
  WatchViewer();
  net::Clock::time_point next = std::min(pings_.next(), NextExpiry().at);
  if (viewer_watch_ != nullptr) next = std::min(next, viewer_watch_->next_look());
  if (next != net::Clock::time_point::max()) timer_.Set(next);
}

}  // namespace viaduct::sidecar
