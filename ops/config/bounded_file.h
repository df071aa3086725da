#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace viaduct::ops {

// The content of a regular file of at most `max_bytes`: nothing else is opened for reading, since it might never end.
//
// Errors quote the path and say the rule, `"/etc/ranges.json": is larger than 52 MiB`, and nothing of the content. The
// code is NotFound if there is no such file. Thread-safe.
absl::StatusOr<std::string> ReadBoundedFile(const std::string& path, std::size_t max_bytes);

// The same for a file of keys, certificates, tokens or passwords: at most 1 MiB, and an empty one is an error, so that
// what is just being written is not taken for "none".
absl::StatusOr<std::string> ReadCredentialFile(const std::string& path);

}  // namespace viaduct::ops
