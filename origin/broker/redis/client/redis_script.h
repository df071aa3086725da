#pragma once

#include <string>

namespace viaduct::origin {

// A Lua script, which Redis runs as one step, and the name by which Redis knows it once it has seen it. A value that
// never changes.
struct RedisScript {
  explicit RedisScript(std::string lua);

  std::string text;
  std::string sha1;  // in hexadecimal
};

}  // namespace viaduct::origin
