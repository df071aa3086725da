#include "sidecar/config/ranges/removed_prefixes.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace viaduct::sidecar {
namespace {

std::vector<ip::AddressPrefix> InOrder(std::vector<ip::AddressPrefix> prefixes) {
  std::ranges::sort(prefixes);
  const auto rest = std::ranges::unique(prefixes);
  prefixes.erase(rest.begin(), rest.end());
  return prefixes;
}

}  // namespace

void RemovedPrefixes::Replace(const std::vector<ip::AddressPrefix>& before, const std::vector<ip::AddressPrefix>& after,
                              net::Clock::time_point now) {
  const std::vector<ip::AddressPrefix> present = InOrder(after);
  std::erase_if(removed_, [&](const Removed& old) { return std::ranges::binary_search(present, old.prefix); });
  std::vector<Removed> merged;
  for (const ip::AddressPrefix& prefix : InOrder(before)) {
    if (!std::ranges::binary_search(present, prefix)) merged.push_back({prefix, now});
  }
  // None of these was in `removed_` before, because each was on the list.
  merged.insert(merged.end(), removed_.begin(), removed_.end());
  if (merged.size() > kMaxSize) {
    std::ranges::sort(merged, std::ranges::greater(), &Removed::at);
    merged.erase(merged.begin() + kMaxSize, merged.end());
  }
  std::ranges::sort(merged, {}, &Removed::prefix);
  removed_ = std::move(merged);
}

void RemovedPrefixes::Expire(net::Clock::time_point now, net::Clock::duration grace) {
  std::erase_if(removed_, [&](const Removed& old) { return now - old.at >= grace; });
}

bool RemovedPrefixes::HasExpired(net::Clock::time_point now, net::Clock::duration grace) const {
  return std::ranges::any_of(removed_, [&](const Removed& old) { return now - old.at >= grace; });
}

std::vector<ip::AddressPrefix> RemovedPrefixes::prefixes() const {
  std::vector<ip::AddressPrefix> prefixes;
  prefixes.reserve(removed_.size());
  for (const Removed& old : removed_) prefixes.push_back(old.prefix);
  return prefixes;
}

}  // namespace viaduct::sidecar
