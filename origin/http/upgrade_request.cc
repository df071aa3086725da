#include "origin/http/upgrade_request.h"

#include "http/field.h"
#include "text/ascii.h"
#include "websocket/handshake.h"

namespace viaduct::origin {

std::optional<UpgradeRefusal> CheckUpgrade(const http::RequestHead& head, std::string_view* key) {
  if (head.method != "GET") return UpgradeRefusal::kNotGet;
  if (head.body.kind != http::BodyLength::Kind::kNone) return UpgradeRefusal::kHasBody;
  const auto upgrade = head.fields.Single(http::FieldName::kUpgrade);
  if (head.minor_version != 1 || !upgrade || !text::EqualsIgnoreCase(*upgrade, "websocket")) {
    return UpgradeRefusal::kNotAskedFor;
  }
  if (!head.connection.upgrade) return UpgradeRefusal::kConnectionMismatch;
  if (head.fields.Single(http::FieldName::kSecWebSocketVersion) != "13") return UpgradeRefusal::kWrongVersion;
  const auto sent_key = head.fields.Single(http::FieldName::kSecWebSocketKey);
  if (!sent_key || !websocket::IsValidKey(*sent_key)) return UpgradeRefusal::kBadKey;
  *key = *sent_key;
  return std::nullopt;
}

}  // namespace viaduct::origin
