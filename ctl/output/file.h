#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace viaduct::ctl {

// The whole content of the file at `path`, or of standard input for "-". An error names the file and the rule:
// unreadable, or more than `max_bytes`, in which case no more than that was read.
absl::StatusOr<std::string> ReadInput(const std::string& path, std::size_t max_bytes);

}  // namespace viaduct::ctl
