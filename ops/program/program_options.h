#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "ops/config/credentials.h"

namespace viaduct::ops {

inline constexpr int kExitFailure = 1;  // cannot start, or not healthy
inline constexpr int kExitUsage = 64;   // the command line or the config is wrong (EX_USAGE)

// The content of a program's command line, which is the same for all programs with a config file. A value.
struct ProgramOptions {
  enum class Command {
    kRun,          // NAME --config FILE
    kCheck,        // NAME --config FILE --check [--no-secrets]
    kHealthcheck,  // NAME healthcheck [--config FILE | --ops ADDRESS] [--ready] [--timeout 2s]
    kHelp,         // NAME --help
    kVersion,      // NAME --version
  };

  Command command = Command::kRun;
  std::string config = {};                       // Not empty with kRun and kCheck.
  Credentials credentials = Credentials::kRead;  // What kCheck reads.
  // For kHealthcheck.
  std::string ops = {};  // "" if not given; never together with `config`.
  bool ready = false;    // Ask /readyz instead of /healthz.
  std::chrono::nanoseconds timeout = std::chrono::seconds(2);
};

// Reads the arguments after the program's name. A value follows its option, "--config FILE", or is part of it,
// "--config=FILE". An error names the argument at fault.
absl::StatusOr<ProgramOptions> ParseProgramOptions(std::span<const char* const> arguments);

}  // namespace viaduct::ops
