#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "text/result.h"

namespace viaduct::filter {

// The web origins whose pages may open a WebSocket here. Immutable; all methods may be called from any thread.
class OriginList {
 public:
  // An empty list, which allows every origin.
  OriginList() = default;

  // Each entry is an origin as WebOrigin reads it, "null", or "same-host". The error of the entry at index i begins
  // with
  // "[i]: ".
  static text::Result<OriginList> Create(std::span<const std::string> entries);

  // Returns true if the list allows `origin`, the value of the Origin field: it has the scheme, host and port of a
  // listed origin, in any letter case and with the scheme's default port written or not. `host` is the value of the
  // same request's Host, empty unless there is exactly one. "same-host" allows any http or https origin of that host,
  // on any port. Pages without an origin ("null") are allowed only by that name.
  bool Allows(std::string_view origin, std::string_view host) const;

 private:
  // An origin that owns its text.
  struct Entry {
    std::string scheme;
    std::string host;
    std::optional<std::uint16_t> port;
  };

  std::vector<Entry> entries_;
  bool null_ = false;
  bool same_host_ = false;
};

}  // namespace viaduct::filter
