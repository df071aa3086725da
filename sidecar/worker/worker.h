#pragma once

#include <atomic>
#include <cstddef>
#include <memory>
#include <random>
#include <span>
#include <string>
#include <vector>

#include "absl/functional/any_invocable.h"
#include "http/head.h"
#include "net/event_loop.h"
#include "net/listener.h"
#include "net/pipe.h"
#include "net/stream_socket.h"
#include "ops/log/log_line.h"
#include "ops/log/log_sink.h"
#include "sidecar/config/config.h"
#include "sidecar/request/access_log.h"
#include "sidecar/request/local_reply.h"
#include "sidecar/thread/byte_queue.h"
#include "sidecar/thread/metrics.h"
#include "sidecar/thread/numbered_list.h"
#include "sidecar/upstream/upstream_health.h"
#include "sidecar/upstream/upstream_pool.h"
#include "text/text_buffer.h"

namespace viaduct::sidecar {

class Session;
class Tunnel;

// What all sessions and tunnels of one thread share, and who owns them.
//
// Belongs to its loop's thread, but for metrics(), which any thread may read.
class Worker final : private net::Timer::Owner {
 public:
  // `sink`, `open_sessions` (of all workers together) and `upstream_health` must outlive it.
  Worker(net::EventLoop* loop, std::shared_ptr<const SidecarConfig> config, ops::LogSink* sink,
         std::atomic<int>* open_sessions, UpstreamHealth* upstream_health, net::UniqueFd listening_socket);
  ~Worker();

  net::EventLoop* loop() const { return loop_; }
  // The settings in force. What goes on longer than one turn shares them, so that it ends as it began.
  const SidecarConfig& config() const { return *config_; }
  const std::shared_ptr<const SidecarConfig>& shared_config() const { return config_; }
  // From here on these are in force; they must be fit to replace the others (SidecarConfig::CheckReplaces).
  void Apply(std::shared_ptr<const SidecarConfig> config);
  SidecarMetrics& metrics() { return metrics_; }
  const SidecarMetrics& metrics() const { return metrics_; }
  BlockPool* blocks() { return &blocks_; }
  net::PipePool* pipes() { return &pipes_; }
  // Of an upstream, by its place in the settings in force.
  UpstreamPool* upstream_pool(std::size_t upstream) { return upstream_pools_[upstream].get(); }
  UpstreamHealth* upstream_health() { return upstream_health_; }
  net::SocketAddress local_address() const { return listener_.local_address(); }
  // Where the fields of one head are put; valid until the next head of any session.
  std::span<http::Field> field_storage() { return field_storage_; }
  // One read's worth of bytes; whoever reads uses them up before returning to the loop.
  std::span<char> scratch() { return scratch_; }
  std::string* head_scratch() { return &head_scratch_; }
  std::mt19937& random() { return random_; }
  bool draining() const { return draining_; }
  // Until the drain's accept window is over.
  bool accepting() const { return accepting_; }
  // What a load balancer is told.
  Health health() const;

  void Own(std::unique_ptr<Tunnel> tunnel);
  const NumberedList<Tunnel>& tunnels() const { return tunnels_; }
  // Ends the ownership: the object goes at the end of this turn.
  void Release(Session* session);
  void Release(Tunnel* tunnel);

  // `secret_generation` is the name of the verdict's, empty if it has none.
  void CountVerdict(const filter::Verdict& verdict, std::string_view secret_generation);
  void LogRequest(const AccessRecord& record, const RequestFigures& figures);
  void LogTunnel(const AccessRecord& record, const TunnelFigures& figures);

  // Stops as config's drain says: refuses upgrades at once; after the accept window stops listening and closes tunnels
  // evenly over the spread. Calls `done` when nothing is left. Goes on from where an operator's drain has come.
  void BeginDrain(absl::AnyInvocable<void()> done);
  // The same, but goes on listening, so that it can be cancelled; what is left at drain.timeout is cut. Not twice, and
  // not after BeginDrain.
  void BeginOperatorDrain();
  void CancelOperatorDrain();
  // Ends what is left now; `done` is called.
  void Cut();

 private:
  void Accept(net::UniqueFd connection, const net::SocketAddress& peer);
  void OnTimer(net::Timer* timer) override;
  void StartWindow();
  void EndWindow();
  void StopAccepting();
  void CloseDueTunnels();
  void CheckDrained();
  ops::JsonLine StartLine();
  void DeclareSecrets();

  net::EventLoop* loop_;
  std::shared_ptr<const SidecarConfig> config_;
  ops::LogSink* sink_;
  std::atomic<int>* open_sessions_;
  UpstreamHealth* upstream_health_;
  SidecarMetrics metrics_;
  BlockPool blocks_;
  net::PipePool pipes_;
  std::vector<std::unique_ptr<UpstreamPool>> upstream_pools_;
  std::vector<http::Field> field_storage_;
  std::vector<char> scratch_;
  std::string head_scratch_;
  std::mt19937 random_;
  ops::LogLines log_lines_;
  text::TextBuffer log_batch_;
  std::vector<std::unique_ptr<Session>> sessions_;
  NumberedList<Tunnel> tunnels_;
  net::Listener listener_;

  bool draining_ = false;
  bool stopping_ = false;     // the drain is not an operator's
  bool window_over_ = false;  // the accept window of the drain
  bool accepting_ = true;
  absl::AnyInvocable<void()> drained_;
  net::Timer drain_timer_;
  net::Clock::time_point drain_begin_{};
  net::Clock::time_point spread_begin_{};
  std::size_t tunnels_to_close_ = 0;  // at the start of the spread
  std::size_t tunnels_closed_ = 0;
};

}  // namespace viaduct::sidecar
