#include "origin/http/upgrade_request.h"

#include "http/field.h"
#include "websocket/handshake.h"

namespace viaduct::origin {
namespace {

bool ConnectionNamesUpgrade(const http::RequestHead& head) {
  for (const http::Field& field : head.fields) {
    if (field.known == http::FieldName::kConnection && http::ListHasToken(field.value, "upgrade")) return true;
  }
  return false;
}

}  // namespace

std::string_view UpgradeRefusalName(UpgradeRefusal refusal) {
  switch (refusal) {
    case UpgradeRefusal::kNotGet:
      return "not_get";
    case UpgradeRefusal::kHasBody:
      return "has_body";
    case UpgradeRefusal::kNotAskedFor:
      return "not_asked_for";
    case UpgradeRefusal::kConnectionMismatch:
      return "connection_mismatch";
    case UpgradeRefusal::kWrongVersion:
      return "wrong_version";
    case UpgradeRefusal::kBadKey:
      return "bad_key";
    case UpgradeRefusal::kBadRoom:
      return "bad_room";
    case UpgradeRefusal::kBadSince:
      return "bad_since";
    case UpgradeRefusal::kDraining:
      return "draining";
    case UpgradeRefusal::kFull:
      return "full";
    case UpgradeRefusal::kTooManyRooms:
      return "too_many_rooms";
    case UpgradeRefusal::kRoomFull:
      return "room_full";
  }
  return "";
}

std::optional<UpgradeRefusal> CheckUpgrade(const http::RequestHead& head, std::string_view* key) {
  if (head.method != "GET") return UpgradeRefusal::kNotGet;
  if (head.body.kind != http::BodyLength::Kind::kNone) return UpgradeRefusal::kHasBody;
  const auto upgrade = http::FindSingleField(head.fields, http::FieldName::kUpgrade);
  if (head.minor_version != 1 || !upgrade || !http::EqualsIgnoreCase(*upgrade, "websocket")) {
    return UpgradeRefusal::kNotAskedFor;
  }
  if (!ConnectionNamesUpgrade(head)) return UpgradeRefusal::kConnectionMismatch;
  if (http::FindSingleField(head.fields, http::FieldName::kSecWebSocketVersion) != "13")
    return UpgradeRefusal::kWrongVersion;
  const auto sent_key = http::FindSingleField(head.fields, http::FieldName::kSecWebSocketKey);
  if (!sent_key || !websocket::IsValidKey(*sent_key)) return UpgradeRefusal::kBadKey;
  *key = *sent_key;
  return std::nullopt;
}

}  // namespace viaduct::origin
