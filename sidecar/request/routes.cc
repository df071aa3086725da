#include "sidecar/request/routes.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sidecar/request/request_path.h"
#include "text/string_view.h"

namespace viaduct::sidecar {
namespace {

constexpr int kMaxRoutes = 100;

RouteTimeouts ReadTimeouts(const std::string& path, const RouteTimeouts& fallback, sidecar::v1::RouteTimeouts* proto,
                           ops::FieldChecker* check) {
  const auto off = RouteTimeouts::Duration::zero();
  RouteTimeouts timeouts;
  timeouts.response_timeout = check->Positive(path + ".response_timeout", proto->has_response_timeout(),
                                              proto->mutable_response_timeout(), fallback.response_timeout);
  timeouts.body_timeout = check->Positive(path + ".body_timeout", proto->has_body_timeout(),
                                          proto->mutable_body_timeout(), fallback.body_timeout);
  timeouts.upgrade_timeout = check->Positive(path + ".upgrade_timeout", proto->has_upgrade_timeout(),
                                             proto->mutable_upgrade_timeout(), fallback.upgrade_timeout);
  timeouts.idle_timeout = check->OrOff(path + ".idle_timeout", proto->has_idle_timeout(), proto->mutable_idle_timeout(),
                                       fallback.idle_timeout.value_or(off));
  timeouts.viewer_idle_timeout =
      check->OrOff(path + ".viewer_idle_timeout", proto->has_viewer_idle_timeout(),
                   proto->mutable_viewer_idle_timeout(), fallback.viewer_idle_timeout.value_or(off));
  timeouts.upstream_idle_timeout =
      check->OrOff(path + ".upstream_idle_timeout", proto->has_upstream_idle_timeout(),
                   proto->mutable_upstream_idle_timeout(), fallback.upstream_idle_timeout.value_or(off));
  timeouts.max_duration = check->OrOff(path + ".max_duration", proto->has_max_duration(), proto->mutable_max_duration(),
                                       fallback.max_duration.value_or(off));
  return timeouts;
}

// Forgetting to say it closes no door that was open: ALLOW is what there is without routes.
sidecar::v1::Permission OrAllow(sidecar::v1::Permission permission) {
  return permission == sidecar::v1::PERMISSION_UNSPECIFIED ? sidecar::v1::ALLOW : permission;
}

}  // namespace

RouteTable RouteTable::Read(sidecar::v1::SidecarConfig* proto, const RouteTimeouts& timeouts,
                            ops::FieldChecker* check) {
  RouteTable table;
  table.configured_ = proto->routes_size() > 0;
  const bool has_default = proto->has_upstream();
  if (!has_default && !table.configured_) check->Fail("upstream.address", "required");
  if (has_default) table.AddUpstream("upstream", proto->mutable_upstream(), check);
  if (proto->routes_size() > kMaxRoutes) check->Fail("routes", absl::StrCat("must be at most ", kMaxRoutes));
  for (int i = 0; i < proto->routes_size() && check->status().ok(); ++i) {
    table.ReadRoute(static_cast<std::size_t>(i), has_default, timeouts, proto->mutable_routes(i), check);
  }
  const auto whole = [](const Route& route) { return route.path_prefix == "/"; };
  if (has_default && std::none_of(table.routes_.begin(), table.routes_.end(), whole)) {
    table.Add({.path_prefix = "/", .upstream = 0, .timeouts = timeouts});
  }
  std::sort(table.routes_.begin(), table.routes_.end(),
            [](const Route& a, const Route& b) { return a.path_prefix.size() > b.path_prefix.size(); });
  return table;
}

std::size_t RouteTable::AddUpstream(std::string_view path, sidecar::v1::Upstream* proto, ops::FieldChecker* check) {
  Upstream upstream = ReadUpstream(path, proto, check);
  for (std::size_t i = 0; i < upstreams_.size(); ++i) {
    if (upstreams_[i].name != upstream.name) continue;
    if (!SameUpstream(upstreams_[i], upstream)) {
      check->Fail(std::string(path) + ".address",
                  absl::StrCat("\"", upstream.name, "\": has other settings elsewhere in this file"));
    }
    return i;
  }
  upstreams_.push_back(std::move(upstream));
  return upstreams_.size() - 1;
}

void RouteTable::ReadRoute(std::size_t index, bool has_default, const RouteTimeouts& timeouts,
                           sidecar::v1::Route* proto, ops::FieldChecker* check) {
  const std::string path = absl::StrCat("routes[", index, "]");
  CheckPrefix(path + ".path_prefix", proto->path_prefix(), check);
  Route route;
  route.path_prefix = proto->path_prefix();
  if (proto->has_upstream()) {
    route.upstream = AddUpstream(path + ".upstream", proto->mutable_upstream(), check);
  } else if (!has_default) {
    check->Fail(path + ".upstream", "required: there is no top-level upstream");
  }
  route.timeouts = ReadTimeouts(path + ".timeouts", timeouts, proto->mutable_timeouts(), check);
  proto->set_http(OrAllow(proto->http()));
  proto->set_websocket(OrAllow(proto->websocket()));
  route.allows_http = proto->http() == sidecar::v1::ALLOW;
  route.allows_websocket = proto->websocket() == sidecar::v1::ALLOW;
  Add(std::move(route));
}

void RouteTable::CheckPrefix(const std::string& path, std::string_view prefix, ops::FieldChecker* check) const {
  if (prefix.empty()) {
    check->Fail(path, "required");
  } else if (!IsPlainPrefix(prefix)) {
    check->Fail(path,
                absl::StrCat("\"", text::ToAbsl(prefix),
                             "\": must begin with \"/\" and have no escape, dot segment, empty segment or \";\""));
  }
  for (const Route& other : routes_) {
    if (other.path_prefix.size() == prefix.size() && MatchPrefix(prefix, other.path_prefix).lenient) {
      check->Fail(path, absl::StrCat("\"", text::ToAbsl(prefix),
                                     "\": another route has this prefix, or one that differs only in case"));
    }
  }
}

const Route* RouteTable::Find(std::string_view target, RouteError* error) const {
  const std::string_view path = TargetPath(target);
  *error = RouteError::kAmbiguousPath;
  if (!configured_) return &routes_.front();
  if (IsAmbiguousPath(path)) return nullptr;
  for (const Route& route : routes_) {
    const PrefixMatch match = MatchPrefix(path, route.path_prefix);
    if (match.exact) return &route;
    // An application that reads the path so would serve it for this longer prefix.
    if (match.lenient) return nullptr;
  }
  *error = RouteError::kNoRoute;
  return nullptr;
}

}  // namespace viaduct::sidecar
