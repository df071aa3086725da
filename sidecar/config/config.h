#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "api/filter/v1/filter.pb.h"
#include "api/sidecar/v1/sidecar.pb.h"
#include "filter/policy.h"
#include "http/head.h"
#include "net/address.h"
#include "ops/admin/admin_listener.h"
#include "sidecar/config/edge_ranges_config.h"
#include "sidecar/config/ladder/rung.h"
#include "sidecar/config/listener_tls.h"
#include "sidecar/config/policy_inputs.h"
#include "sidecar/ecs/ecs_config.h"
#include "sidecar/request/routes.h"

namespace viaduct::sidecar {

inline constexpr std::string_view kDefaultOpsListen = "127.0.0.1:9081";

// How what the config only points to is had: each is asked once. Errors begin with
// the field's path, in vpc_origin relative to that.
struct ConfigReaders {
  std::function<absl::StatusOr<filter::PolicyInputs>(const filter::v1::VpcOrigin&)> policy_inputs = ReadPolicyInputs;
  std::function<absl::StatusOr<ops::AdminListener>(const admin::v1::AdminListener&)> admin = ops::AdminListener::Create;
  TlsContextReader tls_context = ReadTlsContext;
};

// The sidecar's settings, checked, with every default filled in. What each means: api/sidecar/v1/sidecar.proto. A
// value; shared unchanged by all workers.
struct SidecarConfig {
  using Duration = std::chrono::milliseconds;

  // `proto` and the policy made of its vpc_origin. Errors begin with the field's path; see ops/config/config_file.h.
  // Also writes the defaults into `proto`, so that --check can print what is in force.
  static absl::StatusOr<SidecarConfig> Create(sidecar::v1::SidecarConfig* proto, const ConfigReaders& readers = {});

  // Whether a running sidecar with the settings `running` can take these over. An error is the field that needs a
  // restart.
  absl::Status CheckReplaces(const SidecarConfig& running) const;

  net::SocketAddress listen;
  net::SocketAddress ops_listen;
  int workers = 1;
  std::shared_ptr<const filter::Policy> policy;
  filter::v1::VpcOrigin vpc_origin;  // that `policy` was made of; names sources of secrets, holds no value
  EdgeRangesConfig edge_ranges;
  RouteTable routes;
  std::string health_path;
  http::HeadLimits head_limits;
  int max_sessions = 0;
  Duration request_head_timeout{};
  Duration keep_alive_timeout{};
  RouteTimeouts timeouts;                 // of a route that has none of its own
  std::optional<Duration> ping_interval;  // nullopt: no pings
  std::optional<Duration> pong_timeout;   // nullopt: never
  Duration accept_window{};
  Duration drain_spread{};
  Duration close_wait{};
  Duration drain_timeout{};
  std::optional<ListenerTls> tls;  // nullopt: plain HTTP
  EcsConfig ecs;
  std::vector<Rung> ladder;  // all of it, also what holds
  ops::AdminListener admin;
};

}  // namespace viaduct::sidecar
