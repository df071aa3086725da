#include "sidecar/request/upgrade.h"

#include "text/ascii.h"
#include "websocket/handshake.h"

namespace viaduct::sidecar {
namespace {

// Returns true if there is one Upgrade field, of the one token `websocket`.
bool IsWebSocketAlone(const http::Fields& fields) {
  const std::optional<std::string_view> upgrade = fields.Single(http::FieldName::kUpgrade);
  return upgrade.has_value() && text::EqualsIgnoreCase(*upgrade, "websocket");
}

}  // namespace

std::optional<UpgradeError> CheckUpgradeRequest(const http::RequestHead& head, std::string_view* key) {
  if (head.method != "GET") return UpgradeError::kMethod;
  if (!IsWebSocketAlone(head.fields)) return UpgradeError::kNotWebSocket;
  if (!head.connection.upgrade) return UpgradeError::kConnection;
  if (head.body.kind != http::BodyLength::Kind::kNone) return UpgradeError::kBody;
  if (head.fields.Single(http::FieldName::kSecWebSocketVersion) != "13") return UpgradeError::kVersionUnsupported;
  const std::optional<std::string_view> found = head.fields.Single(http::FieldName::kSecWebSocketKey);
  if (!found.has_value() || !websocket::IsValidKey(*found)) return UpgradeError::kKey;
  *key = *found;
  return std::nullopt;
}

std::optional<SwitchError> CheckSwitch(const http::ResponseHead& head, std::string_view accept) {
  if (accept.empty()) return SwitchError::kUnasked;
  if (head.minor_version != 1) return SwitchError::kHttpVersion;
  if (!IsWebSocketAlone(head.fields)) return SwitchError::kNotWebSocket;
  if (!head.connection.upgrade) return SwitchError::kConnection;
  if (head.fields.Single(http::FieldName::kSecWebSocketAccept) != accept) return SwitchError::kAccept;
  return std::nullopt;
}

}  // namespace viaduct::sidecar
