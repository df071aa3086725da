#include "origin/config/chat_settings.h"

#include <algorithm>
#include <cstdint>
#include <string>

#include "absl/strings/str_cat.h"
#include "net/descriptor_limit.h"
#include "ops/config/field_rules.h"
#include "text/field_error.h"

namespace viaduct::origin {
namespace {

// Connections over the limit that are still told so (ChatWorker::Adopt), and Redis's, with what looks up its name.
constexpr std::uint64_t kToldOverLimit = 64;
constexpr std::uint64_t kRedis = 4;

template <typename Number>
absl::Status Invalid(const char* field, Number value, const std::string& rule) {
  return text::AtField(absl::StrCat("settings.", field), text::InvalidValue(absl::StrCat(value), rule));
}

absl::Status CheckRate(const char* field, int rate) {
  const std::uint32_t max_rate = ops::MaxOf(*origin::v1::Limits::descriptor(), field);
  if (rate >= 0 && rate <= static_cast<int>(max_rate)) return absl::OkStatus();
  return Invalid(field, rate, absl::StrCat("must be 0 to ", max_rate));
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
  const int bearable = DescriptorBudgetOf(config).Fit(max_connections, net::RaiseDescriptorLimit());
  if (max_connections > config.max_connections && max_connections > bearable) {
    return Invalid("max_connections", max_connections,
                   absl::StrCat("must be at most ", bearable, ", for which the process has file descriptors"));
  }
  if (max_room_clients < 1) return Invalid("max_room_clients", max_room_clients, "must be at least 1");
  if (absl::Status status = CheckRate("max_message_rate", max_message_rate); !status.ok()) return status;
  return CheckRate("max_byte_rate", max_byte_rate);
}

ops::DescriptorBudget DescriptorBudgetOf(const OriginConfig& config) {
  const auto workers = static_cast<std::uint64_t>(config.workers);
  return {.own = ops::DescriptorBudget::kOperators + kToldOverLimit + kRedis + workers * ops::DescriptorBudget::kWorker,
          .each = 1};
}

void FitConnections(std::uint64_t descriptors, OriginConfig* config) {
  const int fitting = DescriptorBudgetOf(*config).Fit(config->max_connections, descriptors);
  if (fitting == config->max_connections) return;
  config->max_connections = fitting;
  if (config->max_connections_per_viewer == 0) return;
  config->max_connections_per_viewer = std::min(config->max_connections_per_viewer, DefaultViewerConnections(fitting));
}

}  // namespace viaduct::origin
