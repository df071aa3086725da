#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace viaduct::filter {

// The host in a Host field, or in an origin behind its scheme: without port, without one trailing dot. nullopt if the
// text is not a host name, an IPv4 address or a bracketed IPv6 address, with or without a port (RFC 3986 section 3.2).
// Letter case stays.
std::optional<std::string_view> HostWithoutPort(std::string_view authority);

// The host names that a service answers to. Immutable; all methods may be called from any thread.
class HostList {
 public:
  // The list of no names, which allows every host that is one.
  HostList() = default;

  // Each entry is a host without port, or "*." and a host: any one label in front of it. The error of the entry at
  // index i begins with "[i]: ".
  static absl::StatusOr<HostList> Create(std::span<const std::string> entries);

  // `field` is the value of a Host field, read by HostWithoutPort; letter case does not matter.
  bool Allows(std::string_view field) const;

 private:
  std::vector<std::string> exact_;
  // What follows the label: ".example.com".
  std::vector<std::string> suffixes_;
};

}  // namespace viaduct::filter
