// viaduct-sidecar: reads the config, starts the server, waits for signals.

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/sidecar/v1/sidecar.pb.h"
#include "net/descriptor_limit.h"
#include "net/stop_signal.h"
#include "ops/config_file.h"
#include "ops/log_sink.h"
#include "ops/logger.h"
#include "ops/version.h"
#include "ops/yaml_text.h"
#include "sidecar/config.h"
#include "sidecar/server.h"

namespace viaduct {
namespace {

constexpr int kExitFailure = 1;  // cannot start
constexpr int kExitUsage = 64;   // the command line or the config is wrong (EX_USAGE)

// Descriptors that are no session's: listeners, event loops, kept connections, the ops page.
constexpr std::uint64_t kOwnDescriptors = 256;

constexpr std::string_view kHelp = R"(Usage: viaduct-sidecar --config FILE [--check]

Lets through only traffic that came by your CloudFront VPC origin, keeps WebSockets alive, ends them politely.

  --config FILE   the YAML config; its schema is api/sidecar/v1/sidecar.proto
  --check         checks the config, prints it with all defaults, and exits
  --version       prints the version and exits
  --help          prints this and exits

Signals: SIGTERM or SIGINT drains and exits 0; a second one exits at once.
Exit status: 0 drained, 1 cannot start, 64 wrong command line or config.
)";

struct CommandLine {
  std::string config;
  bool check = false;
};

// Exits for --help and --version; nullopt after a complaint.
std::optional<CommandLine> ParseCommandLine(int argc, char** argv) {
  CommandLine line;
  for (int i = 1; i < argc; ++i) {
    const std::string_view arg = argv[i];
    if (arg == "--help") {
      std::cout << kHelp;
      std::exit(0);
    } else if (arg == "--version") {
      std::cout << "viaduct-sidecar " << kVersion << "\n";
      std::exit(0);
    } else if (arg == "--check") {
      line.check = true;
    } else if (arg.substr(0, 9) == "--config=") {
      line.config = arg.substr(9);
    } else if (arg == "--config" && i + 1 < argc) {
      line.config = argv[++i];
    } else {
      std::cerr << "viaduct-sidecar: unknown argument \"" << arg << "\"; see --help\n";
      return std::nullopt;
    }
  }
  if (line.config.empty()) {
    std::cerr << "viaduct-sidecar: --config FILE is required; see --help\n";
    return std::nullopt;
  }
  return line;
}

absl::StatusOr<SidecarConfig> LoadConfig(const std::string& path, sidecar::v1::SidecarConfig* proto) {
  absl::StatusOr<ConfigFile> file = ConfigFile::Load(path, proto);
  if (!file.ok()) return file.status();
  absl::StatusOr<SidecarConfig> config = SidecarConfig::Create(proto);
  if (!config.ok()) return file->Locate(config.status());
  return config;
}

// Waits for the first signal to stop, drains, and returns when nothing is left, the time is over or a second signal
// came.
void RunUntilStopped(Server* server, SidecarConfig::Duration drain_timeout, const Logger& logger) {
  const auto log = [&logger](LogLevel level, std::string_view msg) {
    logger.Log(level, std::chrono::system_clock::now(), msg);
  };
  constexpr auto kForever = std::chrono::hours(1);
  for (std::optional<int> signal; !signal.has_value() || *signal == SIGHUP;) signal = WaitForSignal(kForever);
  log(LogLevel::kInfo, "draining");
  server->BeginDrain();
  const Clock::time_point deadline = Clock::now() + drain_timeout;
  while (!server->drained()) {
    const std::optional<int> signal = WaitForSignal(std::chrono::milliseconds(10));
    const bool again = signal.has_value() && *signal != SIGHUP;
    if (!again && Clock::now() < deadline) continue;
    log(LogLevel::kWarn, again ? "second signal: cutting what is open" : "drain timeout: cutting what is open");
    server->Cut();
    return;
  }
  log(LogLevel::kInfo, "drained");
}

int Main(int argc, char** argv) {
  const std::optional<CommandLine> line = ParseCommandLine(argc, argv);
  if (!line.has_value()) return kExitUsage;
  sidecar::v1::SidecarConfig proto;
  absl::StatusOr<SidecarConfig> config = LoadConfig(line->config, &proto);
  if (!config.ok()) {
    std::cerr << "viaduct-sidecar: " << config.status().message() << "\n";
    return kExitUsage;
  }
  if (line->check) {
    std::cout << ToYaml(proto);
    return 0;
  }
  const auto drain_timeout = config->drain_timeout;
  // A tunnel has a descriptor on each side.
  const std::uint64_t wanted = 2 * static_cast<std::uint64_t>(config->max_sessions) + kOwnDescriptors;
  BlockSignals();
  LogSink sink(STDOUT_FILENO);
  const Logger logger(&sink);
  if (const std::uint64_t limit = RaiseDescriptorLimit(); limit < wanted) {
    logger.Log(LogLevel::kWarn, std::chrono::system_clock::now(), "descriptor limit below max_sessions",
               {{"limit", limit}, {"wanted", wanted}});
  }
  absl::StatusOr<std::unique_ptr<Server>> server = Server::Start(*std::move(config), &sink);
  if (!server.ok()) {
    std::cerr << "viaduct-sidecar: " << server.status().message() << "\n";
    return kExitFailure;
  }
  logger.Log(LogLevel::kInfo, std::chrono::system_clock::now(), "listening",
             {{"address", (*server)->address().ToString()},
              {"opsAddress", (*server)->ops_address().ToString()},
              {"version", kVersion}});
  RunUntilStopped(server->get(), drain_timeout, logger);
  return 0;
}

}  // namespace
}  // namespace viaduct

int main(int argc, char** argv) { return viaduct::Main(argc, argv); }
