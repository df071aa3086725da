#include "origin/broker/redis/client/redis_command.h"

#include <hiredis/hiredis.h>

#include <cstddef>
#include <new>

namespace viaduct::origin {

void AppendRedisCommand(const RedisCommand& command, std::string* out) {
  std::vector<const char*> parts;
  std::vector<std::size_t> sizes;
  parts.reserve(command.size());
  sizes.reserve(command.size());
  for (const std::string_view part : command) {
    parts.push_back(part.data());
    sizes.push_back(part.size());
  }
  char* text = nullptr;
  const int size = redisFormatCommandArgv(&text, static_cast<int>(command.size()), parts.data(), sizes.data());
  // This fails only when there is no memory.
  if (size < 0) throw std::bad_alloc();
  out->append(text, static_cast<std::size_t>(size));
  redisFreeCommand(text);
}

}  // namespace viaduct::origin
