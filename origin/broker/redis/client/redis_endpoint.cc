#include "origin/broker/redis/client/redis_endpoint.h"

#include "absl/strings/str_cat.h"

namespace viaduct::origin {

std::string RedisEndpoint::ToString() const {
  if (is_unix) return absl::StrCat("unix:", host);
  if (host.find(':') != std::string::npos) return absl::StrCat("[", host, "]:", port);
  return absl::StrCat(host, ":", port);
}

}  // namespace viaduct::origin
