#include "ops/program/program.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstddef>
#include <iostream>
#include <optional>

#include "net/stop_signal.h"
#include "ops/log/log_line.h"
#include "ops/program/healthcheck.h"
#include "ops/program/version.h"

namespace viaduct::ops {
namespace {

// Takes the numbers of standard descriptors that are closed; otherwise a socket would get them, and our log with them.
// What they hold can be neither read nor written, so lines count as lost.
void HoldStandardDescriptors() {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; ++fd) {
    // The lowest free number is the one that is closed.
    if (fcntl(fd, F_GETFD) < 0 && errno == EBADF) open("/dev/null", O_PATH);
  }
}

int RunHealthcheck(const Program& program, const ProgramOptions& options) {
  std::string address = options.ops;
  if (!options.config.empty()) {
    absl::StatusOr<std::string> configured = program.ops_listen(options.config);
    if (!configured.ok()) return Complain(program.name, configured.status().message(), kExitUsage);
    address = *std::move(configured);
  }
  return Healthcheck(program.name, address.empty() ? program.default_ops_listen : address, options);
}

}  // namespace

int RunProgram(const Program& program, int argc, char** argv) {
  HoldStandardDescriptors();
  const absl::StatusOr<ProgramOptions> options =
      ParseProgramOptions({argv + 1, static_cast<std::size_t>(argc > 0 ? argc - 1 : 0)});
  if (!options.ok()) return Complain(program.name, options.status().message(), kExitUsage);
  switch (options->command) {
    case ProgramOptions::Command::kHelp:
      std::cout << program.help;
      return 0;
    case ProgramOptions::Command::kVersion:
      std::cout << program.name << " " << kVersion << "\n";
      return 0;
    case ProgramOptions::Command::kHealthcheck:
      return RunHealthcheck(program, *options);
    case ProgramOptions::Command::kRun:
    case ProgramOptions::Command::kCheck:
      return program.run(*options);
  }
}

int Complain(std::string_view program, absl::string_view complaint, int exit_status) {
  std::cerr << program << ": " << complaint << "\n";
  return exit_status;
}

void AwaitStop(const std::function<void()>& reload) {
  for (;;) {
    const std::optional<int> signal = net::WaitForSignal(std::chrono::hours(1));
    if (signal == SIGHUP) reload();
    if (signal.has_value() && *signal != SIGHUP) return;
  }
}

bool AwaitDrained(const std::function<bool()>& drained, std::chrono::nanoseconds timeout, const Logger& logger) {
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  while (!drained()) {
    const std::optional<int> signal = net::WaitForSignal(std::chrono::milliseconds(10));
    const bool again = signal.has_value() && *signal != SIGHUP;
    if (!again && std::chrono::steady_clock::now() < deadline) continue;
    logger.Log(LogLevel::kWarn, std::chrono::system_clock::now(),
               again ? "second signal: cutting what is open" : "drain timeout: cutting what is open");
    return false;
  }
  return true;
}

}  // namespace viaduct::ops
