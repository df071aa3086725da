// viaduct-chat: reads the config, starts the chat and its admin API, waits for signals.

#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "api/origin/v1/origin.pb.h"
#include "net/descriptor_limit.h"
#include "net/event_loop.h"
#include "net/stop_signal.h"
#include "ops/config_file.h"
#include "ops/log_sink.h"
#include "ops/logger.h"
#include "ops/metrics_page.h"
#include "ops/ops_server.h"
#include "ops/process_metrics.h"
#include "ops/version.h"
#include "ops/yaml_text.h"
#include "origin/admin_server.h"
#include "origin/chat.h"
#include "origin/chat_metrics.h"
#include "origin/config.h"

namespace viaduct {
namespace {

constexpr int kExitFailure = 1;  // cannot start
constexpr int kExitUsage = 64;   // the command line or the config is wrong (EX_USAGE)

// Descriptors that are no chat connections: listeners, event loops, operators.
constexpr std::uint64_t kOwnDescriptors = 256;

constexpr std::string_view kHelp = R"(Usage: viaduct-chat --config FILE [--check]

A WebSocket chat with a page to try it, steered over gRPC by viaductctl.

  --config FILE   the YAML config; its schema is api/origin/v1/origin.proto
  --check         checks the config, prints it with all defaults, and exits
  --version       prints the version and exits
  --help          prints this and exits

Signals: SIGTERM or SIGINT closes every connection with 1001 and exits 0; a second one exits at once.
Exit status: 0 stopped, 1 cannot start, 64 wrong command line or config.
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
      std::cout << "viaduct-chat " << kVersion << "\n";
      std::exit(0);
    } else if (arg == "--check") {
      line.check = true;
    } else if (arg.substr(0, 9) == "--config=") {
      line.config = arg.substr(9);
    } else if (arg == "--config" && i + 1 < argc) {
      line.config = argv[++i];
    } else {
      std::cerr << "viaduct-chat: unknown argument \"" << arg << "\"; see --help\n";
      return std::nullopt;
    }
  }
  if (line.config.empty()) {
    std::cerr << "viaduct-chat: --config FILE is required; see --help\n";
    return std::nullopt;
  }
  return line;
}

// The parts of a running chat.
struct Parts {
  std::unique_ptr<Chat> chat;
  std::unique_ptr<AdminServer> admin;
  MetricsPage page;
  std::unique_ptr<OpsServer> ops;
};

absl::Status Start(const OriginConfig& config, LogSink* sink, Parts* parts) {
  absl::StatusOr<std::unique_ptr<Chat>> chat = Chat::Start(config, sink);
  if (!chat.ok()) return chat.status();
  parts->chat = *std::move(chat);
  absl::StatusOr<std::unique_ptr<AdminServer>> admin =
      AdminServer::Start(config, &parts->chat->control(), &parts->chat->feed());
  if (!admin.ok()) return admin.status();
  parts->admin = *std::move(admin);
  AddChatMetrics(&parts->page, parts->chat.get(), sink);
  AddProcessMetrics(&parts->page);
  AddBuildInfo(&parts->page, "viaduct-chat", std::string(kVersion));
  OpsServer::Options options;
  options.address = config.ops_listen.ToString();
  options.metrics = [parts] { return parts->page.Render(); };
  options.healthy = [] { return absl::OkStatus(); };
  options.ready = [parts] { return parts->chat->draining() ? absl::UnavailableError("draining") : absl::OkStatus(); };
  absl::StatusOr<std::unique_ptr<OpsServer>> ops = OpsServer::Start(std::move(options));
  if (!ops.ok()) return ops.status();
  parts->ops = *std::move(ops);
  return absl::OkStatus();
}

void LogListening(const OriginConfig& config, const Parts& parts, const Logger& logger) {
  logger.Log(LogLevel::kInfo, std::chrono::system_clock::now(), "listening",
             {{"address", parts.chat->address().ToString()},
              {"opsAddress", config.ops_listen.WithPort(parts.ops->port()).ToString()},
              {"adminSocket", parts.admin->unix_address()},
              {"adminAddress", parts.admin->tcp_address()},
              {"version", kVersion}});
}

// Waits for the first signal to stop, then closes every connection and returns when none is left, the time is over or a
// second signal came.
void RunUntilStopped(Parts* parts, std::chrono::nanoseconds drain_timeout, const Logger& logger) {
  const auto log = [&logger](LogLevel level, std::string_view msg) {
    logger.Log(level, std::chrono::system_clock::now(), msg);
  };
  constexpr auto kForever = std::chrono::hours(1);
  for (std::optional<int> signal; !signal.has_value() || *signal == SIGHUP;) signal = WaitForSignal(kForever);
  log(LogLevel::kInfo, "draining");
  parts->chat->Drain();
  const Clock::time_point deadline = Clock::now() + drain_timeout;
  while (!parts->chat->empty()) {
    const std::optional<int> signal = WaitForSignal(std::chrono::milliseconds(10));
    const bool again = signal.has_value() && *signal != SIGHUP;
    if (!again && Clock::now() < deadline) continue;
    log(LogLevel::kWarn, again ? "second signal: cutting what is open" : "drain timeout: cutting what is open");
    break;
  }
  log(LogLevel::kInfo, "stopped");
  parts->chat->feed().End();
}

int Main(int argc, char** argv) {
  const std::optional<CommandLine> line = ParseCommandLine(argc, argv);
  if (!line.has_value()) return kExitUsage;
  origin::v1::OriginConfig proto;
  absl::StatusOr<ConfigFile> file = ConfigFile::Load(line->config, &proto);
  absl::StatusOr<OriginConfig> config = absl::UnknownError("");
  if (file.ok()) config = OriginConfig::Create(proto);
  const absl::Status status = file.ok() ? file->Locate(config.status()) : file.status();
  if (!status.ok()) {
    std::cerr << "viaduct-chat: " << status.message() << "\n";
    return kExitUsage;
  }
  if (line->check) {
    std::cout << ToYaml(WithDefaults(*config, proto));
    return 0;
  }
  BlockSignals();
  LogSink sink(STDOUT_FILENO);
  const Logger logger(&sink);
  const std::uint64_t wanted = static_cast<std::uint64_t>(config->max_connections) + kOwnDescriptors;
  if (const std::uint64_t limit = RaiseDescriptorLimit(); limit < wanted) {
    logger.Log(LogLevel::kWarn, std::chrono::system_clock::now(), "descriptor limit below max_connections",
               {{"limit", limit}, {"wanted", wanted}});
  }
  Parts parts;
  if (const absl::Status started = Start(*config, &sink, &parts); !started.ok()) {
    std::cerr << "viaduct-chat: " << started.message() << "\n";
    return kExitFailure;
  }
  LogListening(*config, parts, logger);
  RunUntilStopped(&parts, config->drain_timeout, logger);
  // From the outside in: nothing asks a part that is gone.
  parts.ops.reset();
  parts.admin.reset();
  parts.chat.reset();
  return 0;
}

}  // namespace
}  // namespace viaduct

int main(int argc, char** argv) { return viaduct::Main(argc, argv); }
