#include "sidecar/request/routes.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ops/config/duration_field.h"
#include "text/ascii.h"
#include "text/field_error.h"
#include "text/string_view.h"

namespace viaduct::sidecar {
namespace {

absl::Status Wrong(const std::string& path, const std::string& rule) {
  return absl::InvalidArgumentError(absl::StrCat(path, ": ", rule));
}

// Returns the prefix that matches the paths of a pattern, and nothing else that matters; "" if there is none.
std::string_view PrefixOfPattern(std::string_view pattern) {
  if (pattern.starts_with('^')) pattern.remove_prefix(1);
  for (const std::string_view tail : {"(/.*)?", "(/|$)", "/.*", ".*", "/**", "/*", "*"}) {
    if (!pattern.ends_with(tail)) continue;
    pattern.remove_suffix(tail.size());
    break;
  }
  if (pattern.empty()) return "/";
  return IsPlainPrefix(pattern) && pattern.find_first_of("*+()$") == std::string_view::npos ? pattern : "";
}

// Returns the rule that a prefix breaks which is not plain or has "*".
std::string BrokenPrefixRule(std::string_view prefix) {
  if (prefix.find_first_of("*^[]{}|") != std::string_view::npos) {
    const std::string_view literal = PrefixOfPattern(prefix);
    return absl::StrCat("is a pattern, but a prefix is literal and matches itself and every path below it",
                        literal.empty() ? "" : absl::StrCat("; write \"", text::ToAbsl(literal), "\""));
  }
  if (!prefix.starts_with('/')) return "must begin with \"/\"";
  if (prefix.find_first_of("?#") != std::string_view::npos) return "must be only a path, without query or fragment";
  if (prefix.find('%') != std::string_view::npos) return "must have no escape";
  if (prefix.find(';') != std::string_view::npos) return "must have no \";\"";
  if (prefix.find("//") != std::string_view::npos) return "must have no empty segment";
  if (prefix.find("/.") != std::string_view::npos) return "must have no dot segment";
  return "must have no space or other character that stands in a request's path only as an escape";
}

}  // namespace

RouteTimeouts RouteTimeouts::Of(const sidecar::v1::Timeouts& defaults, sidecar::v1::RouteTimeouts* own) {
  if (!own->has_response_timeout()) *own->mutable_response_timeout() = defaults.response_timeout();
  if (!own->has_body_timeout()) *own->mutable_body_timeout() = defaults.body_timeout();
  if (!own->has_upgrade_timeout()) *own->mutable_upgrade_timeout() = defaults.upgrade_timeout();
  if (!own->has_idle_timeout()) *own->mutable_idle_timeout() = defaults.idle_timeout();
  if (!own->has_max_duration()) *own->mutable_max_duration() = defaults.max_duration();
  if (!own->has_viewer_idle_timeout()) *own->mutable_viewer_idle_timeout() = defaults.viewer_idle_timeout();
  if (!own->has_upstream_idle_timeout()) *own->mutable_upstream_idle_timeout() = defaults.upstream_idle_timeout();
  return {.response_timeout = ops::ToMilliseconds(own->response_timeout()),
          .body_timeout = ops::ToMilliseconds(own->body_timeout()),
          .upgrade_timeout = ops::ToMilliseconds(own->upgrade_timeout()),
          .idle_timeout = ops::ToMillisecondsOrOff(own->idle_timeout()),
          .viewer_idle_timeout = ops::ToMillisecondsOrOff(own->viewer_idle_timeout()),
          .upstream_idle_timeout = ops::ToMillisecondsOrOff(own->upstream_idle_timeout()),
          .max_duration = ops::ToMillisecondsOrOff(own->max_duration())};
}

absl::StatusOr<RouteTable> RouteTable::Create(sidecar::v1::SidecarConfig* proto) {
  RouteTable table;
  table.configured_ = proto->routes_size() > 0;
  const bool has_default = proto->has_upstream();
  if (!has_default && !table.configured_) return Wrong("upstream.address", "required");
  if (has_default) {
    if (auto added = table.AddUpstream("upstream", proto->upstream()); !added.ok()) return added.status();
  }
  for (int i = 0; i < proto->routes_size(); ++i) {
    absl::Status read =
        table.ReadRoute(absl::StrCat("routes[", i, "]"), has_default, proto->timeouts(), proto->mutable_routes(i));
    if (!read.ok()) return read;
  }
  const auto whole = [](const Route& route) { return route.path_prefix == "/"; };
  if (has_default && std::none_of(table.routes_.begin(), table.routes_.end(), whole)) {
    sidecar::v1::RouteTimeouts none;
    table.Add({.path_prefix = "/", .upstream = 0, .timeouts = RouteTimeouts::Of(proto->timeouts(), &none)});
  }
  std::sort(table.routes_.begin(), table.routes_.end(),
            [](const Route& a, const Route& b) { return a.path_prefix.size() > b.path_prefix.size(); });
  return table;
}

absl::StatusOr<std::size_t> RouteTable::AddUpstream(const std::string& path, const sidecar::v1::Upstream& proto) {
  Upstream upstream = Upstream::Of(proto);
  for (std::size_t i = 0; i < upstreams_.size(); ++i) {
    if (upstreams_[i].name != upstream.name) continue;
    if (SameUpstream(upstreams_[i], upstream)) return i;
    return Wrong(path + ".address", absl::StrCat("\"", upstream.name, "\": has other settings elsewhere in this file"));
  }
  upstreams_.push_back(std::move(upstream));
  return upstreams_.size() - 1;
}

absl::Status RouteTable::ReadRoute(const std::string& path, bool has_default, const sidecar::v1::Timeouts& timeouts,
                                   sidecar::v1::Route* proto) {
  if (absl::Status status = CheckPrefix(path + ".path_prefix", proto->path_prefix()); !status.ok()) return status;
  Route route;
  route.path_prefix = proto->path_prefix();
  if (proto->has_upstream()) {
    const absl::StatusOr<std::size_t> upstream = AddUpstream(path + ".upstream", proto->upstream());
    if (!upstream.ok()) return upstream.status();
    route.upstream = *upstream;
  } else if (!has_default) {
    return Wrong(path + ".upstream", "required: there is no top-level upstream");
  }
  route.timeouts = RouteTimeouts::Of(timeouts, proto->mutable_timeouts());
  route.allows_http = proto->http() == sidecar::v1::ALLOW;
  route.allows_websocket = proto->websocket() == sidecar::v1::ALLOW;
  Add(std::move(route));
  return absl::OkStatus();
}

absl::Status RouteTable::CheckPrefix(const std::string& path, const std::string& prefix) const {
  if (!IsPlainPrefix(prefix) || prefix.find('*') != std::string::npos) {
    return text::AtField(path, text::InvalidValue(prefix, BrokenPrefixRule(prefix)));
  }
  for (const Route& other : routes_) {
    if (text::EqualsIgnoreCase(other.path_prefix, prefix)) {
      return Wrong(path,
                   absl::StrCat("\"", prefix, "\": another route has this prefix, or one that differs only in case"));
    }
  }
  return absl::OkStatus();
}

const Route* RouteTable::Longest(std::string_view path, LetterCase letter_case) const {
  for (const Route& route : routes_) {
    if (MatchesPrefix(path, route.path_prefix, letter_case)) return &route;
  }
  return nullptr;
}

bool RouteTable::MayMeanAnother(std::string_view path, const Route* route) const {
  if (Longest(path, LetterCase::kIgnored) != route) return true;
  const std::optional<std::vector<std::string>> readings = OtherReadings(path);
  if (!readings.has_value()) return true;
  return std::any_of(readings->begin(), readings->end(), [&](const std::string& reading) {
    return Longest(reading, LetterCase::kCounts) != route || Longest(reading, LetterCase::kIgnored) != route;
  });
}

const Route* RouteTable::Find(std::string_view target, RouteError* error) const {
  if (!configured_) return &routes_.front();
  const std::string_view path = TargetPath(target);
  const Route* route = Longest(path, LetterCase::kCounts);
  *error = RouteError::kNoRoute;
  if (!MayMeanAnother(path, route)) return route;
  *error = RouteError::kAmbiguousPath;
  return nullptr;
}

}  // namespace viaduct::sidecar
