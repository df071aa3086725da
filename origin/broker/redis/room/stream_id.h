#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace viaduct::origin {

// The id of an entry in a Redis stream, "1526919030474-55": the position of a message in its room. A value.
struct StreamId {
  std::uint64_t millis = 0;
  std::uint64_t sequence = 0;

  static std::optional<StreamId> Parse(std::string_view text);
  // The form that Parse reads.
  std::string ToString() const;

  auto operator<=>(const StreamId&) const = default;
};

}  // namespace viaduct::origin
