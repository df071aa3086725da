#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ops/log/logger.h"
#include "ops/program/program_options.h"

namespace viaduct::ops {

// Functions that our programs share, from their command line to their end. For the main thread.

struct Program {
  std::string_view name;
  std::string_view help;
  std::string_view default_ops_listen;
  // Returns ops_listen of this config file, "" if it is not set. An error says what is wrong with the file.
  std::function<absl::StatusOr<std::string>(const std::string& config)> ops_listen;
  // Handles kRun and kCheck; returns the exit status.
  std::function<int(const ProgramOptions& options)> run;
};

// Does what the command line asks for and returns the exit status.
int RunProgram(const Program& program, int argc, char** argv);

// Writes to stderr why `program` ends, and returns `exit_status`.
int Complain(std::string_view program, absl::string_view complaint, int exit_status);

// Returns at the first SIGTERM or SIGINT. Calls `reload` for each SIGHUP until then. Signals must be blocked
// (BlockSignals).
void AwaitStop(const std::function<void()>& reload);

// Returns true as soon as `drained` returns true. Returns false after `timeout` or at another SIGTERM or SIGINT, and
// logs which.
bool AwaitDrained(const std::function<bool()>& drained, std::chrono::nanoseconds timeout, const Logger& logger);

}  // namespace viaduct::ops
