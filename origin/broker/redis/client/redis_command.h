#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace viaduct::origin {

// A command and its arguments, which may be any bytes. Views them.
using RedisCommand = std::vector<std::string_view>;

// Appends `command`, which must not be empty, to `out` in the Redis protocol.
void AppendRedisCommand(const RedisCommand& command, std::string* out);

}  // namespace viaduct::origin
