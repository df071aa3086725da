// viaduct-chat: reads the config, starts the chat and its admin API, waits for signals.

#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "api/origin/v1/origin.pb.h"
#include "net/descriptor_limit.h"
#include "net/stop_signal.h"
#include "ops/admin/admin_audit.h"
#include "ops/admin/admin_credentials.h"
#include "ops/admin/admin_refusals.h"
#include "ops/admin/admin_server.h"
#include "ops/config/config_file.h"
#include "ops/config/field_rules.h"
#include "ops/config/yaml_text.h"
#include "ops/log/log_sink.h"
#include "ops/log/logger.h"
#include "ops/metrics/metrics_page.h"
#include "ops/metrics/process_metrics.h"
#include "ops/metrics/reload_counts.h"
#include "ops/program/descriptor_budget.h"
#include "ops/program/ops_server.h"
#include "ops/program/program.h"
#include "ops/program/program_options.h"
#include "ops/program/version.h"
#include "origin/admin/admin_cluster.h"
#include "origin/admin/admin_service.h"
#include "origin/admin/admin_task.h"
#include "origin/broker/broker.h"
#include "origin/broker/redis/broker_metrics.h"
#include "origin/broker/redis/redis_broker.h"
#include "origin/broker/redis/redis_broker_settings.h"
#include "origin/broker/task_name.h"
#include "origin/chat/chat.h"
#include "origin/chat/chat_metrics.h"
#include "origin/config/chat_settings.h"
#include "origin/config/config.h"
#include "origin/room/broker_link.h"

namespace viaduct::origin {
namespace {

constexpr std::string_view kName = "viaduct-chat";

constexpr std::string_view kHelp = R"(Usage: viaduct-chat --config FILE [--check [--no-secrets]]
       viaduct-chat healthcheck [--config FILE | --ops ADDRESS] [--ready] [--timeout 2s]

A WebSocket chat with a page to try it. viaductctl controls it over gRPC.

  --config FILE   the YAML config; docs/configuration.md lists its fields. Instead of a file, env:NAME takes the content
                  of an environment variable, and - standard input
  --check         check the config, print it with all defaults, and exit
  --no-secrets    with --check: read no password, token, key or certificate, as in CI where there are none
  --version       print the version and exit
  --help          print this help and exit

healthcheck asks the ops page of a running viaduct-chat for its health, prints the answer and exits with 0 or 1:

  --ops ADDRESS   the address of the ops page (default: from the config, or 127.0.0.1:9082)
  --ready         ask /readyz (may traffic be sent here?) instead of /healthz (is it alive?)
  --timeout TIME  the time to wait for the answer (default: 2s)

Signals: SIGTERM or SIGINT closes every connection with 1001 and exits 0; a second one exits at once. SIGHUP
reloads the files of admin.tcp.
Exit status: 0 stopped or healthy, 1 cannot start or not healthy, 64 invalid command line or config.
)";

// The parts of a running chat.
struct Parts {
  std::unique_ptr<Chat> chat;
  RedisBroker* redis = nullptr;  // the chat's, if it has one
  ops::ReloadCounts reloads;
  std::unique_ptr<ops::AdminCredentials> admin_credentials;
  std::unique_ptr<ops::AdminAudit> admin_audit;
  std::unique_ptr<ops::AdminRefusals> admin_refusals;
  std::unique_ptr<AdminTask> admin_task;
  std::unique_ptr<AdminCluster> admin_cluster;  // null without Redis
  std::unique_ptr<AdminService> admin_service;
  std::unique_ptr<ops::AdminServer> admin;
  ops::MetricsPage page;
  std::unique_ptr<ops::OpsServer> ops;
};

// Returns a function that makes the broker of the config; nullptr if the config has none.
BrokerLink::MakeBroker BrokerOf(const OriginConfig& config, const std::string& task, const ops::Logger* logger,
                                RedisBroker** out) {
  if (!config.redis.has_value()) return nullptr;
  RedisBrokerSettings settings = *config.redis;
  settings.task = task;
  return [settings = std::move(settings), logger,
          out](Broker::Listener* listener) -> absl::StatusOr<std::unique_ptr<Broker>> {
    absl::StatusOr<std::unique_ptr<RedisBroker>> broker = RedisBroker::Start(settings, listener, logger);
    if (!broker.ok()) return broker.status();
    *out = broker->get();
    return *std::move(broker);
  };
}

absl::Status Ready(const Parts& parts, bool redis_required) {
  if (parts.chat->draining()) return absl::UnavailableError("draining");
  if (redis_required && parts.redis != nullptr && parts.redis->degraded()) return absl::UnavailableError("no Redis");
  return absl::OkStatus();
}

absl::Status Start(const OriginConfig& config, ops::LogSink* sink, const ops::Logger* logger, Parts* parts) {
  const std::string task = NewTaskName();
  absl::StatusOr<std::unique_ptr<Chat>> chat = Chat::Start(config, sink, BrokerOf(config, task, logger, &parts->redis));
  if (!chat.ok()) return chat.status();
  parts->chat = *std::move(chat);
  parts->admin_credentials = std::make_unique<ops::AdminCredentials>(config.admin, logger, &parts->reloads);
  parts->admin_audit = std::make_unique<ops::AdminAudit>(logger, parts->admin_credentials.get());
  parts->admin_refusals = std::make_unique<ops::AdminRefusals>(logger);
  parts->admin_task = std::make_unique<AdminTask>(&parts->chat->control(), config.max_message_bytes, task);
  if (parts->redis != nullptr) {
    parts->admin_cluster =
        std::make_unique<AdminCluster>(&parts->redis->cluster(), parts->admin_task.get(), &parts->chat->feed());
  }
  parts->admin_service =
      std::make_unique<AdminService>(parts->admin_task.get(), parts->admin_cluster.get(), &parts->chat->drain(),
                                     &parts->chat->feed(), parts->admin_audit.get());
  absl::StatusOr<std::unique_ptr<ops::AdminServer>> admin =
      ops::AdminServer::Start(config.admin, {{parts->admin_service.get(), admin::v1::ChatAdmin::service_full_name()}},
                              config.max_message_bytes, parts->admin_credentials.get(), parts->admin_refusals.get());
  if (!admin.ok()) return admin.status();
  parts->admin = *std::move(admin);
  parts->chat->drain().Observe([parts](bool serving) { parts->admin->SetServing(serving); });
  AddChatMetrics(&parts->page, parts->chat.get(), sink);
  if (parts->redis != nullptr) AddBrokerMetrics(&parts->page, parts->redis);
  parts->reloads.AddMetrics(&parts->page);
  parts->admin_credentials->AddMetrics(&parts->page);
  parts->admin_refusals->AddMetrics(&parts->page);
  ops::AddProcessMetrics(&parts->page);
  ops::AddBuildInfo(&parts->page, "viaduct-chat", std::string(ops::kVersion));
  ops::OpsServer::Options options;
  options.address = config.ops_listen.ToString();
  options.metrics = [parts] { return parts->page.Render(); };
  options.healthy = [] { return absl::OkStatus(); };
  options.ready = [parts, required = config.redis_required] { return Ready(*parts, required); };
  options.ready_note = [parts] {
    return parts->redis != nullptr && parts->redis->degraded() ? "degraded: no Redis, other tasks are not reached" : "";
  };
  absl::StatusOr<std::unique_ptr<ops::OpsServer>> ops = ops::OpsServer::Start(std::move(options));
  if (!ops.ok()) return ops.status();
  parts->ops = *std::move(ops);
  return absl::OkStatus();
}

void LogListening(const OriginConfig& config, const Parts& parts, const ops::Logger& logger) {
  logger.Log(ops::LogLevel::kInfo, std::chrono::system_clock::now(), "listening",
             {{"address", parts.chat->address().ToString()},
              {"opsAddress", config.ops_listen.WithPort(parts.ops->port()).ToString()},
              {"adminSocket", parts.admin->unix_address()},
              {"adminAddress", parts.admin->tcp_address()},
              {"version", ops::kVersion}});
}

// Reads the admin API's files again on SIGHUP until the first signal to stop; then closes every connection and returns
// when none is left, the time is over or a second signal came.
void RunUntilStopped(Parts* parts, std::chrono::nanoseconds drain_timeout, const ops::Logger& logger) {
  ops::AwaitStop([parts] { parts->admin_credentials->RequestReload(); });
  logger.Log(ops::LogLevel::kInfo, std::chrono::system_clock::now(), "draining");
  parts->chat->Drain();
  ops::AwaitDrained([parts] { return parts->chat->empty(); }, drain_timeout, logger);
  logger.Log(ops::LogLevel::kInfo, std::chrono::system_clock::now(), "stopped");
  parts->chat->feed().End();
}

absl::StatusOr<std::string> OpsListenOf(const std::string& config) {
  origin::v1::OriginConfig proto;
  const absl::StatusOr<ops::ConfigFile> file = ops::ConfigFile::Load(config, &proto);
  if (!file.ok()) return file.status();
  return proto.ops_listen();
}

int Run(const ops::ProgramOptions& options) {
  origin::v1::OriginConfig proto;
  absl::StatusOr<ops::ConfigFile> file = ops::ConfigFile::Load(options.config, &proto);
  absl::StatusOr<OriginConfig> config = absl::UnknownError("");
  if (file.ok()) config = OriginConfig::Create(&proto, options.credentials);
  const absl::Status status = file.ok() ? file->Locate(config.status()) : file.status();
  if (!status.ok()) return ops::Complain(kName, status.message(), ops::kExitUsage);
  if (options.command == ops::ProgramOptions::Command::kCheck) {
    std::cout << ops::ToYaml(proto);
    return 0;
  }
  net::BlockSignals();
  ops::LogSink sink(STDOUT_FILENO);
  const ops::Logger logger(&sink);
  const std::uint64_t descriptors = net::RaiseDescriptorLimit();
  const int wanted = config->max_connections;
  FitConnections(descriptors, &*config);
  if (config->max_connections < wanted) {
    ops::WarnOfFewDescriptors(DescriptorBudgetOf(*config), "limits.max_connections", wanted, config->max_connections,
                              descriptors, logger);
  }
  Parts parts;
  if (const absl::Status started = Start(*config, &sink, &logger, &parts); !started.ok())
    return ops::Complain(kName, started.message(), ops::kExitFailure);
  LogListening(*config, parts, logger);
  RunUntilStopped(&parts, config->drain_timeout, logger);
  // Destroys the parts from the outside in, so that no part calls one that is gone.
  parts.ops.reset();
  parts.chat->drain().Observe(nullptr);
  parts.admin.reset();
  parts.admin_service.reset();
  parts.admin_cluster.reset();
  parts.chat.reset();
  return 0;
}

}  // namespace
}  // namespace viaduct::origin

int main(int argc, char** argv) {
  const viaduct::ops::Program program = {
      viaduct::origin::kName, viaduct::origin::kHelp,
      viaduct::ops::DefaultOf(*viaduct::origin::v1::OriginConfig::descriptor(), "ops_listen"),
      viaduct::origin::OpsListenOf, viaduct::origin::Run};
  return viaduct::ops::RunProgram(program, argc, argv);
}
