#pragma once

#include "absl/status/statusor.h"
#include "api/origin/v1/origin.pb.h"
#include "ops/config/credentials.h"
#include "origin/broker/redis/redis_broker_settings.h"

namespace viaduct::origin {

// Reads `broker.redis`, which keeps the rules of its schema (ops/config/field_rules.h), and the files and the variable
// that it names; sets the default of server_name in it. The result lacks the task's name and the history's limits,
// which are not configured there. An error names the field, the value and the rule, and never shows a password:
// `broker.redis.address: "redis": must be "HOST:PORT", "[IPV6]:PORT" or "unix:PATH"`.
absl::StatusOr<RedisBrokerSettings> ReadRedisConfig(origin::v1::Redis* proto,
                                                    ops::Credentials credentials = ops::Credentials::kRead);

}  // namespace viaduct::origin
