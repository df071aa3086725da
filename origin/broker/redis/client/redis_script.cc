#include "origin/broker/redis/client/redis_script.h"

#include <openssl/sha.h>

#include <array>
#include <utility>

#include "absl/strings/escaping.h"

namespace viaduct::origin {

RedisScript::RedisScript(std::string lua) : text(std::move(lua)) {
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest;
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  sha1 = absl::BytesToHexString({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

}  // namespace viaduct::origin
