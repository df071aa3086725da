#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace viaduct::filter {

// The web origins whose pages may open a WebSocket here. Immutable; all methods may be called from any thread.
class OriginList {
 public:
  // The list of no origins, which allows every one.
  OriginList() = default;

  // Each entry is an origin as browsers serialize it (RFC 6454 section 6.2: "https://chat.example.com", lower case, no
  // default port, nothing behind), "null", or "same-host". The error of the entry at index i begins with "[i]: ".
  static absl::StatusOr<OriginList> Create(std::span<const std::string> entries);

  // `origin` is the value of the Origin field; a listed origin must equal it byte for byte. `host` is
  // that of the same request's Host, empty if it has not exactly one: with "same-host" any http or https origin of that
  // host is allowed, on any port and whatever the letter case.
  bool Allows(std::string_view origin, std::string_view host) const;

 private:
  std::vector<std::string> exact_;
  bool same_host_ = false;
};

}  // namespace viaduct::filter
