#include "ops/config/listeners.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "text/field_error.h"
#include "text/string_view.h"

namespace viaduct::ops {

absl::Status CheckListenersApart(std::span<const ListenerField> listeners) {
  for (auto later = listeners.begin(); later != listeners.end(); ++later) {
    for (auto earlier = listeners.begin(); earlier != later; ++earlier) {
      if (!later->address.Overlaps(earlier->address)) continue;
      const std::string rule = absl::StrCat(text::ToAbsl(earlier->path), " is \"", earlier->address.ToString(),
                                            "\", and each needs an address of its own");
      return text::AtField(later->path, text::InvalidValue(later->address.ToString(), rule));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckNotOwn(const PeerField& peer, std::span<const ListenerField> listeners) {
  for (const ListenerField& listener : listeners) {
    if (!peer.address.LeadsTo(listener.address)) continue;
    const std::string rule = absl::StrCat("leads back to this program, whose ", text::ToAbsl(listener.path), " is \"",
                                          listener.address.ToString(), "\"");
    return text::AtField(peer.path, text::InvalidValue(peer.address.ToString(), rule));
  }
  return absl::OkStatus();
}

}  // namespace viaduct::ops
