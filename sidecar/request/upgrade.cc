#include "sidecar/request/upgrade.h"

#include "text/ascii.h"
#include "websocket/handshake.h"

namespace viaduct::sidecar {
namespace {

bool ConnectionNamesUpgrade(std::span<const http::Field> fields) {
  for (const http::Field& field : fields) {
    if (field.known == http::FieldName::kConnection && http::ListHasToken(field.value, "upgrade")) return true;
  }
  return false;
}

}  // namespace

std::optional<UpgradeError> CheckUpgradeRequest(const http::RequestHead& head, std::string_view* key) {
  if (head.method != "GET") return UpgradeError::kMethod;
  if (head.minor_version != 1) return UpgradeError::kHttpVersion;
  const std::optional<std::string_view> upgrade = http::FindSingleField(head.fields, http::FieldName::kUpgrade);
  if (!upgrade.has_value() || !text::EqualsIgnoreCase(*upgrade, "websocket")) return UpgradeError::kNotWebSocket;
  if (!ConnectionNamesUpgrade(head.fields)) return UpgradeError::kConnection;
  if (head.body.kind != http::BodyLength::Kind::kNone) return UpgradeError::kBody;
  if (http::FindSingleField(head.fields, http::FieldName::kSecWebSocketVersion) != "13")
    return UpgradeError::kVersionUnsupported;
  const std::optional<std::string_view> found = http::FindSingleField(head.fields, http::FieldName::kSecWebSocketKey);
  if (!found.has_value() || !websocket::IsValidKey(*found)) return UpgradeError::kKey;
  *key = *found;
  return std::nullopt;
}

bool AnswersUpgrade(const http::ResponseHead& head, std::string_view accept) {
  if (head.status != 101 || head.minor_version != 1) return false;
  const std::optional<std::string_view> upgrade = http::FindSingleField(head.fields, http::FieldName::kUpgrade);
  if (!upgrade.has_value() || !text::EqualsIgnoreCase(*upgrade, "websocket")) return false;
  return ConnectionNamesUpgrade(head.fields) &&
         http::FindSingleField(head.fields, http::FieldName::kSecWebSocketAccept) == accept;
}

}  // namespace viaduct::sidecar
