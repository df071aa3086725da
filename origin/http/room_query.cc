#include "origin/http/room_query.h"

#include <algorithm>

namespace viaduct::origin {
namespace {

bool IsAlphanumeric(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

// -1 if `c` is none.
int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// What is no escape stays as it is: '%' is in no name and no position, so it is refused there.
std::string Decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? HexDigit(text[i + 1]) : -1;
    const int low = high >= 0 ? HexDigit(text[i + 2]) : -1;
    decoded += low >= 0 ? static_cast<char>(high << 4 | low) : text[i];
    if (low >= 0) i += 2;
  }
  return decoded;
}

}  // namespace

bool IsRoomName(std::string_view name) {
  return name.size() <= kMaxRoomNameBytes && std::all_of(name.begin(), name.end(), [](char c) {
           return IsAlphanumeric(c) || c == '.' || c == '_' || c == '~' || c == '-';
         });
}

bool IsPosition(std::string_view text) {
  return text.size() <= kMaxPositionBytes && IsRoomName(text) && text.find('~') == std::string_view::npos;
}

std::optional<UpgradeRefusal> ReadRoomQuery(std::string_view target, RoomQuery* out) {
  const std::size_t question = target.find('?');
  std::string_view rest = question == std::string_view::npos ? "" : target.substr(question + 1);
  bool room_given = false;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view parameter = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    const std::string name = Decoded(parameter.substr(0, equals));
    if (name != "room" && name != "since") continue;
    std::string value = Decoded(parameter.substr(std::min(equals + 1, parameter.size())));
    if (name == "room") {
      if (room_given || !IsRoomName(value)) return UpgradeRefusal::kBadRoom;
      room_given = true;
      out->room = std::move(value);
    } else {
      if (out->since || !IsPosition(value)) return UpgradeRefusal::kBadSince;
      out->since = std::move(value);
    }
  }
  return std::nullopt;
}

}  // namespace viaduct::origin
