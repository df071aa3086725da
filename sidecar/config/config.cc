#include "sidecar/config/config.h"

#include <cstdint>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "filter/policy_from_proto.h"
#include "net/worker_pool.h"
#include "ops/config/field_checker.h"
#include "sidecar/config/ladder/timeout_ladder.h"

namespace viaduct::sidecar {
namespace {

using Duration = SidecarConfig::Duration;
using std::chrono::seconds;

void ReadTimeouts(sidecar::v1::Timeouts* proto, ops::FieldChecker* check, SidecarConfig* config) {
  config->request_head_timeout = check->Positive("timeouts.request_head_timeout", proto->has_request_head_timeout(),
                                                 proto->mutable_request_head_timeout(), seconds(10));
  config->keep_alive_timeout = check->Positive("timeouts.keep_alive_timeout", proto->has_keep_alive_timeout(),
                                               proto->mutable_keep_alive_timeout(), seconds(65));
  RouteTimeouts& timeouts = config->timeouts;
  timeouts.response_timeout = check->Positive("timeouts.response_timeout", proto->has_response_timeout(),
                                              proto->mutable_response_timeout(), seconds(25));
  timeouts.body_timeout =
      check->Positive("timeouts.body_timeout", proto->has_body_timeout(), proto->mutable_body_timeout(), seconds(60));
  timeouts.upgrade_timeout = check->Positive("timeouts.upgrade_timeout", proto->has_upgrade_timeout(),
                                             proto->mutable_upgrade_timeout(), seconds(10));
  timeouts.idle_timeout =
      check->OrOff("timeouts.idle_timeout", proto->has_idle_timeout(), proto->mutable_idle_timeout(), Duration::zero());
  timeouts.max_duration =
      check->OrOff("timeouts.max_duration", proto->has_max_duration(), proto->mutable_max_duration(), Duration::zero());
  timeouts.viewer_idle_timeout = check->OrOff("timeouts.viewer_idle_timeout", proto->has_viewer_idle_timeout(),
                                              proto->mutable_viewer_idle_timeout(), Duration::zero());
  timeouts.upstream_idle_timeout = check->OrOff("timeouts.upstream_idle_timeout", proto->has_upstream_idle_timeout(),
                                                proto->mutable_upstream_idle_timeout(), Duration::zero());
}

void ReadKeepalive(sidecar::v1::Keepalive* proto, ops::FieldChecker* check, SidecarConfig* config) {
  config->ping_interval =
      check->OrOff("keepalive.ping_interval", proto->has_ping_interval(), proto->mutable_ping_interval(), seconds(25));
  config->pong_timeout =
      check->OrOff("keepalive.pong_timeout", proto->has_pong_timeout(), proto->mutable_pong_timeout(), seconds(20));
}

void ReadDrain(sidecar::v1::Drain* proto, ops::FieldChecker* check, SidecarConfig* config) {
  config->accept_window =
      check->OrOff("drain.accept_window", proto->has_accept_window(), proto->mutable_accept_window(), seconds(2))
          .value_or(Duration::zero());
  config->drain_spread =
      check->OrOff("drain.spread", proto->has_spread(), proto->mutable_spread(), seconds(5)).value_or(Duration::zero());
  config->close_wait =
      check->Positive("drain.close_wait", proto->has_close_wait(), proto->mutable_close_wait(), seconds(5));
  config->drain_timeout = check->Positive("drain.timeout", proto->has_timeout(), proto->mutable_timeout(), seconds(25));
  if (config->accept_window + config->drain_spread + config->close_wait > config->drain_timeout) {
    check->Fail("drain.timeout",
                "must be at least accept_window + spread + close_wait, or tunnels are cut before "
                "their viewers could answer");
  }
}

void ReadLimits(sidecar::v1::Limits* proto, ops::FieldChecker* check, SidecarConfig* config) {
  const std::uint32_t head = check->Number("limits.max_head_bytes", proto->max_head_bytes(), 32'768, 20'480, 65'536);
  const std::uint32_t target = check->Number("limits.max_target_bytes", proto->max_target_bytes(), 8'192, 1, head);
  const std::uint32_t fields = check->Number("limits.max_fields", proto->max_fields(), 200, 1, 256);
  const std::uint32_t sessions = check->Number("limits.max_sessions", proto->max_sessions(), 20'000, 1, 10'000'000);
  proto->set_max_head_bytes(head);
  proto->set_max_target_bytes(target);
  proto->set_max_fields(fields);
  proto->set_max_sessions(sessions);
  config->head_limits = {.max_head_bytes = head, .max_target_bytes = target, .max_fields = fields};
  config->max_sessions = static_cast<int>(sessions);
}

absl::StatusOr<std::shared_ptr<const filter::Policy>> CreatePolicy(const filter::v1::VpcOrigin& proto,
                                                                   const ConfigReaders& readers) {
  absl::StatusOr<filter::PolicyInputs> inputs = readers.policy_inputs(proto);
  if (!inputs.ok()) return inputs.status();
  absl::StatusOr<filter::PolicySpec> spec = filter::PolicySpecFromProto(proto, *std::move(inputs));
  if (!spec.ok()) return spec.status();
  return filter::Policy::Create(*spec);
}

Front FrontOf(filter::v1::Mode mode) {
  if (mode == filter::v1::NLB) return Front::kNlb;
  if (mode == filter::v1::DIRECT) return Front::kNothing;
  return Front::kAlb;
}

}  // namespace

absl::StatusOr<SidecarConfig> SidecarConfig::Create(sidecar::v1::SidecarConfig* proto, const ConfigReaders& readers) {
  SidecarConfig config;
  ops::FieldChecker check;
  config.listen = check.Address("listen", proto->mutable_listen(), "");
  if (check.status().ok() && config.listen.is_unix()) {
    check.Fail("listen", "must be a TCP address: the filter judges the peer's IP address");
  }
  config.ops_listen = check.Address("ops_listen", proto->mutable_ops_listen(), kDefaultOpsListen);
  if (config.ops_listen.is_unix()) check.Fail("ops_listen", "must be a TCP address");
  config.workers = static_cast<int>(
      check.Number("workers", proto->workers(), static_cast<std::uint32_t>(net::UsableCpus()), 1, 1024));
  proto->set_workers(static_cast<std::uint32_t>(config.workers));
  if (!proto->has_vpc_origin()) check.Fail("vpc_origin", "required: whose traffic is let through");
  config.edge_ranges = ReadEdgeRanges(proto->mutable_vpc_origin()->mutable_edge_ranges(), &check);
  if (proto->health_path().empty()) proto->set_health_path("/healthz");
  config.health_path = proto->health_path();
  if (config.health_path.front() != '/') check.Fail("health_path", "must begin with \"/\"");
  if (config.health_path.find_first_of("?#") != std::string::npos) {
    check.Fail("health_path", "must be a path without query or fragment");
  }
  ReadLimits(proto->mutable_limits(), &check, &config);
  ReadTimeouts(proto->mutable_timeouts(), &check, &config);
  ReadKeepalive(proto->mutable_keepalive(), &check, &config);
  ReadDrain(proto->mutable_drain(), &check, &config);
  ReadEnvironment(proto->mutable_environment(), &check);
  if (proto->has_listener_tls())
    config.tls = ReadListenerTls(proto->mutable_listener_tls(), &check, readers.tls_context);
  config.ecs = ReadEcs(proto->mutable_ecs(), &check);
  if (!proto->has_strict_ladder()) proto->set_strict_ladder(false);
  config.routes = RouteTable::Read(proto, config.timeouts, &check);
  if (!check.status().ok()) return check.status();

  absl::StatusOr<std::shared_ptr<const filter::Policy>> policy = CreatePolicy(proto->vpc_origin(), readers);
  if (!policy.ok()) {
    return absl::Status(policy.status().code(), absl::StrCat("vpc_origin.", policy.status().message()));
  }
  config.policy = *std::move(policy);
  config.vpc_origin = proto->vpc_origin();
  absl::StatusOr<ops::AdminListener> admin = readers.admin(proto->admin());
  if (!admin.ok()) return admin.status();
  config.admin = *std::move(admin);
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
  // The blocks that heads are read into have been made.
  status.Update(fixed("limits.max_head_bytes", head_limits.max_head_bytes, running.head_limits.max_head_bytes));
  status.Update(fixed("admin", admin.Addresses(), running.admin.Addresses()));
  if (!admin.SameCredentials(running.admin)) {
    status.Update(absl::FailedPreconditionError("admin.tcp: other credential files need a restart"));
  }
  status.Update(fixed("ecs.metadata_uri", ecs.metadata_uri, running.ecs.metadata_uri));
  status.Update(fixed("ecs.agent_uri", ecs.agent_uri, running.ecs.agent_uri));
  status.Update(fixed("ecs.task_protection", ProtectionText(ecs), ProtectionText(running.ecs)));
  return status;
}

}  // namespace viaduct::sidecar
