#pragma once

#include <optional>
#include <string>

namespace viaduct::ctl {

// What scripts can rely on; listed by 'viaductctl help'.
enum class ExitCode {
  kOk = 0,
  kRefused = 1,
  kUsage = 2,
  kUnreachable = 3,
  kUnauthorized = 4,
  kDenied = 5,  // explain
};

// Why a command failed: its exit code and the line that it prints after "viaductctl: ". A value.
struct Failure {
  ExitCode exit_code;
  std::string message;
};

// How a command ended: nullopt is success.
using Outcome = std::optional<Failure>;

}  // namespace viaduct::ctl
