#pragma once

#include <functional>
#include <string>

#include "absl/status/statusor.h"
#include "origin/broker/redis/client/redis_endpoint.h"

namespace viaduct::origin {

// True if credentials of the endpoint are read from files.
bool HasFiles(const RedisEndpoint& endpoint);

// Returns the endpoint with the current contents of its files. An error names the config's field, the path and the
// rule, and never contains a password: `broker.redis.password_file: "/secret": cannot be read: Permission denied`.
absl::StatusOr<RedisEndpoint> WithFilesRead(RedisEndpoint endpoint);

// WithFilesRead, or a replacement in a test. May block for any time.
using RedisFileReader = std::function<absl::StatusOr<RedisEndpoint>(RedisEndpoint endpoint)>;

// Returns the password in `text` without a trailing newline. An error states the rule.
absl::StatusOr<std::string> TakePassword(std::string text);

}  // namespace viaduct::origin
