#pragma once

#include <cstddef>
#include <string_view>

namespace viaduct::text {

// Letter case of ASCII, which is what HTTP, WebSocket and DNS fold; other bytes stay as they are. No locale.

constexpr char ToLower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

// EqualsIgnoreCase for texts of the same size.
bool SameIgnoringCase(const char* a, const char* b, std::size_t size);

// Returns true if the texts differ in the case of ASCII letters at most.
inline bool EqualsIgnoreCase(std::string_view a, std::string_view b) {
  return a.size() == b.size() && SameIgnoringCase(a.data(), b.data(), a.size());
}

}  // namespace viaduct::text
