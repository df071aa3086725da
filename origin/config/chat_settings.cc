#include "origin/config/chat_settings.h"

#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "net/descriptor_limit.h"
#include "ops/config/field_rules.h"
#include "text/field_error.h"

namespace viaduct::origin {
namespace {

// Descriptors for other uses than chat connections: listeners, event loops, operators.
constexpr std::uint64_t kOwnDescriptors = 256;

template <typename Number>
absl::Status Invalid(const char* field, Number value, const std::string& rule) {
  return text::AtField(absl::StrCat("settings.", field), text::InvalidValue(absl::StrCat(value), rule));
}

}  // namespace

absl::Status ChatSettings::Check(const OriginConfig& config) const {
  if (max_message_bytes < 1) return Invalid("max_message_bytes", max_message_bytes, "must be at least 1");
  if (max_message_bytes > config.max_outbound_bytes / 2) {
    return Invalid(
        "max_message_bytes", max_message_bytes,
        absl::StrCat("must be at most ", config.max_outbound_bytes / 2, ", half of limits.max_outbound_bytes"));
  }
  if (max_connections < 1) return Invalid("max_connections", max_connections, "must be at least 1");
  const std::uint64_t descriptors = net::RaiseDescriptorLimit();
  const std::uint64_t bearable = descriptors > kOwnDescriptors ? descriptors - kOwnDescriptors : 1;
  // A config that asks for more only causes a warning.
  const bool raised = max_connections > config.max_connections;
  if (raised && static_cast<std::uint64_t>(max_connections) > bearable) {
    return Invalid("max_connections", max_connections,
                   absl::StrCat("must be at most ", bearable, ", for which the process has file descriptors"));
  }
  if (max_room_clients < 1) return Invalid("max_room_clients", max_room_clients, "must be at least 1");
  const std::uint32_t max_rate = ops::MaxOf(*origin::v1::Limits::descriptor(), "max_message_rate");
  if (max_message_rate < 0 || max_message_rate > static_cast<int>(max_rate)) {
    return Invalid("max_message_rate", max_message_rate, absl::StrCat("must be 0 to ", max_rate));
  }
  return absl::OkStatus();
}

}  // namespace viaduct::origin
