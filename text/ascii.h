#pragma once

#include <string_view>

namespace viaduct::text {

// Letter case of ASCII, which is what HTTP, WebSocket and DNS fold; other bytes stay as they are. No locale.

constexpr char ToLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

// Returns true if the texts differ in the case of ASCII letters at most.
bool EqualsIgnoreCase(std::string_view a, std::string_view b);

}  // namespace viaduct::text
