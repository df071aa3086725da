#include "sidecar/admin/admin_service.h"

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "api/filter/v1/filter.pb.h"
#include "filter/policy.h"
#include "filter/verdict.h"
#include "ip/ip_address.h"
#include "ops/admin/admin_call.h"
#include "ops/admin/admin_drain.h"
#include "ops/admin/admin_error.h"
#include "ops/admin/recent_ends.h"
#include "ops/metrics/worker_sums.h"
#include "ops/program/version.h"
#include "sidecar/admin/admin_tunnels.h"
#include "sidecar/admin/explainer.h"
#include "sidecar/request/request_end.h"
#include "sidecar/request/tunnel_end.h"

namespace viaduct::sidecar {
namespace {

constexpr std::string_view kTunnelType = "viaduct.admin.v1.Tunnel";

admin::v1::Rung::State ToProto(RungState state) {
  switch (state) {
    case RungState::kHolds:
      return admin::v1::Rung::HOLDS;
    case RungState::kAdvice:
      return admin::v1::Rung::ADVICE;
    case RungState::kWrong:
      return admin::v1::Rung::WRONG;
  }
}

void Fill(const Rung::Side& side, admin::v1::Rung::Side* proto) {
  proto->set_term(side.name);
  if (side.time.has_value()) *proto->mutable_time() = ops::ToDuration(*side.time);
}

std::string EnforcementName(filter::Enforcement enforcement) {
  switch (enforcement) {
    case filter::Enforcement::kEnforce:
      return filter::v1::Enforcement_Name(filter::v1::ENFORCE);
    case filter::Enforcement::kMonitor:
      return filter::v1::Enforcement_Name(filter::v1::MONITOR);
    case filter::Enforcement::kOff:
      return filter::v1::Enforcement_Name(filter::v1::OFF);
  }
}

void FillChecks(const filter::Policy& policy, admin::v1::Policy* proto) {
  const auto add = [proto](const char* check, filter::Enforcement enforcement) {
    admin::v1::Policy::Check* added = proto->add_checks();
    added->set_check(check);
    added->set_enforcement(EnforcementName(enforcement));
  };
  const filter::CheckEnforcements& checks = policy.enforcements();
  add("trusted_peer", checks.trusted_peer);
  add("edge_range", checks.edge_range);
  add("via", checks.via);
  add("cf_id", checks.cf_id);
  add("host", checks.host);
  add("origin", checks.origin);
  if (policy.secret().required()) add("secret", checks.secret);
}

// Adds the sums that are not 0, under the names of `list`.
template <typename Member, typename List>
void AddNamedSums(const ops::WorkerSums<SidecarMetrics>& sums, Member member, const List& list,
                  google::protobuf::Map<std::string, std::int64_t>* out) {
  const std::vector<std::int64_t> values = sums.OfEach(member);
  for (const auto value : list) {
    if (values[list.Index(value)] != 0) (*out)[std::string(list.Name(value))] = values[list.Index(value)];
  }
}

}  // namespace

grpc::Status SidecarAdminService::ListTunnels(grpc::ServerContext* context,
                                              const admin::v1::ListTunnelsRequest* request,
                                              admin::v1::ListTunnelsResponse* response) {
  if (request->page_size() < 0) return ops::InvalidField("page_size", "must not be negative");
  const std::optional<TunnelControl::Position> after = ReadToken(request->page_token());
  if (!after.has_value()) return ops::InvalidField("page_token", "is not a next_page_token of ListTunnels");
  TunnelFilter filter;
  if (grpc::Status status = ReadTunnelFilter(*request, &filter); !status.ok()) return status;
  absl::StatusOr<TunnelControl::Page> page =
      server_->tunnels().List(filter, *after, ops::PageSize(request->page_size()), ops::DeadlineOf(*context));
  if (!page.ok()) return ops::ToGrpc(page.status());
  std::size_t bytes = 0;
  for (const TunnelView& view : page->tunnels) {
    admin::v1::Tunnel tunnel = sidecar::ToProto(view, server_->tunnels().IdOf(view));
    bytes += tunnel.ByteSizeLong();
    if (bytes > ops::kMaxPageBytes) break;
    *response->add_tunnels() = std::move(tunnel);
  }
  // The page may have ended early.
  if (const std::size_t sent = static_cast<std::size_t>(response->tunnels_size()); sent < page->tunnels.size()) {
    page->last = {page->tunnels[sent - 1].worker, page->tunnels[sent - 1].number};
  }
  if (page->last.has_value()) response->set_next_page_token(TokenOf(*page->last));
  response->set_total_size(static_cast<std::int32_t>(server_->tunnels().open()));
  return grpc::Status::OK;
}

grpc::Status SidecarAdminService::GetTunnel(grpc::ServerContext* context, const admin::v1::GetTunnelRequest* request,
                                            admin::v1::Tunnel* response) {
  TunnelId id;
  if (grpc::Status status = ReadTunnelName(request->name(), &id); !status.ok()) return status;
  const absl::StatusOr<TunnelView> view = server_->tunnels().Get(id, ops::DeadlineOf(*context));
  if (!view.ok()) return ops::ToGrpc(view.status(), kTunnelType, request->name());
  *response = sidecar::ToProto(*view, id);
  return grpc::Status::OK;
}

grpc::Status SidecarAdminService::CloseTunnel(grpc::ServerContext* context,
                                              const admin::v1::CloseTunnelRequest* request,
                                              admin::v1::CloseTunnelResponse*) {
  return audit_->Note(*context, {.method = "CloseTunnel", .resource = request->name()}, EndTunnel(context, *request));
}

grpc::Status SidecarAdminService::EndTunnel(grpc::ServerContext* context,
                                            const admin::v1::CloseTunnelRequest& request) {
  TunnelId id;
  if (grpc::Status status = ReadTunnelName(request.name(), &id); !status.ok()) return status;
  std::uint16_t code = 0;
  if (grpc::Status status = ReadTunnelClose(request.code(), request.reason(), &code); !status.ok()) return status;
  return ops::ToGrpc(server_->tunnels().Close(id, code, request.reason(), ops::DeadlineOf(*context)), kTunnelType,
                     request.name());
}

grpc::Status SidecarAdminService::CloseTunnels(grpc::ServerContext* context,
                                               const admin::v1::CloseTunnelsRequest* request,
                                               admin::v1::CloseTunnelsResponse* response) {
  grpc::Status status = EndTunnels(context, *request, response);
  if (request->validate_only()) return status;
  const std::string filter = FilterText(request->filter());
  return audit_->Note(*context, {.method = "CloseTunnels", .resource = filter, .count = response->count()},
                      std::move(status));
}

grpc::Status SidecarAdminService::EndTunnels(grpc::ServerContext* context,
                                             const admin::v1::CloseTunnelsRequest& request,
                                             admin::v1::CloseTunnelsResponse* response) {
  const bool has_filter = request.filter().ByteSizeLong() > 0;
  if (has_filter && request.all()) return ops::InvalidField("all", "cannot be combined with a filter");
  if (!has_filter && !request.all()) return ops::InvalidField("filter", "must have a condition, unless all is set");
  TunnelFilter filter;
  std::uint16_t code = 0;
  std::chrono::nanoseconds spread{0};
  if (grpc::Status status = ReadTunnelFilter(request.filter(), &filter); !status.ok()) return status;
  if (grpc::Status status = ReadTunnelClose(request.code(), request.reason(), &code); !status.ok()) return status;
  if (grpc::Status status = ops::ReadSpread(request.has_spread(), request.spread(), &spread); !status.ok()) {
    return status;
  }
  TunnelControl& tunnels = server_->tunnels();
  const net::Clock::time_point deadline = ops::DeadlineOf(*context);
  const absl::StatusOr<int> count = request.validate_only()
                                        ? tunnels.Count(filter, deadline)
                                        : tunnels.CloseMany(filter, code, request.reason(), spread, deadline);
  if (!count.ok()) return ops::ToGrpc(count.status());
  response->set_count(*count);
  return grpc::Status::OK;
}

grpc::Status SidecarAdminService::Drain(grpc::ServerContext* context, const admin::v1::DrainSidecarRequest*,
                                        admin::v1::Drain* response) {
  if (server_->drain().Drain()) {
    logger_->Log(ops::LogLevel::kInfo, std::chrono::system_clock::now(), "draining", {{"by", "operator"}});
  }
  *response = ops::ToProto(server_->drain().Get());
  return audit_->Note(*context, {.method = "Drain", .resource = ""}, grpc::Status::OK);
}

grpc::Status SidecarAdminService::CancelDrain(grpc::ServerContext* context, const admin::v1::CancelDrainRequest*,
                                              admin::v1::Drain* response) {
  grpc::Status status = audit_->Note(*context, {.method = "CancelDrain", .resource = ""}, EndDrain());
  if (status.ok()) *response = ops::ToProto(server_->drain().Get());
  return status;
}

grpc::Status SidecarAdminService::EndDrain() {
  const absl::StatusOr<bool> cancelled = server_->drain().Cancel();
  if (!cancelled.ok()) return ops::ToGrpc(cancelled.status());
  if (*cancelled) {
    logger_->Log(ops::LogLevel::kInfo, std::chrono::system_clock::now(), "drain cancelled", {{"by", "operator"}});
  }
  return grpc::Status::OK;
}

grpc::Status SidecarAdminService::GetDrain(grpc::ServerContext*, const admin::v1::GetDrainRequest*,
                                           admin::v1::Drain* response) {
  *response = ops::ToProto(server_->drain().Get());
  return grpc::Status::OK;
}

grpc::Status SidecarAdminService::Explain(grpc::ServerContext*, const admin::v1::ExplainRequest* request,
                                          admin::v1::Explanation* response) {
  const auto load = [this](const ip::IpAddress& viewer) {
    const Server::ViewerLoad of_viewer = server_->LoadOf(viewer);
    admin::v1::Explanation::ViewerLoad proto;
    proto.set_tunnels(of_viewer.tunnels);
    proto.set_max_tunnels(of_viewer.max_tunnels);
    proto.set_requests(of_viewer.requests);
    proto.set_max_requests(of_viewer.max_requests);
    return proto;
  };
  absl::StatusOr<admin::v1::Explanation> explanation = ExplainRequest(*server_->config(), *request, load);
  if (!explanation.ok()) return ops::ToGrpc(explanation.status());
  *response = *std::move(explanation);
  return grpc::Status::OK;
}

grpc::Status SidecarAdminService::ListRecentEnds(grpc::ServerContext* context,
                                                 const admin::v1::ListRecentEndsRequest* request,
                                                 admin::v1::ListRecentEndsResponse* response) {
  ops::RecentEndsQuery query;
  if (grpc::Status status = query.Read(request->id(), request->page_size()); !status.ok()) return status;
  const absl::StatusOr<std::vector<std::string>> lines =
      server_->RecentEnds(query.text(), query.most(), ops::DeadlineOf(*context));
  if (!lines.ok()) return ops::ToGrpc(lines.status());
  *response->mutable_ends() = query.Select(*lines);
  return grpc::Status::OK;
}

grpc::Status SidecarAdminService::GetLadder(grpc::ServerContext*, const admin::v1::GetLadderRequest*,
                                            admin::v1::Ladder* response) {
  const std::shared_ptr<const SidecarConfig> config = server_->config();
  for (const Rung& rung : config->ladder) {
    admin::v1::Rung* proto = response->add_rungs();
    proto->set_rung(std::string(kRungIds.Name(rung.id)));
    proto->set_state(ToProto(rung.state));
    Fill(rung.shorter, proto->mutable_shorter());
    Fill(rung.longer, proto->mutable_longer());
    proto->set_field(std::string(rung.field));
    proto->set_problem(std::string(rung.problem));
    proto->set_fix(rung.fix);
  }
  return grpc::Status::OK;
}

grpc::Status SidecarAdminService::GetPolicy(grpc::ServerContext*, const admin::v1::GetPolicyRequest*,
                                            admin::v1::Policy* response) {
  const std::shared_ptr<const SidecarConfig> config = server_->config();
  const filter::v1::VpcOrigin& texts = config->vpc_origin;
  const filter::OriginSecret& secret = config->policy->secret();
  response->set_mode(filter::v1::Mode_Name(texts.mode()));
  *response->mutable_trusted_peers() = texts.trusted_peers();
  *response->mutable_hosts() = texts.hosts();
  *response->mutable_origins() = texts.origins();
  response->set_extra_edges(texts.edge_ranges().extra_size());
  FillChecks(*config->policy, response);
  response->set_secret_header(std::string(secret.header()));
  for (const std::string& generation : secret.generations()) response->add_secret_generations(generation);
  return grpc::Status::OK;
}

grpc::Status SidecarAdminService::GetRanges(grpc::ServerContext*, const admin::v1::GetRangesRequest*,
                                            admin::v1::Ranges* response) {
  const RangesFacts facts = record_->ranges();
  const std::chrono::nanoseconds age = std::chrono::system_clock::now() - facts.created;
  response->set_source(facts.source);
  response->set_sync_token(facts.sync_token);
  response->set_create_date(facts.create_date);
  *response->mutable_age() = ops::ToDuration(std::max(age, std::chrono::nanoseconds::zero()));
  response->set_prefixes(static_cast<std::int64_t>(facts.prefixes));
  response->set_removed_prefixes(static_cast<std::int64_t>(facts.removed));
  return grpc::Status::OK;
}

grpc::Status SidecarAdminService::Reload(grpc::ServerContext* context, const admin::v1::ReloadRequest*,
                                         admin::v1::ReloadResponse*) {
  return audit_->Note(*context, {.method = "Reload", .resource = ""}, ops::ToGrpc(ReloadAll()));
}

// Broken settings do not block the credentials, and broken credentials do not block the settings.
absl::Status SidecarAdminService::ReloadAll() {
  const absl::Status settings = watch_->Reload();
  const absl::Status credentials = credentials_->Reload();
  if (settings.ok()) return credentials;
  if (credentials.ok()) return settings;
  return {settings.code(), absl::StrCat(settings.message(), "; ", credentials.message())};
}

grpc::Status SidecarAdminService::GetStats(grpc::ServerContext*, const admin::v1::GetSidecarStatsRequest*,
                                           admin::v1::SidecarStats* response) {
  using M = SidecarMetrics;
  const ops::WorkerSums<SidecarMetrics> sums(server_->metrics());
  *response->mutable_start_time() = ops::ToTimestamp(server_->start_time());
  *response->mutable_uptime() = ops::ToDuration(std::chrono::system_clock::now() - server_->start_time());
  response->set_version(std::string(ops::kVersion));
  response->set_draining(server_->drain().draining());
  response->set_sessions_open(sums.Of(&M::sessions_open));
  response->set_tunnels_open(sums.Of(&M::tunnels_open));
  response->set_tunnels_total(sums.Of(&M::tunnels_opened));
  response->set_requests_allowed(sums.Of(&M::allowed));
  AddNamedSums(sums, &M::denied, filter::kDenyReasons, response->mutable_denials());
  AddNamedSums(sums, &M::would_deny, filter::kDenyReasons, response->mutable_would_deny());
  AddNamedSums(sums, &M::requests_ended, kRequestEnds, response->mutable_requests_ended());
  AddNamedSums(sums, &M::tunnels_ended, kTunnelEnds, response->mutable_tunnels_ended());
  response->set_bytes_from_viewers(sums.Of(&M::bytes_to_upstream));
  response->set_bytes_from_upstream(sums.Of(&M::bytes_to_viewer));
  response->set_frames_from_viewers(sums.Of(&M::frames_to_upstream));
  response->set_frames_from_upstream(sums.Of(&M::frames_to_viewer));
  response->set_pings_sent(sums.Of(&M::pings_sent));
  response->set_pongs_received(sums.Of(&M::pongs_received));
  response->set_closes_pending(sums.Of(&M::closes_pending));
  return grpc::Status::OK;
}

}  // namespace viaduct::sidecar
