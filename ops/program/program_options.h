#pragma once

#include <chrono>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace viaduct::ops {

inline constexpr int kExitFailure = 1;  // cannot start; or not healthy
inline constexpr int kExitUsage = 64;   // the command line or the config is wrong (EX_USAGE)

// What a program's command line asks for; the same for all programs that have a config file. A value.
struct ProgramOptions {
  enum class Command {
    kRun,          // NAME --config FILE
    kCheck,        // NAME --config FILE --check
    kHealthcheck,  // NAME healthcheck [--config FILE | --ops ADDRESS] [--ready] [--timeout 2s]
    kHelp,         // NAME --help
    kVersion,      // NAME --version
  };

  Command command = Command::kRun;
  std::string config = {};  // Not empty with kRun and kCheck.
  // Of kHealthcheck.
  std::string ops = {};  // "" if not given; never together with `config`.
  bool ready = false;    // Ask /readyz, not /healthz.
  std::chrono::nanoseconds timeout = std::chrono::seconds(2);
};

// Reads the arguments behind the program's name. Values stand behind their option, "--config FILE", or in it,
// "--config=FILE". An error names the argument at fault.
absl::StatusOr<ProgramOptions> ParseProgramOptions(std::span<const char* const> arguments);

}  // namespace viaduct::ops
