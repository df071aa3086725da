#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/sidecar/v1/sidecar.pb.h"
#include "sidecar/request/request_path.h"
#include "sidecar/request/route_error.h"
#include "sidecar/upstream/upstream.h"

namespace viaduct::sidecar {

// The timeouts of one route; see Timeouts in api/sidecar/v1/sidecar.proto. A value.
struct RouteTimeouts {
  using Duration = std::chrono::milliseconds;

  // Returns the timeouts of `own`; those that it lacks are taken from `defaults` and written into `own`. Both keep the
  // rules of their schema.
  static RouteTimeouts Of(const sidecar::v1::Timeouts& defaults, sidecar::v1::RouteTimeouts* own);

  Duration response_timeout{};
  Duration body_timeout{};
  Duration upgrade_timeout{};
  std::optional<Duration> idle_timeout;  // nullopt: never
  std::optional<Duration> viewer_idle_timeout;
  std::optional<Duration> upstream_idle_timeout;
  std::optional<Duration> max_duration;
};

// The upstream, timeouts and permissions of requests for the paths below a prefix.
struct Route {
  std::string path_prefix;
  std::size_t upstream = 0;  // index in RouteTable::upstreams()
  RouteTimeouts timeouts;
  bool allows_http = true;
  bool allows_websocket = true;
};

// All routes of a config and the upstreams behind them, no two of which have the same address.
//
// A path is matched and forwarded byte for byte. A table with configured routes refuses a path if one of its other
// readings (OtherReadings) has another route, or none, with or without regard to letter case. So no spelling of a path
// gets past the route of what an application reads in it. A table that has only the top-level upstream refuses nothing.
//
// Immutable once read; any thread may use it.
class RouteTable {
 public:
  // Reads `routes`, and the top-level `upstream` and `timeouts`, which apply to paths without a route and to routes
  // without their own. Timeouts that a route lacks are written into the message. `proto` keeps the rules of its schema.
  // Errors begin with the field's path.
  static absl::StatusOr<RouteTable> Create(sidecar::v1::SidecarConfig* proto);

  // Returns the route with the longest prefix that matches the path of `target`; nullptr, and sets `error`, if none.
  // Allocates only for a path that can be read in several ways.
  const Route* Find(std::string_view target, RouteError* error) const;

  const std::vector<Route>& routes() const { return routes_; }
  const std::vector<Upstream>& upstreams() const { return upstreams_; }

 private:
  void Add(Route route) { routes_.push_back(std::move(route)); }
  // Returns the upstream's index. `path` is the message's path in the config, e.g. "routes[0].upstream".
  absl::StatusOr<std::size_t> AddUpstream(const std::string& path, const sidecar::v1::Upstream& proto);
  absl::Status ReadRoute(const std::string& path, bool has_default, const sidecar::v1::Timeouts& timeouts,
                         sidecar::v1::Route* proto);
  absl::Status CheckPrefix(const std::string& path, const std::string& prefix) const;
  // Returns the route with the longest prefix that matches `path`, or nullptr.
  const Route* Longest(std::string_view path, LetterCase letter_case) const;
  // Returns true if a reading of `path` has another route than `route`, the one of the path as it stands.
  bool MayMeanAnother(std::string_view path, const Route* route) const;

  std::vector<Route> routes_;  // the longest prefix first
  std::vector<Upstream> upstreams_;
  bool configured_ = false;  // more than the top-level upstream
};

}  // namespace viaduct::sidecar
