#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "text/number.h"

namespace viaduct::origin {

// Returns the number in "last-N", the `since` of a client that was not here before and asks for the N messages that
// were said last; nullopt for a position. No position has this form.
inline std::optional<std::size_t> NewestAsked(std::string_view since) {
  constexpr std::string_view kForm = "last-";
  constexpr std::size_t kMaxDigits = 6;
  std::size_t count = 0;
  if (since.substr(0, kForm.size()) != kForm || since.size() > kForm.size() + kMaxDigits) return std::nullopt;
  if (!text::ReadNumber(since.substr(kForm.size()), &count)) return std::nullopt;
  return count;
}

}  // namespace viaduct::origin
