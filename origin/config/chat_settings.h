#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "ops/program/descriptor_budget.h"
#include "origin/config/config.h"
#include "origin/session/rate_limit.h"

namespace viaduct::origin {

// Settings that operators may change while the chat runs; changes last until it ends. A value.
struct ChatSettings {
  std::size_t max_message_bytes;  // of messages that begin after the change
  int max_connections;
  int max_room_clients;
  bool log_messages;
  int max_message_rate;  // per second and connection; 0: unlimited
  int max_byte_rate;     // the same

  static ChatSettings Of(const OriginConfig& config) {
    return {.max_message_bytes = config.max_message_bytes,
            .max_connections = config.max_connections,
            .max_room_clients = config.max_room_clients,
            .log_messages = true,
            .max_message_rate = config.max_message_rate,
            .max_byte_rate = config.max_byte_rate};
  }

  // The rates at which a connection may send. A burst is the config's, and in proportion to a changed rate if the
  // config left it at its default.
  RateLimit::Rule MessageRate(const OriginConfig& config) const {
    const bool follows = config.message_burst == OriginConfig::kDefaultBurst * config.max_message_rate;
    return RateLimit::Rule::PerSecond(max_message_rate,
                                      follows ? OriginConfig::kDefaultBurst * max_message_rate : config.message_burst);
  }
  RateLimit::Rule ByteRate(const OriginConfig& config) const {
    const bool follows = config.byte_burst == OriginConfig::kDefaultBurst * config.max_byte_rate;
    return RateLimit::Rule::PerSecond(max_byte_rate,
                                      follows ? OriginConfig::kDefaultBurst * max_byte_rate : config.byte_burst);
  }

  // Checks the settings against `config`'s queues and the process's descriptors. An error names field, value and rule.
  absl::Status Check(const OriginConfig& config) const;

  bool operator==(const ChatSettings& other) const = default;
};

// The descriptors that a chat with these settings needs.
ops::DescriptorBudget DescriptorBudgetOf(const OriginConfig& config);
// Lowers max_connections, and what one viewer may have of them, to what a process with `descriptors` can hold.
void FitConnections(std::uint64_t descriptors, OriginConfig* config);

}  // namespace viaduct::origin
