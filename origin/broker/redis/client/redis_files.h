#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "origin/broker/redis/client/redis_endpoint.h"

namespace viaduct::origin {

// Whether something of how one gets in stands in files.
bool HasFiles(const RedisEndpoint& endpoint);

// The endpoint with what its files hold now. The error names the config's field, the path and the rule, and never tells
// a password: `broker.redis.password_file: "/secret": cannot be read: Permission denied`.
absl::StatusOr<RedisEndpoint> WithFilesRead(RedisEndpoint endpoint);

// WithFilesRead, or what stands for it in a test. May take any time.
using RedisFileReader = std::function<absl::StatusOr<RedisEndpoint>(RedisEndpoint endpoint)>;

// A password as a file or a variable holds it, without the newline at its end. The error says the rule.
absl::StatusOr<std::string> TakePassword(std::string text);

}  // namespace viaduct::origin
