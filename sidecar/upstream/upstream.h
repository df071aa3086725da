#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "api/sidecar/v1/sidecar.pb.h"
#include "net/address.h"

namespace viaduct::sidecar {

// The settings for checking whether an upstream is up; see UpstreamHealth in api/sidecar/v1/sidecar.proto.
struct UpstreamCheck {
  std::optional<std::chrono::milliseconds> interval;  // nullopt: no checks
  std::chrono::milliseconds timeout{};
  std::string path;  // "": the upstream is up if it accepts a connection
  bool required = true;

  friend bool operator==(const UpstreamCheck&, const UpstreamCheck&) = default;
};

// An application that requests are forwarded to. Its address is its name in logs and metrics. A value.
struct Upstream {
  // Reads `proto`, which keeps the rules of its schema (ops/config/field_rules.h).
  static Upstream Of(const sidecar::v1::Upstream& proto);

  net::SocketAddress address;
  std::string name;  // the address as text
  std::chrono::milliseconds connect_timeout{};
  std::size_t max_idle_connections = 0;
  std::chrono::milliseconds idle_timeout{};
  UpstreamCheck check;
};

// Returns true if the two have equal settings.
bool SameUpstream(const Upstream& a, const Upstream& b);

}  // namespace viaduct::sidecar
