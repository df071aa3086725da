#include "origin/http/compression.h"

#include "http/field.h"

namespace viaduct::origin {

std::optional<websocket::DeflateAgreement> AgreeOnCompression(const http::RequestHead& head,
                                                              const Compression& compression) {
  if (!compression.enabled) return std::nullopt;
  for (const http::Field& field : head.fields) {
    if (field.known != http::FieldName::kSecWebSocketExtensions) continue;
    if (auto agreement = websocket::AgreeOnDeflate(field.value, compression.policy)) return agreement;
  }
  return std::nullopt;
}

}  // namespace viaduct::origin
