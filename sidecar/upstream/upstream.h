#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "api/sidecar/v1/sidecar.pb.h"
#include "net/address.h"
#include "ops/config/field_checker.h"

namespace viaduct::sidecar {

// How the sidecar finds out whether an upstream is up; see UpstreamHealth in api/sidecar/v1/sidecar.proto.
struct UpstreamCheck {
  std::optional<ops::FieldChecker::Duration> interval;  // nullopt: it is not looked at
  ops::FieldChecker::Duration timeout{};
  std::string path;  // "": whether it accepts a connection
  bool required = true;

  friend bool operator==(const UpstreamCheck&, const UpstreamCheck&) = default;
};

// An application that requests are forwarded to. Its address is its name in logs and metrics. A value.
struct Upstream {
  net::SocketAddress address;
  std::string name;  // the address as text
  ops::FieldChecker::Duration connect_timeout{};
  std::size_t max_idle_connections = 0;
  ops::FieldChecker::Duration idle_timeout{};
  UpstreamCheck check;
};

// Whether both are reached, kept and checked alike.
bool SameUpstream(const Upstream& a, const Upstream& b);

// Reads one. `path` is the message's in the config, e.g. "routes[0].upstream".
Upstream ReadUpstream(std::string_view path, sidecar::v1::Upstream* proto, ops::FieldChecker* check);

}  // namespace viaduct::sidecar
