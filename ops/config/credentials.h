#pragma once

#include <cstdint>

namespace viaduct::ops {

// Whether secrets are read when settings are made: the files and environment variables of passwords, tokens, keys and
// the certificates that belong to them. Settings made without are only good for checking (--check --no-secrets).
enum class Credentials : std::uint8_t { kRead, kLeft };

}  // namespace viaduct::ops
