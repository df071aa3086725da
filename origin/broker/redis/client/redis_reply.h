#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

struct redisReader;

namespace viaduct::origin {

// The reply of Redis to one command, in RESP2. A value.
struct RedisReply {
  enum class Kind : std::uint8_t { kNil, kText, kStatus, kError, kInteger, kArray };

  Kind kind = Kind::kNil;
  std::int64_t integer = 0;
  std::string text = {};  // for kText, kStatus and kError
  std::vector<RedisReply> elements = {};

  bool is_error() const { return kind == Kind::kError; }
  // The first word of an error, e.g. "NOSCRIPT".
  std::string_view error_code() const { return std::string_view(text).substr(0, text.find(' ')); }
};

// Cuts a stream of bytes into replies.
//
// Bounded: a reply with more bytes or elements than allowed is an error, found before they are stored.
// Not thread-safe.
class RedisReplyReader {
 public:
  explicit RedisReplyReader(std::size_t max_reply_bytes);
  ~RedisReplyReader();
  RedisReplyReader(const RedisReplyReader&) = delete;
  RedisReplyReader& operator=(const RedisReplyReader&) = delete;

  // Takes received bytes. After an error, which states the rule, it takes no more.
  absl::Status Feed(std::string_view bytes);
  // Returns the next complete reply, or nullopt if there is none yet.
  absl::StatusOr<std::optional<RedisReply>> Next();

 private:
  struct Free {
    void operator()(redisReader* reader) const;
  };

  const std::size_t max_reply_bytes_;
  std::unique_ptr<redisReader, Free> reader_;
};

}  // namespace viaduct::origin
