#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "api/filter/v1/filter.pb.h"
#include "api/sidecar/v1/sidecar.pb.h"
#include "filter/policy.h"
#include "http/head.h"
#include "net/address.h"
#include "ops/admin/admin_listener.h"
#include "ops/config/credentials.h"
#include "sidecar/authorize/authorize_config.h"
#include "sidecar/config/ladder/rung.h"
#include "sidecar/config/listener_tls.h"
#include "sidecar/config/policy_inputs.h"
#include "sidecar/config/ranges/edge_ranges_config.h"
#include "sidecar/ecs/ecs_config.h"
#include "sidecar/request/routes.h"
#include "text/redaction.h"

namespace viaduct::sidecar {

// Functions that read the files named in a config; each is called at most once. Errors begin with the field's path from
// the config's root; those of policy_inputs begin with the path from vpc_origin.
struct ConfigReaders {
  std::function<absl::StatusOr<filter::PolicyInputs>(const filter::v1::VpcOrigin&)> policy_inputs = ReadPolicyInputs;
  std::function<absl::StatusOr<ops::AdminListener>(const admin::v1::AdminListener&)> admin =
      [](const admin::v1::AdminListener& proto) { return ops::AdminListener::Create(proto); };
  TlsContextReader tls_context = ReadTlsContext;

  // Readers that read `credentials` or leave them out; then the settings have no TLS context and no secret, and are
  // only good for checking.
  static ConfigReaders Of(ops::Credentials credentials);
};

// What one viewer may have open of so many sessions, unless the config says it: enough for an office behind one
// address, and both together never all.
int DefaultViewerTunnels(int max_sessions);
int DefaultViewerRequests(int max_sessions);

// The sidecar's settings, checked and with every default filled in; api/sidecar/v1/sidecar.proto describes each. A
// value; all workers share it unchanged.
struct SidecarConfig {
  using Duration = std::chrono::milliseconds;

  // Checks `proto`, writes the defaults into it, so that --check can print what is in force, and reads the files that
  // it names. Errors begin with the field's path; see ops/config/config_file.h.
  static absl::StatusOr<SidecarConfig> Create(sidecar::v1::SidecarConfig* proto, const ConfigReaders& readers = {});

  // Returns OK if a running sidecar with the settings `running` can take over these settings. An error names the field
  // whose change needs a restart.
  absl::Status CheckReplaces(const SidecarConfig& running) const;

  net::SocketAddress listen;
  net::SocketAddress ops_listen;
  int workers = 1;
  std::shared_ptr<const filter::Policy> policy;
  filter::v1::VpcOrigin vpc_origin;  // the source of `policy`; names sources of secrets, holds no value
  EdgeRangesConfig edge_ranges;
  RouteTable routes;
  std::string health_path;
  text::QueryRedaction shown_query;  // of targets, in the log and the admin API
  http::HeadLimits head_limits;
  int max_sessions = 0;
  int max_tunnels_per_viewer = 0;  // 0: any number
  int max_requests_per_viewer = 0;
  std::uint32_t max_control_frames_per_second = 0;  // 0: any number
  std::uint32_t min_body_rate = 0;                  // bytes per second
  Duration request_head_timeout{};
  Duration keep_alive_timeout{};
  RouteTimeouts timeouts;                 // for a route without its own
  std::optional<Duration> ping_interval;  // nullopt: no pings
  std::optional<Duration> pong_timeout;   // nullopt: never
  std::uint32_t max_unanswered_pings = 1;
  Duration accept_window{};
  Duration drain_spread{};
  Duration close_wait{};
  Duration drain_timeout{};
  std::uint16_t drain_close_code = 0;
  std::optional<ListenerTls> tls;  // nullopt: plain HTTP
  std::optional<AuthorizeConfig> authorize;
  EcsConfig ecs;
  std::vector<Rung> ladder;  // all rungs, including those that hold
  ops::AdminListener admin;
};

}  // namespace viaduct::sidecar
