#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "api/sidecar/v1/sidecar.pb.h"
#include "ops/config/field_checker.h"
#include "sidecar/upstream/upstream.h"
#include "text/closed_list.h"

namespace viaduct::sidecar {

// The timeouts that a route may have of its own; see Timeouts in api/sidecar/v1/sidecar.proto.
struct RouteTimeouts {
  using Duration = ops::FieldChecker::Duration;

  Duration response_timeout{};
  Duration body_timeout{};
  Duration upgrade_timeout{};
  std::optional<Duration> idle_timeout;  // nullopt: never
  std::optional<Duration> viewer_idle_timeout;
  std::optional<Duration> upstream_idle_timeout;
  std::optional<Duration> max_duration;
};

// Where the requests for some paths go, and how.
struct Route {
  std::string path_prefix;
  std::size_t upstream = 0;  // in RouteTable::upstreams()
  RouteTimeouts timeouts;
  bool allows_http = true;
  bool allows_websocket = true;
};

// Why a request has no route.
enum class RouteError : std::uint8_t {
  kNoRoute,        // no prefix fits its path
  kAmbiguousPath,  // the application could read the path as one of another route
};

inline constexpr auto kRouteErrors = text::ClosedListOf<RouteError>({
    {RouteError::kNoRoute, "no_route"},
    {RouteError::kAmbiguousPath, "ambiguous_path"},
});

// All routes of a config and the upstreams behind them, each of another address.
//
// A path is matched as it came and goes on as it came. So that no other spelling of a path reaches another route than
// the path itself, a table with configured routes refuses what could be read in two ways; see request_path.h. A table
// of the top-level upstream alone has nothing to choose and refuses nothing.
//
// Immutable once read; any thread may use it.
class RouteTable {
 public:
  // Reads `routes` and the top-level `upstream`, where a route without an upstream leads and a path without a route.
  // `timeouts` are those of a route that says nothing else. Writes what is in force into the message.
  static RouteTable Read(sidecar::v1::SidecarConfig* proto, const RouteTimeouts& timeouts, ops::FieldChecker* check);

  // The route with the longest prefix that fits the path of `target`; nullptr with the reason in `error`.
  const Route* Find(std::string_view target, RouteError* error) const;

  const std::vector<Route>& routes() const { return routes_; }
  const std::vector<Upstream>& upstreams() const { return upstreams_; }

 private:
  void Add(Route route) { routes_.push_back(std::move(route)); }
  std::size_t AddUpstream(std::string_view path, sidecar::v1::Upstream* proto, ops::FieldChecker* check);
  void ReadRoute(std::size_t index, bool has_default, const RouteTimeouts& timeouts, sidecar::v1::Route* proto,
                 ops::FieldChecker* check);
  void CheckPrefix(const std::string& path, std::string_view prefix, ops::FieldChecker* check) const;

  std::vector<Route> routes_;  // the longest prefix first
  std::vector<Upstream> upstreams_;
  bool configured_ = false;  // more than the top-level upstream
};

}  // namespace viaduct::sidecar
