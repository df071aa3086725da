#pragma once

#include <string_view>

namespace viaduct::ops {

// The version of all programs, from bazel/version.bzl; CHANGELOG.md says what is in it.
inline constexpr std::string_view kVersion = VIADUCT_VERSION;

}  // namespace viaduct::ops
