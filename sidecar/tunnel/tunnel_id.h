#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace viaduct::sidecar {

// Identifies a tunnel. No two tunnels of one process have the same id, and an id of an earlier process is not taken for
// one of this process. The text is made only when somebody asks for it. A value.
struct TunnelId {
  std::uint32_t process = 0;  // a random number
  std::uint32_t worker = 0;
  std::uint64_t number = 0;  // counts the worker's tunnels from 1

  // Returns "3f09a1c2-0-17": the process in eight hexadecimal digits, worker and number in decimal.
  std::string Text() const;
  // Returns the id with exactly this text; nullopt if there is none.
  static std::optional<TunnelId> Parse(std::string_view text);

  bool operator==(const TunnelId&) const = default;
};

}  // namespace viaduct::sidecar
