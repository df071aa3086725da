#include "origin/config/chat_settings.h"

#include <cstdint>

#include "absl/strings/str_cat.h"
#include "net/descriptor_limit.h"
#include "ops/config/field_rules.h"

namespace viaduct::origin {
namespace {

// Descriptors that are no chat connections: listeners, event loops, operators.
constexpr std::uint64_t kOwnDescriptors = 256;

template <typename Number>
absl::Status Invalid(const char* field, Number value, const char* rule, std::uint64_t bound) {
  return absl::InvalidArgumentError(absl::StrCat("settings.", field, ": ", value, ": ", rule, " ", bound));
}

}  // namespace

absl::Status ChatSettings::Check(const OriginConfig& config) const {
  if (max_message_bytes < 1) return Invalid("max_message_bytes", max_message_bytes, "less than", 1);
  if (max_message_bytes > config.max_outbound_bytes / 2) {
    return Invalid("max_message_bytes", max_message_bytes, "more than half of limits.max_outbound_bytes,",
                   config.max_outbound_bytes / 2);
  }
  if (max_connections < 1) return Invalid("max_connections", max_connections, "less than", 1);
  const std::uint64_t descriptors = net::RaiseDescriptorLimit();
  const std::uint64_t bearable = descriptors > kOwnDescriptors ? descriptors - kOwnDescriptors : 1;
  // A config may ask for more than there are, and is only warned.
  const bool raised = max_connections > config.max_connections;
  if (raised && static_cast<std::uint64_t>(max_connections) > bearable) {
    return Invalid("max_connections", max_connections, "more than the process may have descriptors for,", bearable);
  }
  if (max_room_clients < 1) return Invalid("max_room_clients", max_room_clients, "less than", 1);
  if (max_message_rate < 0) return Invalid("max_message_rate", max_message_rate, "less than", 0);
  const std::uint32_t max_rate = ops::MaxOf(*origin::v1::Limits::descriptor(), "max_message_rate");
  if (max_message_rate > static_cast<int>(max_rate)) {
    return Invalid("max_message_rate", max_message_rate, "more than", max_rate);
  }
  return absl::OkStatus();
}

}  // namespace viaduct::origin
