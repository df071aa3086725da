#pragma once

#include <cstddef>
#include <vector>

#include "ip/address_ranges.h"
#include "net/event_loop.h"

namespace viaduct::sidecar {

// The prefixes that were recently removed from a list of ranges. AWS sometimes publishes a list without prefixes that
// the next list has again, so each stays valid for its own grace time, however often the list changes.
//
// Not thread-safe. A value. `now` must not go backwards.
class RemovedPrefixes {
 public:
  // Beyond this number, the prefixes that were removed first are forgotten.
  static constexpr std::size_t kMaxSize = 100'000;

  // Notes that the list `after` replaces `before`. Prefixes in `after` no longer count as removed.
  void Replace(const std::vector<ip::AddressPrefix>& before, const std::vector<ip::AddressPrefix>& after,
               net::Clock::time_point now);
  // Forgets prefixes that were removed `grace` ago or earlier.
  void Expire(net::Clock::time_point now, net::Clock::duration grace);
  // Returns true if Expire would forget any prefix.
  bool HasExpired(net::Clock::time_point now, net::Clock::duration grace) const;

  // Returns the prefixes, sorted and without duplicates.
  std::vector<ip::AddressPrefix> prefixes() const;
  std::size_t size() const { return removed_.size(); }

 private:
  struct Removed {
    ip::AddressPrefix prefix;
    net::Clock::time_point at;
  };

  std::vector<Removed> removed_;  // by prefix
};

}  // namespace viaduct::sidecar
