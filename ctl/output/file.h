#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace viaduct::ctl {

// Reads the whole file at `path`, or standard input for "-". An error names the file and the reason: it is unreadable,
// or larger than `max_bytes`; reading stops there.
absl::StatusOr<std::string> ReadInput(const std::string& path, std::size_t max_bytes);

}  // namespace viaduct::ctl
