// viaduct-sidecar: reads the config, starts the server, waits for signals.

#include <chrono>
#include <cstddef>
#include <functional>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "api/sidecar/v1/sidecar.pb.h"
#include "net/address.h"
#include "net/stop_signal.h"
#include "ops/admin/admin_audit.h"
#include "ops/admin/admin_credentials.h"
#include "ops/admin/admin_refusals.h"
#include "ops/admin/admin_server.h"
#include "ops/config/config_file.h"
#include "ops/config/field_rules.h"
#include "ops/config/yaml_text.h"
#include "ops/log/log_line.h"
#include "ops/log/log_sink.h"
#include "ops/log/logger.h"
#include "ops/metrics/reload_counts.h"
#include "ops/program/program.h"
#include "ops/program/program_options.h"
#include "ops/program/version.h"
#include "sidecar/admin/admin_service.h"
#include "sidecar/authorize/server/authorize_server.h"
#include "sidecar/config/config.h"
#include "sidecar/config/config_sources.h"
#include "sidecar/config/config_warnings.h"
#include "sidecar/config/config_watch.h"
#include "sidecar/config/ladder/ladder_report.h"
#include "sidecar/config/reload_record.h"
#include "sidecar/ecs/ecs_metadata.h"
#include "sidecar/worker/server.h"

namespace viaduct::sidecar {
namespace {

// The longest time that the start waits for the task's metadata.
constexpr std::chrono::seconds kMetadataTimeout{1};

// The largest payload of a request to the admin API.
constexpr std::size_t kMaxAdminPayload = 256 * 1024;

constexpr std::string_view kName = "viaduct-sidecar";

constexpr std::string_view kHelp = R"(Usage: viaduct-sidecar --config FILE [--check [--no-secrets]]
       viaduct-sidecar healthcheck [--config FILE | --ops ADDRESS] [--ready] [--timeout 2s]

Lets through only traffic that came through your CloudFront VPC origin, keeps WebSockets alive and ends them politely.

  --config FILE   the YAML config; docs/configuration.md lists its fields. Instead of a file, env:NAME takes the content
                  of an environment variable, and - standard input
  --check         check the config, print it with all defaults and the timeout ladder, and exit
  --no-secrets    with --check: read no secret, token, key or certificate, as in CI where there are none
  --version       print the version and exit
  --help          print this help and exit

healthcheck asks the ops page of a running viaduct-sidecar for its health, prints the answer and exits with 0 or 1:

  --ops ADDRESS   the address of the ops page (default: from the config, or 127.0.0.1:9081)
  --ready         ask /readyz (may traffic be sent here?) instead of /healthz (is it alive?)
  --timeout TIME  the time to wait for the answer (default: 2s)

Signals: SIGTERM or SIGINT drains and exits 0; a second one exits at once. SIGHUP reloads the config and its files.
Exit status: 0 drained or healthy, 1 cannot start or not healthy, 64 invalid command line or config.
)";

std::string AddressText(const std::optional<net::SocketAddress>& address) {
  return address.has_value() ? address->ToString() : "";
}

void LogIfExpired(const ListenerTls& tls, const ops::Logger& logger) {
  const auto now = std::chrono::system_clock::now();
  if (tls.context->expires() > now) return;
  logger.Log(ops::LogLevel::kWarn, now, "the listener's certificate has expired");
}

// Reloads on SIGHUP until the first signal to stop, then drains. Returns when nothing is left, when the time is over,
// or at a second signal.
void RunUntilStopped(Server* server, const std::function<void()>& reload, const ops::Logger& logger) {
  ops::AwaitStop(reload);
  logger.Log(ops::LogLevel::kInfo, std::chrono::system_clock::now(), "draining");
  server->BeginDrain();
  if (ops::AwaitDrained([server] { return server->drained(); }, server->config()->drain_timeout, logger)) {
    logger.Log(ops::LogLevel::kInfo, std::chrono::system_clock::now(), "drained");
  } else {
    server->Cut();
  }
}

// Adds the ECS task, if there is one, to every log line.
absl::Status AddMetadata(const std::string& uri, ops::LogLines* lines) {
  if (uri.empty()) return absl::OkStatus();
  const absl::StatusOr<EcsMetadata> metadata = ReadEcsMetadata(uri, kMetadataTimeout);
  if (metadata.ok()) AddTo(lines, *metadata);
  return metadata.status();
}

absl::StatusOr<std::string> OpsListenOf(const std::string& config) {
  sidecar::v1::SidecarConfig proto;
  const absl::StatusOr<ops::ConfigFile> file = ops::ConfigFile::Load(config, &proto);
  if (!file.ok()) return file.status();
  return proto.ops_listen();
}

// Serves questions in gRPC as the settings say; null if they say nothing of it.
absl::StatusOr<std::unique_ptr<AuthorizeServer>> StartAuthorize(Server* server) {
  const std::shared_ptr<const SidecarConfig> config = server->config();
  if (!config->authorize.has_value() || !config->authorize->grpc_listen.has_value()) return nullptr;
  return AuthorizeServer::Start(
      *config->authorize->grpc_listen, [server] { return server->config(); }, server->check_log());
}

// Prints everything that would be in force.
int Check(const ops::ProgramOptions& options) {
  sidecar::v1::SidecarConfig proto;
  const absl::StatusOr<ops::ConfigFile> file = ops::ConfigFile::Load(options.config, &proto);
  if (!file.ok()) return ops::Complain(kName, file.status().message(), ops::kExitUsage);
  const absl::StatusOr<SidecarConfig> config = SidecarConfig::Create(&proto, ConfigReaders::Of(options.credentials));
  if (!config.ok()) return ops::Complain(kName, file->Locate(config.status()).message(), ops::kExitUsage);
  for (const std::string& warning : ConfigWarnings(*config)) {
    const absl::Status located = file->Locate(absl::FailedPreconditionError(warning));
    std::cerr << kName << ": warning: " << located.message() << "\n";
  }
  std::cout << ops::ToYaml(proto) << LadderTable(config->ladder);
  return 0;
}

int Run(const ops::ProgramOptions& options) {
  if (options.command == ops::ProgramOptions::Command::kCheck) return Check(options);
  absl::StatusOr<ConfigSources> sources = ConfigSources::Load(options.config, net::Clock::now());
  if (!sources.ok()) return ops::Complain(kName, sources.status().message(), ops::kExitUsage);
  const std::shared_ptr<const SidecarConfig> config = sources->config();
  net::BlockSignals();
  ops::LogLines lines;
  const absl::Status metadata = AddMetadata(config->ecs.metadata_uri, &lines);
  ops::LogSink sink(STDOUT_FILENO, ops::LogSink::kMaxPendingBytes, std::move(lines));
  const ops::Logger logger(&sink);
  if (!metadata.ok()) {
    logger.Log(ops::LogLevel::kWarn, std::chrono::system_clock::now(), "no metadata of the ECS task",
               {{"uri", config->ecs.metadata_uri}, {"error", std::string(metadata.message())}});
  }
  LogWrongRungs(config->ladder, logger);
  LogConfigWarnings(*config, logger);
  if (config->tls.has_value()) LogIfExpired(*config->tls, logger);
  ops::ReloadCounts reloads;
  ReloadRecord record(&reloads, *sources, std::chrono::system_clock::now());
  ops::AdminCredentials credentials(config->admin, &logger, &reloads);
  ops::AdminRefusals refusals(&logger);
  absl::StatusOr<std::unique_ptr<Server>> server = Server::Start(config, &sink, [&](ops::MetricsPage* page) {
    reloads.AddMetrics(page);
    record.AddMetrics(page);
    credentials.AddMetrics(page);
    refusals.AddMetrics(page);
  });
  if (!server.ok()) return ops::Complain(kName, server.status().message(), ops::kExitFailure);
  const absl::StatusOr<std::unique_ptr<AuthorizeServer>> authorize = StartAuthorize(server->get());
  if (!authorize.ok()) return ops::Complain(kName, authorize.status().message(), ops::kExitFailure);
  ConfigWatch watch(
      *std::move(sources),
      [&server](std::shared_ptr<const SidecarConfig> settings) { return (*server)->Apply(std::move(settings)); },
      &record, &logger);
  const ops::AdminAudit audit(&logger, &credentials);
  SidecarAdminService service(server->get(), &watch, &record, &credentials, &logger, &audit);
  const absl::StatusOr<std::unique_ptr<ops::AdminServer>> admin =
      ops::AdminServer::Start(config->admin, {{&service, admin::v1::SidecarAdmin::service_full_name()}},
                              kMaxAdminPayload, &credentials, &refusals);
  if (!admin.ok()) return ops::Complain(kName, admin.status().message(), ops::kExitFailure);
  logger.Log(ops::LogLevel::kInfo, std::chrono::system_clock::now(), "listening",
             {{"address", (*server)->address().ToString()},
              {"opsAddress", (*server)->ops_address().ToString()},
              {"adminSocket", (*admin)->unix_address()},
              {"adminAddress", (*admin)->tcp_address()},
              {"authorizeAddress", AddressText((*server)->authorize_address())},
              {"authorizeGrpcAddress", *authorize ? (*authorize)->address().ToString() : ""},
              {"version", ops::kVersion}});
  const auto reload = [&] {
    watch.RequestReload();
    credentials.RequestReload();
  };
  RunUntilStopped(server->get(), reload, logger);
  return 0;
}

}  // namespace
}  // namespace viaduct::sidecar

int main(int argc, char** argv) {
  const viaduct::ops::Program program = {
      viaduct::sidecar::kName, viaduct::sidecar::kHelp,
      viaduct::ops::DefaultOf(*viaduct::sidecar::v1::SidecarConfig::descriptor(), "ops_listen"),
      viaduct::sidecar::OpsListenOf, viaduct::sidecar::Run};
  return viaduct::ops::RunProgram(program, argc, argv);
}
