#include "origin/http/room_query.h"

#include <algorithm>

#include "origin/message/person.h"
#include "text/percent_encoding.h"

namespace viaduct::origin {
namespace {

bool IsAlphanumeric(char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); }

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
  std::optional<std::string> person;
  bool person_repeated = false;
  while (!rest.empty()) {
    const std::size_t end = std::min(rest.find('&'), rest.size());
    const std::string_view parameter = rest.substr(0, end);
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const std::size_t equals = std::min(parameter.find('='), parameter.size());
    const std::string name = text::PercentDecoded(parameter.substr(0, equals));
    if (name != "room" && name != "since" && name != "name") continue;
    // An invalid escape keeps its "%", which no name and no position may contain, so it is refused there.
    std::string value = text::PercentDecoded(parameter.substr(std::min(equals + 1, parameter.size())));
    if (name == "room") {
      if (room_given || !IsRoomName(value)) return UpgradeRefusal::kBadRoom;
      room_given = true;
      out->room = std::move(value);
    } else if (name == "name") {
      person_repeated = person_repeated || person.has_value();
      person = std::move(value);
    } else {
      if (out->since || !IsPosition(value)) return UpgradeRefusal::kBadSince;
      out->since = std::move(value);
    }
  }
  // In the plain protocol it is one of the parameters that are ignored.
  if (!out->since || !person) return std::nullopt;
  if (person_repeated || (!person->empty() && !IsPersonName(*person))) return UpgradeRefusal::kBadName;
  out->name = *std::move(person);
  return std::nullopt;
}

}  // namespace viaduct::origin
