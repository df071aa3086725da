#include "sidecar/worker/worker.h"

#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <string>
#include <utility>

#include "sidecar/request/access_log.h"
#include "sidecar/request/local_reply.h"
#include "sidecar/request/request_end.h"
#include "sidecar/request/tunnel_end.h"
#include "sidecar/tunnel/tunnel_id.h"
#include "sidecar/worker/session_budget.h"

namespace viaduct::sidecar {
namespace {

// The interval at which due tunnels are closed during the spread.
constexpr auto kSpreadTick = std::chrono::milliseconds(20);

template <typename T>
std::unique_ptr<T> TakeFrom(std::vector<std::unique_ptr<T>>* list, T* element) {
  const std::size_t slot = element->slot;
  std::unique_ptr<T> taken = std::move((*list)[slot]);
  (*list)[slot] = std::move(list->back());
  list->pop_back();
  if (slot < list->size()) (*list)[slot]->slot = slot;
  return taken;
}

template <typename T>
void AddTo(std::vector<std::unique_ptr<T>>* list, std::unique_ptr<T> element) {
  element->slot = list->size();
  list->push_back(std::move(element));
}

}  // namespace

Worker::Worker(net::EventLoop* loop, std::shared_ptr<const SidecarConfig> config, const SessionLimits& limits,
               const SharedByWorkers& shared, std::uint32_t index, net::UniqueFd listening_socket,
               net::UniqueFd authorize_socket)
    : process_(shared.process),
      index_(index),
      context_(loop, std::move(config), limits, shared),
      closes_(loop, &tunnels_, &context_.metrics().closes_pending),
      listener_(
          loop, std::move(listening_socket),
          [this](net::UniqueFd connection, const net::SocketAddress& peer) { Accept(std::move(connection), peer); }),
      drain_timer_(loop, this) {
  if (authorize_socket) authorize_.emplace(&context_, std::move(authorize_socket));
}

void Worker::Accept(net::UniqueFd connection, const net::SocketAddress& peer) {
  if (TakePlace()) {
    AddSession(std::move(connection), peer, Admission::kAll);
    return;
  }
  if (context_.config().policy->TrustsPeer(peer.ip())) {
    AcceptForHealth(std::move(connection), peer);
  } else {
    TurnAway(std::move(connection), peer);
  }
}

bool Worker::TakePlace() {
  std::atomic<int>* const open = context_.open_sessions();
  while (open->fetch_add(1, std::memory_order_relaxed) >= context_.limits().max_sessions) {
    open->fetch_sub(1, std::memory_order_relaxed);
    if (lingering_.empty()) return false;
    lingering_.front()->Cut();
  }
  return true;
}

void Worker::AcceptForHealth(net::UniqueFd connection, const net::SocketAddress& peer) {
  if (health_reserve_.size() == kHealthReserve) health_reserve_.front()->TurnAway();
  AddSession(std::move(connection), peer, Admission::kHealthOnly);
  health_reserve_.push_back(sessions_.back().get());
}

void Worker::AddSession(net::UniqueFd connection, const net::SocketAddress& peer, Admission admission) {
  AddTo(&sessions_, std::unique_ptr<Session>(new Session(&context_, this, std::move(connection), peer, admission)));
}

void Worker::TurnAway(net::UniqueFd connection, const net::SocketAddress& peer) {
  AccessRecord record;
  record.Begin(loop()->now(), peer.ToString());
  const LocalReply reply = LocalReplyFor(RequestEnd::kTooManySessions);
  std::string* text = context_.head_scratch();
  text->clear();
  AppendLocalReply(reply, AfterReply::kClose, false, text);
  RequestFigures figures;
  // A viewer that begins with TLS would not understand the answer.
  if (!context_.config().tls.has_value()) {
    // A new connection's buffer has room for this. The request is unread, so a reset may still destroy the answer.
    [[maybe_unused]] const ssize_t sent = ::send(connection.get(), text->data(), text->size(), MSG_NOSIGNAL);
    figures.status = reply.status;
  }
  figures.end = RequestEnd::kTooManySessions;
  context_.access_lines().WriteRequest(record, figures);
}

void Worker::OnUpgraded(Session*, Tunnel::Start start) {
  context_.open_sessions()->fetch_add(1, std::memory_order_relaxed);
  tunnels_.Add(std::unique_ptr<Tunnel>(new Tunnel(&context_, this, std::move(start))));
  // The request was on its way when the drain began.
  if (window_over_) drain_timer_.SetAfter(kSpreadTick);
}

void Worker::OnLingering(Session* session) {
  if (session->admission() == Admission::kAll) session->lingering_place = lingering_.insert(lingering_.end(), session);
}

void Worker::OnEnded(Session* session) {
  if (session->lingering_place.has_value()) lingering_.erase(*session->lingering_place);
  if (session->admission() == Admission::kHealthOnly) {
    std::erase(health_reserve_, session);
  } else {
    context_.open_sessions()->fetch_sub(1, std::memory_order_relaxed);
  }
  loop()->Retire(TakeFrom(&sessions_, session));
  CheckDrained();
}

void Worker::OnEnded(Tunnel* tunnel, const TunnelFigures& figures) {
  const TunnelId id{process_, index_, tunnels_.entries()[tunnel->slot].number};
  context_.access_lines().WriteTunnel(id.Text(), tunnel->record(), figures);
  context_.open_sessions()->fetch_sub(1, std::memory_order_relaxed);
  closes_.Forget(tunnels_.entries()[tunnel->slot].number);
  loop()->Retire(tunnels_.Take(tunnel));
  if (tunnels_.empty()) context_.pipe()->Close();
  CheckDrained();
}

void Worker::BeginDrain(absl::AnyInvocable<void()> done) {
  drained_ = std::move(done);
  stopping_ = true;
  if (window_over_) {
    StopAccepting();
    CloseDueTunnels();
    CheckDrained();
  } else if (!context_.draining()) {
    StartWindow();
  }
}

void Worker::BeginOperatorDrain() { StartWindow(); }

void Worker::CancelOperatorDrain() {
  context_.set_intake(Intake::kAll);
  window_over_ = false;
  drain_timer_.Cancel();
}

void Worker::StartWindow() {
  context_.set_intake(Intake::kRequests);
  drain_begin_ = loop()->now();
  if (context_.config().accept_window > SidecarConfig::Duration::zero()) {
    drain_timer_.SetAfter(context_.config().accept_window);
  } else {
    EndWindow();
  }
}

void Worker::OnTimer(net::Timer*) {
  if (window_over_) {
    CloseDueTunnels();
  } else {
    EndWindow();
  }
}

void Worker::EndWindow() {
  window_over_ = true;
  if (stopping_) StopAccepting();
  spread_begin_ = loop()->now();
  tunnels_to_close_ = tunnels_.size();
  tunnels_closed_ = 0;
  CloseDueTunnels();
  CheckDrained();
}

void Worker::StopAccepting() {
  context_.set_intake(Intake::kNothing);
  listener_.Close();
  context_.ClearUpstreamPools();
  for (std::size_t i = sessions_.size(); i-- > 0;) {
    if (i < sessions_.size()) sessions_[i]->CloseIfIdle();
  }
}

void Worker::CloseDueTunnels() {
  const SidecarConfig& config = context_.config();
  // When the program stops, the caller calls Cut.
  if (!stopping_ && loop()->now() >= drain_begin_ + config.drain_timeout) {
    while (!tunnels_.empty()) tunnels_.entries().back().element->Cut();
    return;
  }
  const auto elapsed = loop()->now() - spread_begin_;
  const double share =
      elapsed >= config.drain_spread ? 1.0 : std::chrono::duration<double>(elapsed) / config.drain_spread;
  const bool all = share >= 1.0;
  const std::size_t due = static_cast<std::size_t>(share * static_cast<double>(tunnels_to_close_));
  for (const auto& entry : tunnels_.entries()) {
    if (!all && tunnels_closed_ >= due) break;
    if (entry.element->closing()) continue;
    entry.element->Close(TunnelEnd::kDrain);
    ++tunnels_closed_;
  }
  if (!tunnels_.empty()) drain_timer_.SetAfter(kSpreadTick);
}

void Worker::CheckDrained() {
  if (!context_.stopping() || !sessions_.empty() || !tunnels_.empty() || !drained_) return;
  auto done = std::exchange(drained_, nullptr);
  done();
}

void Worker::Cut() {
  context_.set_intake(Intake::kNothing);
  listener_.Close();
  while (!tunnels_.empty()) tunnels_.entries().back().element->Cut();
  while (!sessions_.empty()) sessions_.back()->Cut();
  CheckDrained();
}

}  // namespace viaduct::sidecar
