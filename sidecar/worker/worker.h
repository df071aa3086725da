#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <memory>
#include <optional>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "net/event_loop.h"
#include "net/listener.h"
#include "net/unique_fd.h"
#include "ops/log/recent_lines.h"
#include "sidecar/authorize/server/authorize_listener.h"
#include "sidecar/config/config.h"
#include "sidecar/request/access_log.h"
#include "sidecar/request/decision.h"
#include "sidecar/session/session.h"
#include "sidecar/thread/metrics.h"
#include "sidecar/thread/numbered_list.h"
#include "sidecar/thread/session_limits.h"
#include "sidecar/thread/worker_context.h"
#include "sidecar/tunnel/tunnel.h"
#include "sidecar/worker/tunnel_closes.h"

namespace viaduct::sidecar {

// One thread: accepts connections, owns the sessions and tunnels that they become, and ends them in a drain.
//
// Belongs to its loop's thread, except for metrics(), which any thread may read.
class Worker final : private net::Timer::Owner, private Session::Owner, private Tunnel::Owner {
 public:
  // Its tunnels' ids name it by `index`. `authorize_socket` is where other proxies ask; empty if they do not, or ask
  // another worker.
  Worker(net::EventLoop* loop, std::shared_ptr<const SidecarConfig> config, const SessionLimits& limits,
         const SharedByWorkers& shared, std::uint32_t index, net::UniqueFd listening_socket,
         net::UniqueFd authorize_socket = {});

  net::EventLoop* loop() const { return context_.loop(); }
  net::SocketAddress local_address() const { return listener_.local_address(); }
  const SidecarMetrics& metrics() const { return context_.metrics(); }
  const NumberedList<Tunnel>& tunnels() const { return tunnels_; }
  const ops::RecentLines& recent_ends() const { return context_.access_lines().recent_ends(); }
  // An operator's closes of many tunnels.
  TunnelCloses& closes() { return closes_; }

  // Puts other settings in force. SidecarConfig::CheckReplaces must accept them as replacements for the current ones.
  void Apply(std::shared_ptr<const SidecarConfig> config, const SessionLimits& limits) {
    context_.Apply(std::move(config), limits);
  }

  // Drains as the config's `drain` says: refuses upgrades at once; after the accept window, stops listening and closes
  // the tunnels evenly over the spread. Calls `done` when nothing is left. Continues an operator's drain from where it
  // stands.
  void BeginDrain(absl::AnyInvocable<void()> done);
  // The same, but keeps listening, so that the drain can be cancelled, and cuts tunnels still open at drain.timeout.
  // Must not be called twice, nor after BeginDrain.
  void BeginOperatorDrain();
  void CancelOperatorDrain();
  // Ends everything that is left now, and calls BeginDrain's `done`.
  void Cut();

 private:
  void Accept(net::UniqueFd connection, const net::SocketAddress& peer);
  // Counts one more session. Returns false if there are limits.max_sessions, and none of this worker's lingers, which
  // would end to make room.
  bool TakePlace();
  // Accepts a connection over limits.max_sessions that may still request the health path. When the reserve for them is
  // used up, the oldest one ends: a health check sends its request at once, and is answered by then.
  void AcceptForHealth(net::UniqueFd connection, const net::SocketAddress& peer);
  // Closes a connection that may not even do that, after a 503 unless the listener speaks TLS.
  void TurnAway(net::UniqueFd connection, const net::SocketAddress& peer);
  void AddSession(net::UniqueFd connection, const net::SocketAddress& peer, Admission admission);
  void OnUpgraded(Session* session, Tunnel::Start start) override;
  void OnLingering(Session* session) override;
  void OnEnded(Session* session) override;
  void OnEnded(Tunnel* tunnel, const TunnelFigures& figures) override;
  void OnTimer(net::Timer* timer) override;

  void StartWindow();
  void EndWindow();
  void StopAccepting();
  void CloseDueTunnels();
  void CheckDrained();

  const std::uint32_t process_;
  const std::uint32_t index_;
  WorkerContext context_;
  std::vector<std::unique_ptr<Session>> sessions_;
  std::list<Session*> lingering_;         // those of `sessions_` that are answered, the oldest first
  std::vector<Session*> health_reserve_;  // those of `sessions_` that are beyond the limit, the oldest first
  NumberedList<Tunnel> tunnels_;
  TunnelCloses closes_;
  net::Listener listener_;
  std::optional<AuthorizeListener> authorize_;

  bool stopping_ = false;     // draining for the end of the program
  bool window_over_ = false;  // the accept window of the drain is over
  absl::AnyInvocable<void()> drained_;
  net::Timer drain_timer_;
  net::Clock::time_point drain_begin_{};
  net::Clock::time_point spread_begin_{};
  std::size_t tunnels_to_close_ = 0;  // at the start of the spread
  std::size_t tunnels_closed_ = 0;
};

}  // namespace viaduct::sidecar
