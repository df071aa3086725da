#pragma once

#include <cstddef>
#include <vector>

#include "ip/address_ranges.h"
#include "net/event_loop.h"

namespace viaduct::sidecar {

// The prefixes that went off a list of ranges a short time ago. AWS at times publishes a list that lacks what its next
// one has again, so what went is still good for a grace time of its own, however often the list changes meanwhile.
//
// Not thread-safe. A value. `now` must not go backwards.
class RemovedPrefixes {
 public:
  // Beyond this number, the prefixes that were removed first are forgotten.
  static constexpr std::size_t kMaxSize = 100'000;

  // `after` takes the place of `before`. What is in `after` is not removed any more.
  void Replace(const std::vector<ip::AddressPrefix>& before, const std::vector<ip::AddressPrefix>& after,
               net::Clock::time_point now);
  // Forgets what went `grace` ago or earlier.
  void Expire(net::Clock::time_point now, net::Clock::duration grace);
  // Returns true if Expire would forget any prefix.
  bool HasExpired(net::Clock::time_point now, net::Clock::duration grace) const;

  // In order, each once.
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
