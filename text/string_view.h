#pragma once

#include <string_view>

#include "absl/strings/string_view.h"

namespace viaduct::text {

// Convert between std's string_view and that of Debian's abseil, which has its own type. The result views the same
// bytes.
inline absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view ToStd(absl::string_view text) { return {text.data(), text.size()}; }

}  // namespace viaduct::text
