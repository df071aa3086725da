#pragma once

#include <string_view>

namespace viaduct::ops {

// The version of all programs, from bazel/version.bzl; CHANGELOG.md says what it contains.
inline constexpr std::string_view kVersion = VIADUCT_VERSION;

}  // namespace viaduct::ops
