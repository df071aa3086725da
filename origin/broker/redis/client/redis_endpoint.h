#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "net/tls_context.h"

namespace viaduct::origin {

// The address of a Redis and the credentials for it. A value.
struct RedisEndpoint {
  std::string host;  // a name or an address, without brackets; a path if `is_unix`
  std::uint16_t port = 6379;
  bool is_unix = false;
  std::shared_ptr<const net::TlsContext> tls;  // nullptr: plain
  std::string username;                        // "": Redis's own "default"
  std::string password;                        // "": no AUTH
  // Files to read the credentials from before each connection; "" if unset. See redis_files.h.
  std::string password_file;
  std::string ca_file;      // authorities of `tls`
  std::string server_name;  // that the certificate must have
  int database = 0;
  // Time limit from looking up the name to the reply to AUTH and SELECT, and from a command to its reply.
  std::chrono::nanoseconds command_timeout{};
  // A longer reply ends the connection.
  std::size_t max_reply_bytes = std::size_t{64} << 20;

  // Returns the form for logs: without user and password.
  std::string ToString() const;
};

}  // namespace viaduct::origin
