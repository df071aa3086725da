#include "origin/broker/redis/room/stream_id.h"

#include "absl/strings/str_cat.h"
#include "text/number.h"

namespace viaduct::origin {
std::optional<StreamId> StreamId::Parse(std::string_view text) {
  const std::size_t dash = text.find('-');
  StreamId id;
  if (dash == std::string_view::npos || !text::ReadNumber(text.substr(0, dash), &id.millis) ||
      !text::ReadNumber(text.substr(dash + 1), &id.sequence)) {
    return std::nullopt;
  }
  return id;
}

std::string StreamId::ToString() const { return absl::StrCat(millis, "-", sequence); }

}  // namespace viaduct::origin
