#include "sidecar/tunnel/tunnel.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "websocket/close_code.h"
#include "websocket/frame.h"
#include "websocket/mask.h"

namespace viaduct::sidecar {
namespace {

// How many reads one connection may have in a turn before the others get theirs.
constexpr int kReadsPerTurn = 16;

// How often the wait for an answer to our Close begins anew for a side that is slow.
constexpr int kMostCloseWaits = 6;

// What we say when we end a tunnel.
struct CloseText {
  std::uint16_t code;
  std::string_view reason;
};

CloseText CloseTextFor(TunnelEnd reason) {
  switch (reason) {
    case TunnelEnd::kIdleTimeout:
    case TunnelEnd::kViewerIdleTimeout:
    case TunnelEnd::kUpstreamIdleTimeout:
      return {websocket::kGoingAway, "idle timeout"};
    case TunnelEnd::kMaxDuration:
      return {websocket::kGoingAway, "maximum duration"};
    case TunnelEnd::kDrain:
      return {websocket::kServiceRestart, "service restart"};
    case TunnelEnd::kViewerUnresponsive:
      return {websocket::kGoingAway, "viewer unresponsive"};
    case TunnelEnd::kViewerProtocolError:
    case TunnelEnd::kUpstreamProtocolError:
      return {websocket::kProtocolError, "protocol error"};
    case TunnelEnd::kUpstreamDisconnect:
      return {websocket::kInternalError, "upstream disconnected"};
    case TunnelEnd::kViewerClose:  // no Close of ours with these
    case TunnelEnd::kUpstreamClose:
    case TunnelEnd::kViewerDisconnect:
    case TunnelEnd::kAdminClose:
    case TunnelEnd::kCut:
      break;
  }
  return {websocket::kGoingAway, "going away"};
}

std::array<std::uint8_t, 4> NewMask(std::mt19937& random) {
  const std::uint32_t bits = static_cast<std::uint32_t>(random());
  return {static_cast<std::uint8_t>(bits), static_cast<std::uint8_t>(bits >> 8), static_cast<std::uint8_t>(bits >> 16),
          static_cast<std::uint8_t>(bits >> 24)};
}

// `interval` times a random factor, so that tunnels opened together do not do together what follows.
net::Clock::duration Varied(net::Clock::duration interval, double least, double most, std::mt19937& random) {
  // std::uniform_real_distribution takes a logarithm each time.
  const double share = static_cast<double>(random()) / static_cast<double>(std::mt19937::max());
  return std::chrono::duration_cast<net::Clock::duration>(interval * (least + share * (most - least)));
}
net::Clock::duration PingInterval(net::Clock::duration interval, std::mt19937& random) {
  return Varied(interval, 0.9, 1.1, random);
}

}  // namespace

Tunnel::Tunnel(WorkerContext* context, Owner* owner, Start start)
    : context_(context),
      owner_(owner),
      config_(std::move(start.config)),
      timeouts_(&start.route->timeouts),
      viewer_(std::move(start.viewer)),
      upstream_(std::move(start.upstream)),
      to_upstream_(viewer_.get(), upstream_.get(), websocket::Sender::kClient, start.rsv1),
      to_viewer_(upstream_.get(), viewer_.get(), websocket::Sender::kServer, start.rsv1),
      record_(std::move(start.record)),
      timer_(context->loop(), this),
      ping_salt_(static_cast<std::uint32_t>(context->random()())) {
  record_.Shrink();
  viewer_->set_owner(this);
  upstream_->set_owner(this);
  const net::Clock::time_point now = context_->loop()->now();
  to_upstream_.last_data = to_viewer_.last_data = now;
  if (const auto interval = config_->ping_interval) {
    next_ping_ = now + PingInterval(*interval, context_->random());
  }
  if (const auto longest = timeouts_->max_duration) {
    max_end_ = now + Varied(*longest, 0.9, 1.0, context_->random());
  }
  context_->metrics().tunnels_open.Add(1);
  context_->metrics().tunnels_opened.Add();
  to_viewer_.SendUncounted(start.to_viewer, context_->pipes(), now);
  Relay(&to_upstream_, start.from_viewer);
  Relay(&to_viewer_, start.from_upstream);
  // The sockets may have been readable before they were ours: no new edge will tell. Nor what came behind the heads.
  const bool came_behind = !start.from_viewer.empty() || !start.from_upstream.empty();
  if (viewer_->readable() || upstream_->readable() || came_behind) viewer_->RunAgain();
  SetNextDeadline();
}

Tunnel::~Tunnel() { context_->metrics().tunnels_open.Add(-1); }

// Most of the time a message came on this socket, and that is all.
void Tunnel::OnSocketReady(net::StreamSocket* socket) {
  TunnelWay& from = socket == viewer_.get() ? to_upstream_ : to_viewer_;
  TunnelWay& to = socket == viewer_.get() ? to_viewer_ : to_upstream_;
  if (!end_.has_value() && !from.blocked() && !to.blocked() && !ping_due_) {
    Pump(&from);
    if (!from.source_ended && !from.blocked() && !end_.has_value()) return;
  }
  Advance();
}

void Tunnel::Advance() {
  if (finished_) return;
  Pump(&to_upstream_);
  Pump(&to_viewer_);
  ReactToEnds();
  SendDueFrames();
  if (Finished()) {
    Finish();
  } else {
    SetNextDeadline();
  }
}

void Tunnel::Pump(TunnelWay* way) {
  if (way->blocked()) way->Flush(context_->pipes(), context_->loop()->now());
  if (!way->ready()) return;
  const bool from_viewer = way == &to_upstream_;
  const std::uint64_t bytes_before = way->bytes();
  const std::uint64_t frames_before = way->data_frames();
  for (int reads = 0; way->ready(); ++reads) {
    if (reads == kReadsPerTurn) {
      (from_viewer ? viewer_ : upstream_)->RunAgain();
      break;
    }
    if (!TakeOnce(way)) break;
  }
  SidecarMetrics& metrics = context_->metrics();
  (from_viewer ? metrics.bytes_to_upstream : metrics.bytes_to_viewer).Add(way->bytes() - bytes_before);
  if (way->blocked()) (from_viewer ? metrics.stalls_to_upstream : metrics.stalls_to_viewer).Add();
  (from_viewer ? metrics.frames_to_upstream : metrics.frames_to_viewer).Add(way->data_frames() - frames_before);
}

// False when there was nothing.
bool Tunnel::TakeOnce(TunnelWay* way) {
  const TunnelWay::Input input = way->Take(context_->scratch(), context_->pipes(), context_->loop()->now());
  switch (input.kind) {
    case TunnelWay::Input::Kind::kNothing:
      return false;
    case TunnelWay::Input::Kind::kFailed:
      (way == &to_upstream_ ? to_viewer_ : to_upstream_).GiveUpSink(context_->pipes());
      [[fallthrough]];
    case TunnelWay::Input::Kind::kEnded:
      way->source_ended = way->source_done = true;
      return false;
    case TunnelWay::Input::Kind::kMoved:
      way->last_data = context_->loop()->now();
      break;
    case TunnelWay::Input::Kind::kBytes:
      if (!way->source_done) Relay(way, input.bytes);
      break;
  }
  if (way == &to_upstream_) awaiting_pong_ = false;
  if (way->sink_dead) {
    way->dropped = true;
  } else if (end_.has_value() && !ours_) {
    RestartEndDeadline();
  }
  return true;
}

void Tunnel::Relay(TunnelWay* way, std::string_view bytes) {
  std::size_t run = 0;   // where the bytes begin that go on together
  std::size_t next = 0;  // where the next piece begins
  while (next < bytes.size() && !way->source_done) {
    const websocket::FrameScanner::Piece piece = way->scanner().Next(bytes.substr(next));
    if (piece.kind == websocket::FrameScanner::Piece::Kind::kNeedMore) break;
    if (piece.kind == websocket::FrameScanner::Piece::Kind::kError) {
      Send(way, bytes.substr(run, next - run));
      record_.NoteRule(websocket::kFrameErrors.Name(piece.error));
      way->source_done = true;
      Close(way == &to_upstream_ ? TunnelEnd::kViewerProtocolError : TunnelEnd::kUpstreamProtocolError);
      return;
    }
    if (piece.kind == websocket::FrameScanner::Piece::Kind::kData) {
      way->last_data = context_->loop()->now();
    } else if (!NoteControlFrame(way, bytes.substr(next, piece.size), piece)) {
      Send(way, bytes.substr(run, next - run));
      run = next + piece.size;
    }
    next += piece.size;
  }
  Send(way, bytes.substr(run, next - run));
  if (next < bytes.size() && !way->source_done) way->Hold(bytes.substr(next));
}

void Tunnel::Send(TunnelWay* way, std::string_view bytes) {
  way->Send(bytes, context_->pipes(), context_->loop()->now());
}

bool Tunnel::NoteControlFrame(TunnelWay* way, std::string_view frame, const websocket::FrameScanner::Piece& piece) {
  std::string payload(frame.substr(piece.header_size));
  if (piece.masked) websocket::ApplyMask(payload.data(), payload.size(), piece.mask, 0);
  if (piece.opcode == websocket::Opcode::kClose) {
    NoteClose(way, payload);
    // Once we are ending it, each side gets the Close that we have for it, not the other's answer.
    return !ours_;
  }
  if (piece.opcode == websocket::Opcode::kPong && way == &to_upstream_ && IsOurPong(payload)) {
    context_->metrics().pongs_received.Add();
    return false;
  }
  return true;
}

void Tunnel::NoteClose(TunnelWay* way, std::string_view payload) {
  way->source_done = true;  // nothing that counts may follow a Close frame
  way->close_code = payload.size() < 2 ? websocket::kNoStatusReceived
                                       : static_cast<std::uint16_t>((static_cast<unsigned char>(payload[0]) << 8) |
                                                                    static_cast<unsigned char>(payload[1]));
  SidecarMetrics& metrics = context_->metrics();
  (way == &to_upstream_ ? metrics.closes_from_viewer : metrics.closes_from_upstream).Add(*way->close_code);
  if (!end_.has_value()) BeginEnd(way == &to_upstream_ ? TunnelEnd::kViewerClose : TunnelEnd::kUpstreamClose);
}

bool Tunnel::IsOurPong(std::string_view payload) {
  std::array<std::uint32_t, 2> words;
  if (payload.size() != sizeof words) return false;
  std::memcpy(words.data(), payload.data(), sizeof words);
  if (words[0] != ping_salt_ || words[1] >= ping_count_) return false;
  if (words[1] + 1 == ping_count_) context_->metrics().ping_seconds.Observe(context_->loop()->now() - ping_sent_);
  return true;
}

void Tunnel::Close(TunnelEnd reason) {
  if (end_.has_value()) return;
  BeginEnd(reason);
  ours_ = true;
  if (reason == TunnelEnd::kViewerUnresponsive) {
    GiveUpViewer();  // it would not read our Close
    close_upstream_ = true;
  } else if (reason == TunnelEnd::kViewerProtocolError) {
    close_upstream_ = true;  // first, so that the upstream's answers to what was whole still reach the viewer
  } else {
    close_viewer_ = true;
  }
  viewer_->RunAgain();  // the rest happens in Advance, never inside a caller's loop
}

void Tunnel::CloseByOperator(std::uint16_t code, std::string_view reason) {
  if (end_.has_value()) return;
  operator_close_ = std::make_unique<const OperatorClose>(code, std::string(reason));
  Close(TunnelEnd::kAdminClose);
}

TunnelView Tunnel::View() const {
  const auto way = [](const TunnelWay& from) {
    TunnelView::Way view;
    view.bytes = from.bytes();
    view.frames = from.data_frames();
    if (view.frames > 0) view.last_data = from.last_data;
    view.blocked = from.blocked();
    view.close_code = from.close_code;
    return view;
  };
  TunnelView view;
  view.opened = record_.begin();
  view.last_data = last_data();
  view.from_viewer = way(to_upstream_);
  view.from_upstream = way(to_viewer_);
  view.awaiting_pong = awaiting_pong_;
  view.end = end_;
  view.record = record_.rendered();
  return view;
}

void Tunnel::GiveUpViewer() {
  to_upstream_.source_ended = to_upstream_.source_done = true;
  to_viewer_.GiveUpSink(context_->pipes());
}

void Tunnel::BeginEnd(TunnelEnd reason) {
  end_ = reason;
  end_begin_ = context_->loop()->now();
  RestartEndDeadline();
}

void Tunnel::RestartEndDeadline() { end_deadline_ = context_->loop()->now() + config_->close_wait; }

// What the end of one side means for the other.
void Tunnel::ReactToEnds() {
  // The upstream vanished without a Close frame: the viewer should not have to guess.
  if (to_viewer_.source_ended && !end_.has_value()) Close(TunnelEnd::kUpstreamDisconnect);
  if (to_upstream_.source_ended && !end_.has_value()) BeginEnd(TunnelEnd::kViewerDisconnect);
  if (!ours_) return;
  // Everything that one side sent before its answer has been passed on: now the other may be told.
  if (to_upstream_.source_done && !to_upstream_.sink_closed) close_upstream_ = true;
  if (to_viewer_.source_done && !to_viewer_.sink_closed) close_viewer_ = true;
}

void Tunnel::SendDueFrames() {
  if (close_viewer_) SendClose(&to_viewer_);
  if (close_upstream_) SendClose(&to_upstream_);
  if (ping_due_ && !end_.has_value()) SendPing();

  // FIN follows the last frame, once both sides have said theirs (RFC 6455 section 7.1.1), or right behind a FIN.
  const bool both_done = to_upstream_.source_done && to_viewer_.source_done;
  const bool closed_by_us = to_upstream_.source_done && to_viewer_.sink_closed;
  // When nothing more comes and nothing waits, that is the end of the tunnel, and both sockets are closed next.
  const bool last =
      to_upstream_.source_ended && to_viewer_.source_ended && !to_upstream_.blocked() && !to_viewer_.blocked();
  const auto by = last ? TunnelWay::FinBy::kClose : TunnelWay::FinBy::kShutdown;
  if (both_done || closed_by_us || to_viewer_.source_ended) to_viewer_.Fin(by);
  if (both_done || to_upstream_.source_ended) to_upstream_.Fin(by);
}

void Tunnel::SendPing() {
  if (!to_viewer_.between_frames() || to_viewer_.blocked()) return;
  const std::array<std::uint32_t, 2> words = {ping_salt_, ping_count_++};
  ping_due_ = false;
  ping_sent_ = context_->loop()->now();
  if (!std::exchange(awaiting_pong_, true)) unanswered_since_ = ping_sent_;
  context_->metrics().pings_sent.Add();
  Send(&to_viewer_,
       websocket::EncodeFrame(websocket::Opcode::kPing, {reinterpret_cast<const char*>(words.data()), sizeof words}));
}

void Tunnel::SendClose(TunnelWay* way) {
  bool* due = way == &to_viewer_ ? &close_viewer_ : &close_upstream_;
  const CloseText text =
      operator_close_ ? CloseText{operator_close_->code, operator_close_->reason} : CloseTextFor(*end_);
  if (way->sink_dead || way->sink_closed) {
    *due = false;
  } else if (way->between_frames()) {
    *due = false;
    Send(way, way == &to_viewer_
                  ? websocket::EncodeCloseFrame(text.code, text.reason)
                  : websocket::EncodeMaskedCloseFrame(text.code, text.reason, NewMask(context_->random())));
    way->sink_closed = true;
    if (way == &to_viewer_) {
      close_sent_ = text.code;
      context_->metrics().closes_of_ours.Add(text.code);
    }
  } else if (way->source_done || end_deadline_passed_) {
    // Half a frame went out and its rest will not come: a Close here would be read as its payload.
    *due = false;
    way->sink_closed = true;
    way->Fin(TunnelWay::FinBy::kShutdown);
  }
}

bool Tunnel::Finished() const {
  const bool viewer_gone = to_upstream_.source_ended && (to_viewer_.fin_sent || to_viewer_.sink_dead);
  if (!viewer_gone) return false;
  if (to_viewer_.source_ended) return to_upstream_.fin_sent || to_upstream_.sink_dead;
  // An upstream that goes on sending to a viewer that is gone learns it by a reset, once it has all that is for it.
  return to_viewer_.dropped && to_upstream_.fin_sent && upstream_->AllDelivered();
}

void Tunnel::Finish() {
  if (std::exchange(finished_, true)) return;
  TunnelFigures figures;
  figures.end = end_.value_or(TunnelEnd::kCut);
  figures.from_viewer = {to_upstream_.bytes(), to_upstream_.data_frames(), to_upstream_.close_code};
  figures.from_upstream = {to_viewer_.bytes(), to_viewer_.data_frames(), to_viewer_.close_code};
  figures.close_sent = close_sent_;
  context_->access_lines().WriteTunnel(record_, figures);
  owner_->OnEnded(this);
}

void Tunnel::Cut() {
  if (!end_.has_value()) end_ = TunnelEnd::kCut;
  Finish();
}

void Tunnel::OnTimer(net::Timer*) {
  const net::Clock::time_point now = context_->loop()->now();
  if (end_.has_value()) {
    if (now >= end_deadline_ && !ExtendForSlowSink(now)) {
      if (end_deadline_passed_) {
        // Second time: whoever has not answered by now will not.
        Finish();
        return;
      }
      end_deadline_passed_ = true;
      RestartEndDeadline();
      to_upstream_.source_done = true;
      if (ours_ && !to_viewer_.sink_closed) close_viewer_ = true;
    }
    Advance();
    return;
  }
  if (now >= next_ping_) {
    ping_due_ = true;
    next_ping_ = now + PingInterval(*config_->ping_interval, context_->random());
  }
  if (const Expiry next = NextExpiry(); now >= next.at) Close(next.reason);
  Advance();
}

// A side that still takes what was sent before the Close is slow, not silent: it is waited for, within reason.
bool Tunnel::ExtendForSlowSink(net::Clock::time_point now) {
  if (now >= end_begin_ + kMostCloseWaits * config_->close_wait) return false;
  for (const TunnelWay* way : {&to_viewer_, &to_upstream_}) {
    if (!way->blocked() || now >= way->blocked_since() + config_->close_wait) continue;
    end_deadline_ = way->blocked_since() + config_->close_wait;
    return true;
  }
  return false;
}

// When a viewer counts as gone: it did not answer a ping, or takes no bytes, so that no ping can be sent.
net::Clock::time_point Tunnel::PongDeadline() const {
  const auto& timeout = config_->pong_timeout;
  // While the upstream takes nothing we do not read the viewer, and cannot know.
  if (!timeout.has_value() || to_upstream_.blocked()) return net::Clock::time_point::max();
  if (awaiting_pong_) return unanswered_since_ + *timeout;
  if (to_viewer_.blocked()) return to_viewer_.blocked_since() + *timeout;
  return net::Clock::time_point::max();
}

Tunnel::Expiry Tunnel::NextExpiry() const {
  Expiry next{PongDeadline(), TunnelEnd::kViewerUnresponsive};
  const auto consider = [&next](std::optional<SidecarConfig::Duration> timeout, net::Clock::time_point since,
                                TunnelEnd reason) {
    if (timeout.has_value() && since + *timeout < next.at) next = {since + *timeout, reason};
  };
  consider(timeouts_->idle_timeout, std::max(to_upstream_.last_data, to_viewer_.last_data), TunnelEnd::kIdleTimeout);
  consider(timeouts_->viewer_idle_timeout, to_upstream_.last_data, TunnelEnd::kViewerIdleTimeout);
  consider(timeouts_->upstream_idle_timeout, to_viewer_.last_data, TunnelEnd::kUpstreamIdleTimeout);
  if (max_end_ < next.at) next = {max_end_, TunnelEnd::kMaxDuration};
  return next;
}

void Tunnel::SetNextDeadline() {
  if (end_.has_value()) {
    timer_.Set(end_deadline_);
    return;
  }
  const net::Clock::time_point next = std::min(next_ping_, NextExpiry().at);
  if (next != net::Clock::time_point::max()) timer_.Set(next);
}

}  // namespace viaduct::sidecar
