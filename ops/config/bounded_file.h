#pragma once

#include <cstddef>
#include <string>

#include "absl/status/statusor.h"

namespace viaduct::ops {

// Reads a regular file of at most `max_bytes`. Refuses any other kind of file, since it might never end.
//
// Errors quote the path and the rule, `"/etc/ranges.json": is larger than 52 MiB`, and never the content. The code is
// NotFound if there is no such file. Thread-safe.
absl::StatusOr<std::string> ReadBoundedFile(const std::string& path, std::size_t max_bytes);

// The same for a file of secrets. If there is no file of that name, the error does not quote it: it may be the secret
// itself in a wrong place.
absl::StatusOr<std::string> ReadSecretFile(const std::string& path, std::size_t max_bytes);

// The same as ReadBoundedFile for a file of certificates: at most 1 MiB, and an empty one is an error, so that a file
// that is just being written is not taken for "none".
absl::StatusOr<std::string> ReadCredentialFile(const std::string& path);
// The same as ReadCredentialFile for a key or a password, with the errors of ReadSecretFile.
absl::StatusOr<std::string> ReadSecretCredentialFile(const std::string& path);

}  // namespace viaduct::ops
