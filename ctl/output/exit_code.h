#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"

namespace viaduct::ctl {

// The exit codes, which scripts can rely on; 'viaductctl help' lists them.
enum class ExitCode {
  kOk = 0,
  kRefused = 1,
  kUsage = 2,
  kUnreachable = 3,
  kUnauthorized = 4,
  kDenied = 5,  // explain
};

// The failure of a command: its exit code and the line that follows "viaductctl: ". A value.
struct Failure {
  ExitCode exit_code;
  std::string message;
};

// The result of a command; nullopt is success.
using Outcome = std::optional<Failure>;

// Returns the failure for a user's mistake, such as an unreadable file.
inline Failure UsageFailure(const absl::Status& mistake) { return {ExitCode::kUsage, std::string(mistake.message())}; }

}  // namespace viaduct::ctl
