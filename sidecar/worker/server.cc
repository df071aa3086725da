#include "sidecar/worker/server.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <random>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "net/descriptor_limit.h"
#include "net/listener.h"
#include "ops/log/logger.h"
#include "ops/metrics/process_metrics.h"
#include "ops/program/descriptor_budget.h"
#include "ops/program/drain.h"
#include "ops/program/version.h"

namespace viaduct::sidecar {
namespace {

UpstreamHealth::OnChange LogChanges(ops::LogSink* sink) {
  return [logger = ops::Logger(sink)](std::string_view upstream, std::string_view problem) {
    const auto now = std::chrono::system_clock::now();
    if (problem.empty()) {
      logger.Log(ops::LogLevel::kInfo, now, "upstream up", {{"upstream", upstream}});
    } else {
      logger.Log(ops::LogLevel::kWarn, now, "upstream down", {{"upstream", upstream}, {"problem", problem}});
    }
  };
}

bool SameUpstreams(const std::vector<Upstream>& a, const std::vector<Upstream>& b) {
  return std::ranges::equal(a, b, SameUpstream);
}

// Returns a listening socket for each worker; they are empty without `authorize.listen`, and but for the first if that
// is a Unix socket.
absl::StatusOr<std::vector<net::UniqueFd>> BindAuthorize(const SidecarConfig& config) {
  std::vector<net::UniqueFd> sockets(static_cast<std::size_t>(config.workers));
  if (!config.authorize.has_value() || !config.authorize->listen.has_value()) return sockets;
  const net::SocketAddress& address = *config.authorize->listen;
  if (!address.is_unix()) return net::BindListeners(address, config.workers);
  absl::StatusOr<net::UniqueFd> socket = net::BindPrivateListener(address);
  if (!socket.ok()) return socket.status();
  sockets.front() = *std::move(socket);
  return sockets;
}

}  // namespace

Server::Server(std::shared_ptr<const SidecarConfig> config, ops::LogSink* sink)
    : config_(std::move(config)),
      sink_(sink),
      process_(std::random_device{}()),
      descriptors_(net::RaiseDescriptorLimit()),
      upstream_health_(LogChanges(sink)),
      check_log_(sink) {}

absl::StatusOr<std::unique_ptr<Server>> Server::Start(std::shared_ptr<const SidecarConfig> config, ops::LogSink* sink,
                                                      const AddMetrics& add_metrics) {
  std::unique_ptr<Server> server(new Server(config, sink));
  absl::StatusOr<std::unique_ptr<net::WorkerPool>> pool = net::WorkerPool::Create(config->workers);
  if (!pool.ok()) return pool.status();
  server->pool_ = *std::move(pool);

  absl::StatusOr<std::vector<net::UniqueFd>> sockets = net::BindListeners(config->listen, config->workers);
  if (!sockets.ok()) return sockets.status();
  server->address_ = net::SocketAddress::OfSocket(sockets->front().get());
  absl::StatusOr<std::vector<net::UniqueFd>> authorize_sockets = BindAuthorize(*config);
  if (!authorize_sockets.ok()) return authorize_sockets.status();
  if (authorize_sockets->front()) {
    server->authorize_address_ = net::SocketAddress::OfSocket(authorize_sockets->front().get());
  }
  const SessionLimits limits = server->limits();
  server->WarnIfLowered(*config, limits);
  const SharedByWorkers shared{.sink = sink,
                               .upstream_health = &server->upstream_health_,
                               .viewers = &server->viewers_,
                               .open_sessions = &server->open_sessions_,
                               .process = server->process_};
  std::vector<Worker*> workers;
  for (std::size_t i = 0; i < sockets->size(); ++i) {
    server->workers_.push_back(std::make_unique<Worker>(server->pool_->loop(i), config, limits, shared,
                                                        static_cast<std::uint32_t>(i), std::move((*sockets)[i]),
                                                        std::move((*authorize_sockets)[i])));
    workers.push_back(server->workers_.back().get());
  }
  server->drain_ = std::make_unique<DrainControl>(server->pool_.get(), workers, &server->config_);
  server->tunnels_ = std::make_unique<TunnelControl>(server->pool_.get(), std::move(workers), server->process_);
  AddSidecarMetrics(server->metrics(), &server->page_);
  if (config->authorize.has_value()) AddCheckMetrics(server->metrics(), &server->page_);
  server->AddViewerMetrics();
  const std::vector<Upstream>& upstreams = config->routes.upstreams();
  server->upstream_health_.SetUpstreams(upstreams);
  server->upstream_prober_ = std::make_unique<UpstreamProber>(server->pool_->loop(0), &server->upstream_health_);
  server->upstream_prober_->Watch(upstreams);
  add_metrics(&server->page_);
  server->StartTaskProtection();
  if (absl::Status status = server->StartOps(); !status.ok()) return status;
  server->pool_->Start();
  return server;
}

Server::~Server() {
  ops_.reset();
  task_protector_.reset();
  if (pool_) pool_->Stop();
  // Sessions hold timers and sockets of their loops, so the workers are destroyed first.
  workers_.clear();
  upstream_prober_.reset();
  if (authorize_address_.has_value() && authorize_address_->is_unix()) ::unlink(authorize_address_->path().c_str());
}

void Server::WarnIfLowered(const SidecarConfig& config, const SessionLimits& limits) const {
  if (limits.max_sessions == config.max_sessions) return;
  ops::WarnOfFewDescriptors(DescriptorBudgetOf(config), "limits.max_sessions", config.max_sessions, limits.max_sessions,
                            descriptors_, ops::Logger(sink_));
}

void Server::AddViewerMetrics() {
  page_.AddGauge("viaduct_sessions_limit", "The most sessions that may be open: limits.max_sessions in force.",
                 [this] { return static_cast<double>(limits().max_sessions); });
  page_.AddGauge("viaduct_sessions_full", "1 while as many sessions are open as may be.",
                 [this] { return full() ? 1.0 : 0.0; });
  page_.AddGauge("viaduct_viewer_open_most", "The most that one viewer has open, by kind.", [this] {
    const net::AddressTally::Counts most = viewers_.Most();
    return std::vector<ops::MetricSample>{
        {.labels = {{"kind", "tunnels"}}, .value = static_cast<double>(most[kViewerTunnels])},
        {.labels = {{"kind", "requests"}}, .value = static_cast<double>(most[kViewerRequests])}};
  });
}

absl::Status Server::StartOps() {
  page_.AddGauge("viaduct_draining", "1 while the sidecar drains.", [this] { return drain_->draining() ? 1.0 : 0.0; });
  page_.AddGauge("viaduct_upstream_up", "1 while the upstream is known to be up.",
                 [this] { return upstream_health_.Samples(); });
  page_.AddCounter("viaduct_log_lines_dropped_total", "Log lines that nobody read in time.",
                   [this] { return static_cast<double>(sink_->dropped_lines()); });
  page_.AddGauge("viaduct_tls_certificate_expiry_seconds",
                 "When the listener's certificate ends, in seconds since 1970; 0 without TLS.", [this] {
                   const std::shared_ptr<const SidecarConfig> in_force = config();
                   if (!in_force->tls.has_value()) return 0.0;
                   const auto since_1970 = in_force->tls->context->expires().time_since_epoch();
                   return std::chrono::duration<double>(since_1970).count();
                 });
  ops::AddProcessMetrics(&page_);
  ops::AddBuildInfo(&page_, "viaduct-sidecar", std::string(ops::kVersion));
  const net::SocketAddress ops_listen = config()->ops_listen;
  ops::OpsServer::Options options;
  options.address = ops_listen.ToString();
  options.metrics = [this] { return page_.Render(); };
  options.healthy = [] { return absl::OkStatus(); };
  options.ready = [this] { return drain_->draining() ? absl::UnavailableError("draining") : upstream_health_.Ready(); };
  options.ready_note = [this] { return full() ? "full: new connections are answered 503 (limits.max_sessions)" : ""; };
  absl::StatusOr<std::unique_ptr<ops::OpsServer>> ops = ops::OpsServer::Start(std::move(options));
  if (!ops.ok()) return ops.status();
  ops_ = *std::move(ops);
  ops_address_ = ops_listen.WithPort(ops_->port());
  return absl::OkStatus();
}

absl::Status Server::Apply(std::shared_ptr<const SidecarConfig> config) {
  const net::MutexLock lock(&apply_mutex_);
  const std::shared_ptr<const SidecarConfig> before = config_.Get();
  if (absl::Status status = config->CheckReplaces(*before); !status.ok()) return status;
  config_.Set(config);
  const bool other_upstreams = !SameUpstreams(before->routes.upstreams(), config->routes.upstreams());
  if (other_upstreams) upstream_health_.SetUpstreams(config->routes.upstreams());
  const SessionLimits limits = LimitsInForce(*config, descriptors_);
  if (limits.max_sessions != LimitsInForce(*before, descriptors_).max_sessions) WarnIfLowered(*config, limits);
  pool_->RunOnAll([&](std::size_t i) {
    workers_[i]->Apply(config, limits);
    if (other_upstreams && i == 0) upstream_prober_->Watch(config->routes.upstreams());
  });
  return absl::OkStatus();
}

std::vector<const SidecarMetrics*> Server::metrics() const {
  std::vector<const SidecarMetrics*> metrics;
  for (const auto& worker : workers_) metrics.push_back(&std::as_const(*worker).metrics());
  metrics.push_back(&check_log_.metrics());
  return metrics;
}

Server::ViewerLoad Server::LoadOf(const ip::IpAddress& viewer) const {
  const SessionLimits most = limits();
  const net::AddressTally::Counts open = viewers_.Of(viewer);
  return {.tunnels = open[kViewerTunnels],
          .max_tunnels = most.max_tunnels_per_viewer,
          .requests = open[kViewerRequests],
          .max_requests = most.max_requests_per_viewer};
}

void Server::StartTaskProtection() {
  const EcsConfig ecs = config()->ecs;
  if (!ecs.protection.has_value()) return;
  const ops::Logger logger(sink_);
  if (ecs.agent_uri.empty()) {
    logger.Log(ops::LogLevel::kWarn, std::chrono::system_clock::now(), "no task protection: $ECS_AGENT_URI is not set");
    return;
  }
  task_protector_ = std::make_unique<TaskProtector>(ecs, [this] { return ProtectionFacts(); }, logger);
  task_protector_->AddMetrics(&page_);
}

TaskProtection::Facts Server::ProtectionFacts() const {
  TaskProtection::Facts facts;
  facts.busy = std::ranges::any_of(metrics(), [](const auto* worker) { return worker->tunnels_open.value() > 0; });
  facts.drained = drain_->Get().state == ops::Drain::State::kDrained;
  return facts;
}

void Server::Cut() {
  pool_->RunOnAll([this](std::size_t i) { workers_[i]->Cut(); });
}

absl::StatusOr<std::vector<std::string>> Server::RecentEnds(std::string_view text, std::size_t most,
                                                            net::Clock::time_point deadline) {
  absl::StatusOr<std::vector<std::string>> ends = tunnels_->RecentEnds(text, most, deadline);
  if (!ends.ok()) return ends;
  for (std::string& line : check_log_.RecentEnds(text, most)) ends->push_back(std::move(line));
  return ends;
}

}  // namespace viaduct::sidecar
