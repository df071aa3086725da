#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace viaduct::sidecar {

// Which tunnel: no two of one process have the same, and one of an earlier process is not taken for one of this. Costs
// a tunnel nothing: the text is made when somebody asks. A value.
struct TunnelId {
  std::uint32_t process = 0;  // a random number
  std::uint32_t worker = 0;
  std::uint64_t number = 0;  // of the worker's tunnels, from 1

  // "3f09a1c2-0-17": the process in eight hexadecimal digits, worker and number in decimal ones.
  std::string Text() const;
  // The id with exactly this text; nullopt if there is none.
  static std::optional<TunnelId> Parse(std::string_view text);

  bool operator==(const TunnelId&) const = default;
};

}  // namespace viaduct::sidecar
