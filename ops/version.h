#pragma once

#include <string_view>

namespace viaduct {

// The version of all programs; CHANGELOG.md says what is in it.
inline constexpr std::string_view kVersion = "0.1.0";

}  // namespace viaduct
