#pragma once

#include <string_view>

#include "absl/strings/string_view.h"

namespace viaduct::text {

// Debian builds abseil with a string_view of its own, which converts neither from nor to std's. The result views the
// same bytes.
inline absl::string_view ToAbsl(std::string_view text) { return {text.data(), text.size()}; }
inline std::string_view ToStd(absl::string_view text) { return {text.data(), text.size()}; }

}  // namespace viaduct::text
