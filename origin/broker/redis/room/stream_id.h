#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace viaduct::origin {

// The id of an entry of a Redis stream, "1526919030474-55": where a message stands in its room. A value.
struct StreamId {
  std::uint64_t millis = 0;
  std::uint64_t sequence = 0;

  static std::optional<StreamId> Parse(std::string_view text);
  // As Parse reads it.
  std::string ToString() const;

  auto operator<=>(const StreamId&) const = default;
};

}  // namespace viaduct::origin
