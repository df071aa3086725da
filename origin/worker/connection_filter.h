#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "ip/address_ranges.h"
#include "ip/ip_address.h"

namespace viaduct::origin {

// Selects the connections for which every condition that is set holds. A value.
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
  std::optional<ip::AddressPrefix> viewer_range = std::nullopt;
  std::optional<ip::AddressPrefix> peer_range = std::nullopt;
  // The minimum durations.
  std::chrono::nanoseconds open_for{0};
  std::chrono::nanoseconds idle_for{0};

  bool Matches(const Facts& facts) const {
    return open_for <= facts.open_for && idle_for <= facts.idle_for && (!room || *room == facts.room) &&
           IsIn(viewer_range, facts.viewer_address) && IsIn(peer_range, facts.peer_address);
  }

 private:
  // Returns true if there is no range. Text that is not an address, as of a Unix socket, is in no range.
  static bool IsIn(const std::optional<ip::AddressPrefix>& range, std::string_view text) {
    if (!range) return true;
    const std::optional<ip::IpAddress> address = ip::ParseAddressMaybePort(text);
    return address.has_value() && range->Contains(*address);
  }
};

}  // namespace viaduct::origin
