#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string_view>

#include "http/head.h"
#include "net/address.h"

namespace viaduct::origin {

// The client of a connection according to its handshake, for the admin API. Everything except the peer address is the
// client's claim. The bytes are as received, at most kMaxFieldBytes of each field, and need not be UTF-8.
//
// Uses one allocation, because there may be many idle connections. Not copyable; not thread-safe.
class ViewerInfo {
 public:
  static constexpr std::size_t kMaxFieldBytes = 1024;

  ViewerInfo(const http::RequestHead& head, const net::SocketAddress& peer);

  std::string_view peer_address() const { return Part(0); }
  std::string_view viewer_address() const { return Part(1); }
  std::string_view forwarded_for() const { return Part(2); }
  std::string_view cloudfront_id() const { return Part(3); }
  std::string_view user_agent() const { return Part(4); }

 private:
  static constexpr std::size_t kParts = 5;

  std::string_view Part(std::size_t i) const;

  std::array<std::uint16_t, kParts> ends_;
  std::unique_ptr<char[]> text_;
};

}  // namespace viaduct::origin
