#pragma once

#include "absl/status/statusor.h"
#include "api/origin/v1/origin.pb.h"
#include "origin/broker/redis/redis_broker_settings.h"

namespace viaduct::origin {

// Reads `broker.redis`, and the files and the variable that it names. All but the task's name and the history's limits,
// which are not said there. An error names the field, the value and the rule: `broker.redis.address: must be set`, and
// never tells a password.
absl::StatusOr<RedisBrokerSettings> ReadRedisConfig(const origin::v1::Redis& proto);

// Writes every default out.
void FillRedisDefaults(const RedisBrokerSettings& settings, origin::v1::Redis* proto);

}  // namespace viaduct::origin
