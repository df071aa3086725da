#pragma once

#include <optional>
#include <string>

#include "absl/status/status.h"

namespace viaduct::ctl {

// What scripts can rely on; 'viaductctl help' lists them.
enum class ExitCode {
  kOk = 0,
  kRefused = 1,
  kUsage = 2,
  kUnreachable = 3,
  kUnauthorized = 4,
  kDenied = 5,  // explain
};

// Why a command failed: its exit code and the line that follows "viaductctl: ". A value.
struct Failure {
  ExitCode exit_code;
  std::string message;
};

// How a command ended; nullopt is success.
using Outcome = std::optional<Failure>;

// The failure for a mistake of the user's, such as an unreadable file.
inline Failure UsageFailure(const absl::Status& mistake) { return {ExitCode::kUsage, std::string(mistake.message())}; }

}  // namespace viaduct::ctl
