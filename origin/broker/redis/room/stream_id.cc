#include "origin/broker/redis/room/stream_id.h"

#include <charconv>

#include "absl/strings/str_cat.h"

namespace viaduct::origin {
namespace {

bool ReadNumber(std::string_view text, std::uint64_t* number) {
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, *number);
  return error == std::errc() && stop == end;
}

}  // namespace

std::optional<StreamId> StreamId::Parse(std::string_view text) {
  const std::size_t dash = text.find('-');
  StreamId id;
  if (dash == std::string_view::npos || !ReadNumber(text.substr(0, dash), &id.millis) ||
      !ReadNumber(text.substr(dash + 1), &id.sequence)) {
    return std::nullopt;
  }
  return id;
}

std::string StreamId::ToString() const { return absl::StrCat(millis, "-", sequence); }

}  // namespace viaduct::origin
