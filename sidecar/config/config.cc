#include "sidecar/config/config.h"

#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "filter/policy_from_proto.h"
#include "net/address_tally.h"
#include "net/worker_pool.h"
#include "ops/config/duration_field.h"
#include "ops/config/field_rules.h"
#include "ops/config/listeners.h"
#include "ops/config/log_config.h"
#include "sidecar/config/ladder/timeout_ladder.h"
#include "text/status.h"

namespace viaduct::sidecar {
namespace {

// "Going away", "service restart", or a code of the application's own (RFC 6455 section 7.4.2).
bool MayEndDrained(std::uint32_t code) { return code == 1001 || code == 1012 || code >= 3000; }

absl::Status ReadDrain(const sidecar::v1::Drain& proto, SidecarConfig* config) {
  config->accept_window = ops::ToMilliseconds(proto.accept_window());
  config->drain_spread = ops::ToMilliseconds(proto.spread());
  config->close_wait = ops::ToMilliseconds(proto.close_wait());
  config->drain_timeout = ops::ToMilliseconds(proto.timeout());
  if (!MayEndDrained(proto.close_code())) {
    return absl::InvalidArgumentError(
        absl::StrCat("drain.close_code: \"", proto.close_code(), "\": must be 1001, 1012 or 3000 to 4999"));
  }
  config->drain_close_code = static_cast<std::uint16_t>(proto.close_code());
  if (config->accept_window + config->drain_spread + config->close_wait > config->drain_timeout) {
    return absl::InvalidArgumentError(
        "drain.timeout: must be at least accept_window + spread + close_wait, or tunnels are cut before their viewers "
        "could answer");
  }
  return absl::OkStatus();
}

absl::Status ReadLimits(sidecar::v1::Limits* proto, SidecarConfig* config) {
  config->head_limits = {.max_head_bytes = proto->max_head_bytes(),
                         .max_target_bytes = proto->max_target_bytes(),
                         .max_fields = proto->max_fields()};
  config->max_sessions = static_cast<int>(proto->max_sessions());
  config->max_control_frames_per_second = proto->max_control_frames_per_second();
  config->min_body_rate = proto->min_body_rate();
  if (!proto->has_max_tunnels_per_viewer()) {
    proto->set_max_tunnels_per_viewer(static_cast<std::uint32_t>(DefaultViewerTunnels(config->max_sessions)));
  }
  if (!proto->has_max_requests_per_viewer()) {
    proto->set_max_requests_per_viewer(static_cast<std::uint32_t>(DefaultViewerRequests(config->max_sessions)));
  }
  config->max_tunnels_per_viewer = static_cast<int>(proto->max_tunnels_per_viewer());
  config->max_requests_per_viewer = static_cast<int>(proto->max_requests_per_viewer());
  if (proto->max_target_bytes() > proto->max_head_bytes()) {
    return absl::InvalidArgumentError(absl::StrCat("limits.max_target_bytes: \"", proto->max_target_bytes(),
                                                   "\": must be 1 to ", proto->max_head_bytes()));
  }
  return absl::OkStatus();
}

// Reads `proto`, which keeps the rules of its schema, without the files that it names.
absl::Status ReadProto(sidecar::v1::SidecarConfig* proto, SidecarConfig* config) {
  config->listen = net::SocketAddress::Parse(proto->listen()).value();
  config->ops_listen = net::SocketAddress::Parse(proto->ops_listen()).value();
  if (proto->workers() == 0) proto->set_workers(static_cast<std::uint32_t>(net::UsableCpus()));
  config->workers = static_cast<int>(proto->workers());
  config->health_path = proto->health_path();
  absl::StatusOr<text::QueryRedaction> shown_query = ops::ReadLogConfig(proto->log());
  if (!shown_query.ok()) return shown_query.status();
  config->shown_query = *std::move(shown_query);
  config->request_head_timeout = ops::ToMilliseconds(proto->timeouts().request_head_timeout());
  config->keep_alive_timeout = ops::ToMilliseconds(proto->timeouts().keep_alive_timeout());
  sidecar::v1::RouteTimeouts none;
  config->timeouts = RouteTimeouts::Of(proto->timeouts(), &none);
  config->ping_interval = ops::ToMillisecondsOrOff(proto->keepalive().ping_interval());
  config->pong_timeout = ops::ToMillisecondsOrOff(proto->keepalive().pong_timeout());
  config->max_unanswered_pings = proto->keepalive().max_unanswered_pings();
  absl::StatusOr<EdgeRangesConfig> edge_ranges = EdgeRangesConfig::Create(proto->vpc_origin().edge_ranges());
  if (!edge_ranges.ok()) return edge_ranges.status();
  config->edge_ranges = *std::move(edge_ranges);
  if (absl::Status status = ReadLimits(proto->mutable_limits(), config); !status.ok()) return status;
  if (absl::Status status = ReadDrain(proto->drain(), config); !status.ok()) return status;
  absl::StatusOr<EcsConfig> ecs = EcsConfig::Create(proto->mutable_ecs());
  if (!ecs.ok()) return ecs.status();
  config->ecs = *std::move(ecs);
  absl::StatusOr<RouteTable> routes = RouteTable::Create(proto);
  if (!routes.ok()) return routes.status();
  config->routes = *std::move(routes);
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const filter::Policy>> CreatePolicy(const filter::v1::VpcOrigin& proto,
                                                                   const ConfigReaders& readers) {
  absl::StatusOr<filter::PolicyInputs> inputs = readers.policy_inputs(proto);
  if (!inputs.ok()) return inputs.status();
  absl::StatusOr<filter::PolicySpec> spec = filter::PolicySpecFromProto(proto, *std::move(inputs));
  if (!spec.ok()) return spec.status();
  return text::ToStatusOr(filter::Policy::Create(*spec));
}

// Checks the addresses of `proto` against each other.
absl::Status CheckAddresses(const sidecar::v1::SidecarConfig& proto, const SidecarConfig& config) {
  std::vector<ops::ListenerField> listeners = config.admin.With(config.listen, config.ops_listen);
  if (config.authorize.has_value()) {
    const AuthorizeConfig& authorize = *config.authorize;
    if (authorize.listen.has_value()) listeners.push_back({"authorize.listen", *authorize.listen});
    if (authorize.grpc_listen.has_value()) listeners.push_back({"authorize.grpc_listen", *authorize.grpc_listen});
  }
  if (absl::Status status = ops::CheckListenersApart(listeners); !status.ok()) return status;
  const auto check = [&](const std::string& path, const sidecar::v1::Upstream& upstream) {
    return ops::CheckNotOwn({path, net::SocketAddress::Parse(upstream.address()).value()}, listeners);
  };
  absl::Status status;
  if (proto.has_upstream()) status = check("upstream.address", proto.upstream());
  for (int i = 0; i < proto.routes_size(); ++i) {
    if (!proto.routes(i).has_upstream()) continue;
    status.Update(check(absl::StrCat("routes[", i, "].upstream.address"), proto.routes(i).upstream()));
  }
  return status;
}

// Returns the text of an address in `authorize`, or "".
std::string AddressText(const SidecarConfig& config, std::optional<net::SocketAddress> AuthorizeConfig::* address) {
  if (!config.authorize.has_value()) return "";
  const std::optional<net::SocketAddress>& present = *config.authorize.*address;
  return present.has_value() ? present->ToString() : "";
}

Front FrontOf(filter::v1::Mode mode) {
  if (mode == filter::v1::NLB) return Front::kNlb;
  if (mode == filter::v1::DIRECT) return Front::kNothing;
  return Front::kAlb;
}

}  // namespace

int DefaultViewerTunnels(int max_sessions) { return net::AddressTally::ShareOf(max_sessions, 2); }
int DefaultViewerRequests(int max_sessions) { return net::AddressTally::ShareOf(max_sessions, 4); }

ConfigReaders ConfigReaders::Of(ops::Credentials credentials) {
  if (credentials == ops::Credentials::kRead) return {};
  return {.policy_inputs = PolicyInputsWithoutSecrets,
          .admin = [=](const auto& proto) { return ops::AdminListener::Create(proto, credentials); },
          .tls_context = [](const auto&) { return std::shared_ptr<const net::TlsContext>(); }};
}

absl::StatusOr<SidecarConfig> SidecarConfig::Create(sidecar::v1::SidecarConfig* proto, const ConfigReaders& readers) {
  SidecarConfig config;
  if (absl::Status status = ops::ApplyFieldRules("", proto); !status.ok()) return status;
  if (absl::Status status = ReadProto(proto, &config); !status.ok()) return status;
  if (proto->has_listener_tls()) {
    absl::StatusOr<ListenerTls> tls = ReadListenerTls(proto->listener_tls(), readers.tls_context);
    if (!tls.ok()) return tls.status();
    config.tls = *std::move(tls);
  }
  absl::StatusOr<std::shared_ptr<const filter::Policy>> policy = CreatePolicy(proto->vpc_origin(), readers);
  if (!policy.ok()) {
    return absl::Status(policy.status().code(), absl::StrCat("vpc_origin.", policy.status().message()));
  }
  config.policy = *std::move(policy);
  filter::WriteDefaults(proto->mutable_vpc_origin());
  config.vpc_origin = proto->vpc_origin();
  if (proto->has_authorize()) {
    absl::StatusOr<AuthorizeConfig> authorize = AuthorizeConfig::Create(proto->mutable_authorize(), config.vpc_origin);
    if (!authorize.ok()) return authorize.status();
    config.authorize = *std::move(authorize);
  }
  absl::StatusOr<ops::AdminListener> admin = readers.admin(proto->admin());
  if (!admin.ok()) return admin.status();
  config.admin = *std::move(admin);
  if (absl::Status status = CheckAddresses(*proto, config); !status.ok()) return status;
  config.ladder = TimeoutLadder(*proto, FrontOf(proto->vpc_origin().mode()));
  if (proto->strict_ladder()) {
    if (absl::Status status = CheckLadder(config.ladder); !status.ok()) return status;
  }
  return config;
}

absl::Status SidecarConfig::CheckReplaces(const SidecarConfig& running) const {
  const auto fixed = [](absl::string_view field, const auto& next, const auto& now) {
    if (next == now) return absl::OkStatus();
    return absl::FailedPreconditionError(
        absl::StrCat(field, ": \"", next, "\": needs a restart, as it is \"", now, "\" now"));
  };
  absl::Status status = fixed("listen", listen.ToString(), running.listen.ToString());
  status.Update(fixed("ops_listen", ops_listen.ToString(), running.ops_listen.ToString()));
  status.Update(fixed("workers", workers, running.workers));
  status.Update(fixed("authorize.listen", AddressText(*this, &AuthorizeConfig::listen),
                      AddressText(running, &AuthorizeConfig::listen)));
  status.Update(fixed("authorize.grpc_listen", AddressText(*this, &AuthorizeConfig::grpc_listen),
                      AddressText(running, &AuthorizeConfig::grpc_listen)));
  // The blocks that heads are read into already exist.
  status.Update(fixed("limits.max_head_bytes", head_limits.max_head_bytes, running.head_limits.max_head_bytes));
  status.Update(fixed("admin", admin.Addresses(), running.admin.Addresses()));
  status.Update(fixed("admin.tcp.max_connection_age", admin.MaxConnectionAge(), running.admin.MaxConnectionAge()));
  if (!admin.SameCredentials(running.admin)) {
    status.Update(absl::FailedPreconditionError("admin.tcp: other credential files need a restart"));
  }
  status.Update(fixed("ecs.metadata_uri", ecs.metadata_uri, running.ecs.metadata_uri));
  status.Update(fixed("ecs.agent_uri", ecs.agent_uri, running.ecs.agent_uri));
  status.Update(fixed("ecs.task_protection", ProtectionText(ecs), ProtectionText(running.ecs)));
  return status;
}

}  // namespace viaduct::sidecar
