#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "origin/worker/address_range.h"

namespace viaduct::origin {

// Selects connections: those for which every condition that is set holds. A value.
struct ConnectionFilter {
  // The properties of one connection that conditions test.
  struct Facts {
    std::string_view room;
    std::string_view viewer_address;
    std::string_view peer_address;
    std::chrono::nanoseconds open_for;
    std::chrono::nanoseconds idle_for;
  };

  std::optional<std::string> room = std::nullopt;
  std::optional<AddressRange> viewer_range = std::nullopt;
  std::optional<AddressRange> peer_range = std::nullopt;
  // At least.
  std::chrono::nanoseconds open_for{0};
  std::chrono::nanoseconds idle_for{0};

  bool Matches(const Facts& facts) const {
    return open_for <= facts.open_for && idle_for <= facts.idle_for && (!room || *room == facts.room) &&
           (!viewer_range || viewer_range->Contains(facts.viewer_address)) &&
           (!peer_range || peer_range->Contains(facts.peer_address));
  }
};

}  // namespace viaduct::origin
