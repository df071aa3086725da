#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "http/field.h"

namespace viaduct::filter {

// An address as the host writes it, and its port; a port of 0 says that the address was read from a header.
struct HostAddress {
  std::string_view address;
  std::uint64_t port = 0;
};

enum class LogLevel : std::uint8_t { kWarning, kError };

// What a filter may ask and tell the proxy that hosts it, about one request: Envoy, or a test. Views that it hands out
// are valid until a header is changed.
class StreamHost {
 public:
  virtual ~StreamHost() = default;

  // Returns the request's fields in order. Host has that name, also if the proxy keeps it elsewhere.
  virtual std::span<const http::Field> Fields() = 0;

  // Returns true if this proxy tells the TCP peer whatever its settings are; otherwise DirectPeer must not be called.
  virtual bool TellsDirectPeer() const = 0;
  // Returns the TCP peer.
  virtual HostAddress DirectPeer() = 0;
  // Returns whom the proxy takes for the client. This is the TCP peer, the source in a PROXY header, or, with port 0,
  // somebody whom X-Forwarded-For names.
  virtual HostAddress Client() = 0;

  // Removes all fields of this name.
  virtual void RemoveField(std::string_view name) = 0;
  // Adds a field; there must be none of this name.
  virtual void AddField(std::string_view name, std::string_view value) = 0;

  // Answers the request itself. `details` may have lower-case letters, "_" and braces only.
  virtual void Reply(std::uint32_t status, std::string_view body, std::string_view details) = 0;

  virtual void CountAllowed() = 0;
  virtual void CountDenied(std::string_view reason) = 0;
  virtual void CountWouldDeny(std::string_view reason) = 0;
  // Keeps a value for the proxy's access log.
  virtual void SetMetadata(std::string_view key, std::string_view value) = 0;
  virtual void Log(LogLevel level, std::string_view message) = 0;
};

}  // namespace viaduct::filter
