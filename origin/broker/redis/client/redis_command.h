#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace viaduct::origin {

// A command and its arguments; any bytes. Views what it is made of.
using RedisCommand = std::vector<std::string_view>;

// Appends `command`, which has at least one part, to `out` as Redis reads it.
void AppendRedisCommand(const RedisCommand& command, std::string* out);

}  // namespace viaduct::origin
