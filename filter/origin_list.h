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
  // An empty list, which allows every origin.
  OriginList() = default;

  // Each entry is an origin as browsers serialize it (RFC 6454 section 6.2: "https://chat.example.com", lower case, no
  // default port, nothing after the host), "null", or "same-host". The error of the entry at index i begins with "[i]:
  // ".
  static absl::StatusOr<OriginList> Create(std::span<const std::string> entries);

  // Returns true if the list allows `origin`, the value of the Origin field, which must equal a listed origin byte for
  // byte. `host` is the value of the same request's Host, empty unless there is exactly one. "same-host" allows any
  // http or https origin of that host, on any port and in any letter case.
  bool Allows(std::string_view origin, std::string_view host) const;

 private:
  std::vector<std::string> exact_;
  bool same_host_ = false;
};

}  // namespace viaduct::filter
