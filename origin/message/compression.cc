#include "origin/message/compression.h"

#include "http/field.h"

namespace viaduct {

std::optional<DeflateAgreement> AgreeOnCompression(const RequestHead& head, const Compression& compression) {
  if (!compression.enabled) return std::nullopt;
  for (const Field& field : head.fields) {
    if (field.known != FieldName::kSecWebSocketExtensions) continue;
    if (auto agreement = AgreeOnDeflate(field.value, compression.policy)) return agreement;
  }
  return std::nullopt;
}

}  // namespace viaduct
