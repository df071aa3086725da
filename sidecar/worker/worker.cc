#include "sidecar/worker/worker.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "sidecar/request/local_reply.h"
#include "sidecar/worker/session.h"
#include "sidecar/worker/tunnel.h"

namespace viaduct::sidecar {
namespace {

// Beyond the largest head: what forwarding adds to it.
constexpr std::size_t kHeadSlack = 4 * 1024;
// One read of a tunnel.
constexpr std::size_t kScratchBytes = 64 * 1024;
// How often the tunnels that are due are closed during the spread.
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

Worker::Worker(net::EventLoop* loop, std::shared_ptr<const SidecarConfig> config, ops::LogSink* sink,
               std::atomic<int>* open_sessions, UpstreamHealth* upstream_health, net::UniqueFd listening_socket)
    : loop_(loop),
      config_(std::move(config)),
      sink_(sink),
      open_sessions_(open_sessions),
      upstream_health_(upstream_health),
      blocks_(config_->head_limits.max_head_bytes + kHeadSlack),
      field_storage_(config_->head_limits.max_fields),
      scratch_(kScratchBytes),
      random_(std::random_device{}()),
      log_lines_(sink->lines()),
      listener_(
          loop, std::move(listening_socket),
          [this](net::UniqueFd connection, const net::SocketAddress& peer) { Accept(std::move(connection), peer); }),
      drain_timer_(loop, this) {
  DeclareSecrets();
  for (const Upstream& upstream : config_->routes.upstreams()) {
    upstream_pools_.push_back(
        std::make_unique<UpstreamPool>(loop, upstream.max_idle_connections, upstream.idle_timeout));
  }
}

Worker::~Worker() {
  if (!log_batch_.empty()) sink_->Write(log_batch_.view());
}

void Worker::Apply(std::shared_ptr<const SidecarConfig> config) {
  std::vector<std::unique_ptr<UpstreamPool>> pools;
  for (const Upstream& upstream : config->routes.upstreams()) {
    const std::vector<Upstream>& old = config_->routes.upstreams();
    const auto same =
        std::ranges::find_if(old, [&upstream](const Upstream& other) { return SameUpstream(upstream, other); });
    // Each upstream of a config has another address, so no pool is wanted twice.
    pools.push_back(same != old.end()
                        ? std::move(upstream_pools_[static_cast<std::size_t>(same - old.begin())])
                        : std::make_unique<UpstreamPool>(loop_, upstream.max_idle_connections, upstream.idle_timeout));
  }
  upstream_pools_ = std::move(pools);
  config_ = std::move(config);
  // Never less: requests that began before keep their limits.
  field_storage_.resize(std::max(field_storage_.size(), std::size_t{config_->head_limits.max_fields}));
  DeclareSecrets();
}

// A generation shows from when it could match.
void Worker::DeclareSecrets() {
  for (const std::string& generation : config_->policy->secret().generations()) {
    metrics_.secret_matches.Declare(generation);
  }
}

void Worker::Accept(net::UniqueFd connection, const net::SocketAddress& peer) {
  if (open_sessions_->fetch_add(1, std::memory_order_relaxed) >= config_->max_sessions) {
    open_sessions_->fetch_sub(1, std::memory_order_relaxed);
    AccessRecord record;
    record.Begin(loop_->now(), peer.ToString());
    const LocalReply reply = LocalReplyFor(EndReason::kTooManySessions);
    head_scratch_.clear();
    AppendLocalReply(reply, AfterReply::kClose, false, &head_scratch_);
    RequestFigures figures;
    // Who awaits TLS would not understand it.
    if (!config_->tls.has_value()) {
      // A new connection's buffer takes this; nothing of its request was read, so it may be lost to a reset all the
      // same.
      [[maybe_unused]] const ssize_t sent =
          ::send(connection.get(), head_scratch_.data(), head_scratch_.size(), MSG_NOSIGNAL);
      figures.status = reply.status;
    }
    figures.end = EndReason::kTooManySessions;
    LogRequest(record, figures);
    return;
  }
  AddTo(&sessions_, std::make_unique<Session>(this, std::move(connection), peer));
}

void Worker::Own(std::unique_ptr<Tunnel> tunnel) {
  open_sessions_->fetch_add(1, std::memory_order_relaxed);
  tunnels_.Add(std::move(tunnel));
  // Of a request that was on its way when the drain began.
  if (window_over_) drain_timer_.SetAfter(kSpreadTick);
}

void Worker::Release(Session* session) {
  open_sessions_->fetch_sub(1, std::memory_order_relaxed);
  loop_->Retire(TakeFrom(&sessions_, session));
  CheckDrained();
}

void Worker::Release(Tunnel* tunnel) {
  open_sessions_->fetch_sub(1, std::memory_order_relaxed);
  loop_->Retire(tunnels_.Take(tunnel));
  if (tunnels_.empty()) pipes_.Clear();
  CheckDrained();
}

Health Worker::health() const {
  if (draining_) return Health::kDraining;
  return upstream_health_->down() ? Health::kUpstreamDown : Health::kGood;
}

void Worker::CountVerdict(const filter::Verdict& verdict, std::string_view secret_generation) {
  if (verdict.allowed) {
    metrics_.allowed.Add();
    if (!secret_generation.empty()) metrics_.secret_matches.Add(secret_generation);
  } else {
    metrics_.denied[filter::DenyReasonIndex(verdict.reason)].Add();
  }
  if (verdict.would_deny.empty()) return;
  for (std::size_t i = 0; i < filter::kDenyReasonCount; ++i) {
    if (verdict.would_deny.Has(filter::DenyReasonAt(i))) metrics_.would_deny[i].Add();
  }
}

ops::JsonLine Worker::StartLine() {
  if (log_batch_.empty()) {
    loop_->AtTurnEnd([this] {
      sink_->Write(log_batch_.view());
      log_batch_.Clear();
    });
  }
  return log_lines_.Start(&log_batch_, ops::LogLevel::kInfo, std::chrono::system_clock::now());
}

void Worker::LogRequest(const AccessRecord& record, const RequestFigures& figures) {
  metrics_.requests_ended[static_cast<std::size_t>(figures.end)].Add();
  metrics_.responses[static_cast<std::size_t>(figures.status / 100)].Add();
  ops::JsonLine line = StartLine();
  record.AddTo(&line);
  AddRequestFigures(figures, net::Clock::now() - record.begin(), &line);
  line.End("request");
}

void Worker::LogTunnel(const AccessRecord& record, const TunnelFigures& figures) {
  metrics_.tunnels_ended[static_cast<std::size_t>(figures.end)].Add();
  ops::JsonLine line = StartLine();
  record.AddTo(&line);
  AddTunnelFigures(figures, net::Clock::now() - record.begin(), &line);
  line.End("tunnel");
}

void Worker::BeginDrain(absl::AnyInvocable<void()> done) {
  drained_ = std::move(done);
  stopping_ = true;
  if (window_over_) {
    StopAccepting();
    CloseDueTunnels();
    CheckDrained();
  } else if (!draining_) {
    StartWindow();
  }
}

void Worker::BeginOperatorDrain() { StartWindow(); }

void Worker::CancelOperatorDrain() {
  draining_ = window_over_ = false;
  drain_timer_.Cancel();
}

void Worker::StartWindow() {
  draining_ = true;
  drain_begin_ = loop_->now();
  if (config_->accept_window > SidecarConfig::Duration::zero()) {
    drain_timer_.SetAfter(config_->accept_window);
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
  spread_begin_ = loop_->now();
  tunnels_to_close_ = tunnels_.size();
  tunnels_closed_ = 0;
  CloseDueTunnels();
  CheckDrained();
}

void Worker::StopAccepting() {
  accepting_ = false;
  listener_.Close();
  for (const auto& pool : upstream_pools_) pool->Clear();
  for (std::size_t i = sessions_.size(); i-- > 0;) {
    if (i < sessions_.size()) sessions_[i]->CloseIfIdle();
  }
}

void Worker::CloseDueTunnels() {
  // Whoever stops the program cuts what is left by himself.
  if (!stopping_ && loop_->now() >= drain_begin_ + config_->drain_timeout) {
    while (!tunnels_.empty()) tunnels_.entries().back().element->Cut();
    return;
  }
  const auto elapsed = loop_->now() - spread_begin_;
  const double share =
      elapsed >= config_->drain_spread ? 1.0 : std::chrono::duration<double>(elapsed) / config_->drain_spread;
  const bool all = share >= 1.0;
  const std::size_t due = static_cast<std::size_t>(share * static_cast<double>(tunnels_to_close_));
  for (const auto& entry : tunnels_.entries()) {
    if (!all && tunnels_closed_ >= due) break;
    if (entry.element->closing()) continue;
    entry.element->Close(EndReason::kDrain);
    ++tunnels_closed_;
  }
  if (!tunnels_.empty()) drain_timer_.SetAfter(kSpreadTick);
}

void Worker::CheckDrained() {
  if (accepting_ || !sessions_.empty() || !tunnels_.empty() || !drained_) return;
  auto done = std::exchange(drained_, nullptr);
  done();
}

void Worker::Cut() {
  accepting_ = false;
  draining_ = true;
  listener_.Close();
  while (!tunnels_.empty()) tunnels_.entries().back().element->Cut();
  while (!sessions_.empty()) sessions_.back()->Cut();
  CheckDrained();
}

}  // namespace viaduct::sidecar
