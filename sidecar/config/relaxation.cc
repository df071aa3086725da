#include "sidecar/config/relaxation.h"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "filter/policy.h"
#include "sidecar/request/routes.h"

namespace viaduct::sidecar {
namespace {

using filter::CheckEnforcements;
using filter::Enforcement;

// What a config relaxes: "is removed" at "vpc_origin.hosts".
struct Relaxation {
  std::string path;
  std::string what;
};

struct NamedEnforcement {
  std::string_view path;
  Enforcement CheckEnforcements::* member;
};

constexpr NamedEnforcement kEnforcements[] = {
    {"vpc_origin.trusted_peer", &CheckEnforcements::trusted_peer},
    {"vpc_origin.edge_range", &CheckEnforcements::edge_range},
    {"vpc_origin.via", &CheckEnforcements::via},
    {"vpc_origin.cf_id", &CheckEnforcements::cf_id},
    {"vpc_origin.host", &CheckEnforcements::host},
    {"vpc_origin.origin", &CheckEnforcements::origin},
    {"vpc_origin.secret_enforcement", &CheckEnforcements::secret},
};

void AddRelaxedChecks(const CheckEnforcements& next, const CheckEnforcements& now, std::vector<Relaxation>* found) {
  for (const auto& [path, member] : kEnforcements) {
    // Its values are in order, the strictest first.
    if (next.*member > now.*member) found->push_back({std::string(path), "is relaxed"});
  }
}

void AddAllowedRoutes(const RouteTable& next, const RouteTable& now, std::vector<Relaxation>* found) {
  for (const Route& route : now.routes()) {
    if (route.allows_http && route.allows_websocket) continue;
    const auto same = std::ranges::find(next.routes(), route.path_prefix, &Route::path_prefix);
    const bool kept = same != next.routes().end() && (route.allows_http || !same->allows_http) &&
                      (route.allows_websocket || !same->allows_websocket);
    if (!kept) found->push_back({"routes", absl::StrCat("what \"", route.path_prefix, "\" refuses is allowed")});
  }
}

}  // namespace

absl::Status CheckNotRelaxed(const SidecarConfig& next, const SidecarConfig& now) {
  std::vector<Relaxation> found;
  const auto keep = [&found](const char* path, bool in_next, bool in_now) {
    if (in_now && !in_next) found.push_back({path, "is removed"});
  };
  keep("vpc_origin.hosts", next.vpc_origin.hosts_size() > 0, now.vpc_origin.hosts_size() > 0);
  keep("vpc_origin.origins", next.vpc_origin.origins_size() > 0, now.vpc_origin.origins_size() > 0);
  keep("vpc_origin.secret", next.vpc_origin.has_secret(), now.vpc_origin.has_secret());
  keep("listener_tls", next.tls.has_value(), now.tls.has_value());
  AddRelaxedChecks(next.policy->enforcements(), now.policy->enforcements(), &found);
  AddAllowedRoutes(next.routes, now.routes, &found);
  if (found.empty()) return absl::OkStatus();
  std::string rule = found.front().what;
  for (const Relaxation& other : std::span(found).subspan(1)) absl::StrAppend(&rule, ", ", other.path, " ", other.what);
  absl::StrAppend(&rule,
                  "; a changed file alone does not do this: SIGHUP or \"viaductctl sidecar reload\" would take it");
  return absl::FailedPreconditionError(absl::StrCat(found.front().path, ": ", rule));
}

}  // namespace viaduct::sidecar
