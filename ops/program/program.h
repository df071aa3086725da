#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ops/log/logger.h"
#include "ops/program/program_options.h"

namespace viaduct::ops {

// What our programs do alike, from their command line to their end. For the main thread.

struct Program {
  std::string_view name;
  std::string_view help;
  std::string_view default_ops_listen;
  // What this config file says of ops_listen, "" for nothing. An error tells what is wrong with the file.
  std::function<absl::StatusOr<std::string>(const std::string& config)> ops_listen;
  // kRun and kCheck; returns the exit status.
  std::function<int(const ProgramOptions& options)> run;
};

// Does what the command line asks for and returns the exit status.
int RunProgram(const Program& program, int argc, char** argv);

// Tells stderr why `program` ends, and returns `exit_status`.
int Complain(std::string_view program, absl::string_view complaint, int exit_status);

// Raises the descriptor limit as far as the system allows, and warns if that is below `wanted`, which `field` of the
// config asks for.
void RaiseDescriptorLimitTo(std::uint64_t wanted, std::string_view field, const Logger& logger);

// Returns at the first SIGTERM or SIGINT. Each SIGHUP until then calls `reload`. Signals are blocked (BlockSignals).
void AwaitStop(const std::function<void()>& reload);

// Returns true as soon as `drained` is; false after `timeout` or at a further SIGTERM or SIGINT, and logs which.
bool AwaitDrained(const std::function<bool()>& drained, std::chrono::nanoseconds timeout, const Logger& logger);

}  // namespace viaduct::ops
