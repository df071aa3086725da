#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/result.h"

namespace viaduct::filter {

// The host names of a service. Immutable; all methods may be called from any thread.
class HostList {
 public:
  // An empty list, which allows every valid host, and requests that name none.
  HostList() = default;

  // Each entry is a host without a port, or "*." followed by a host, which stands for any single label in front of it.
  // The error of the entry at index i begins with "[i]: ".
  static text::Result<HostList> Create(std::span<const std::string> entries);

  // Returns true if the list allows `field`, the value of a Host field, in any letter case; "" stands for a request
  // that names no host. HostWithoutPort reads it.
  bool Allows(std::string_view field) const;

 private:
  std::vector<std::string> exact_;
  // The part that follows the label: ".example.com".
  std::vector<std::string> suffixes_;
};

}  // namespace viaduct::filter
