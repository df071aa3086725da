#pragma once

#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>

namespace viaduct::text {

// Returns the parts behind each other. A part is a text, or an integer, which is written in decimal.
template <typename... Parts>
std::string Concat(const Parts&... parts) {
  std::string all;
  const auto append = [&all](const auto& part) {
    using Part = std::decay_t<decltype(part)>;
    if constexpr (std::integral<Part>) {
      static_assert(!std::same_as<Part, char> && !std::same_as<Part, bool>);
      all += std::to_string(part);
    } else {
      all += std::string_view(part);
    }
  };
  (append(parts), ...);
  return all;
}

}  // namespace viaduct::text
