#include "sidecar/authorize/authorize_config.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "filter/trusted_fields.h"
#include "text/ascii.h"
#include "text/field_error.h"
#include "text/status.h"

namespace viaduct::sidecar {
namespace {

constexpr std::string_view kDefaultPeerField = "x-viaduct-peer";
constexpr const char* kDefaultProxies[] = {"127.0.0.0/8", "::1/128"};

std::optional<net::SocketAddress> AddressOf(const std::string& text) {
  if (text.empty()) return std::nullopt;
  return net::SocketAddress::Parse(text).value();
}

// Returns true if the checks of `vpc_origin` read the field, or a proxy drops it.
bool IsJudged(std::string_view field, const filter::v1::VpcOrigin& vpc_origin) {
  if (filter::IsTrustedField(field) && !text::EqualsIgnoreCase(field, kDefaultPeerField)) return true;
  if (text::EqualsIgnoreCase(field, "connection") || text::EqualsIgnoreCase(field, "upgrade")) return true;
  return vpc_origin.has_secret() && text::EqualsIgnoreCase(field, vpc_origin.secret().header());
}

// What Traefik does not pass on cannot be checked.
absl::Status CheckHosts(const filter::v1::VpcOrigin& vpc_origin) {
  if (vpc_origin.hosts_size() > 0 && vpc_origin.host() != filter::v1::OFF) {
    return text::InvalidField("authorize.proxy",
                              "\"TRAEFIK\": does not pass on the viewer's Host, so vpc_origin.hosts cannot be checked: "
                              "match hosts in the router's rule, and leave hosts out or set host: OFF");
  }
  const auto& origins = vpc_origin.origins();
  if (std::ranges::find(origins, "same-host") != origins.end() && vpc_origin.origin() != filter::v1::OFF) {
    return text::InvalidField("authorize.proxy",
                              "\"TRAEFIK\": does not pass on the viewer's Host, so the origin \"same-host\" cannot be "
                              "checked: list the origins in vpc_origin.origins");
  }
  return absl::OkStatus();
}

absl::Status CheckPeerField(const sidecar::v1::Authorize& proto, const filter::v1::VpcOrigin& vpc_origin) {
  if (!proto.has_peer_field()) return absl::OkStatus();
  if (proto.proxy() == sidecar::v1::TRAEFIK) {
    return text::InvalidField("authorize.peer_field",
                              "must not be set for TRAEFIK, which says its peer in X-Forwarded-For");
  }
  if (!IsJudged(proto.peer_field(), vpc_origin)) return absl::OkStatus();
  return text::AtField("authorize.peer_field",
                       text::InvalidValue(proto.peer_field(), "must be a field of its own, which no check looks at"));
}

// Reads what belongs to questions in HTTP.
absl::Status ReadHttp(sidecar::v1::Authorize* proto, const filter::v1::VpcOrigin& vpc_origin, AuthorizeConfig* config) {
  if (proto->listen().empty()) {
    if (proto->proxy() != sidecar::v1::AUTHORIZING_PROXY_UNSPECIFIED) {
      return text::InvalidField("authorize.proxy", "must not be set without listen");
    }
    if (proto->has_peer_field()) {
      return text::InvalidField("authorize.peer_field", "must not be set without listen");
    }
    return absl::OkStatus();
  }
  if (proto->proxy() == sidecar::v1::AUTHORIZING_PROXY_UNSPECIFIED) {
    return text::InvalidField("authorize.proxy", "must be set, since listen is: ENVOY, NGINX, CADDY or TRAEFIK");
  }
  if (absl::Status status = CheckPeerField(*proto, vpc_origin); !status.ok()) return status;
  if (proto->proxy() == sidecar::v1::TRAEFIK) return CheckHosts(vpc_origin);
  if (!proto->has_peer_field()) proto->set_peer_field(std::string(kDefaultPeerField));
  config->peer_field = absl::AsciiStrToLower(proto->peer_field());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<AuthorizeConfig> AuthorizeConfig::Create(sidecar::v1::Authorize* proto,
                                                        const filter::v1::VpcOrigin& vpc_origin) {
  AuthorizeConfig config;
  config.listen = AddressOf(proto->listen());
  config.grpc_listen = AddressOf(proto->grpc_listen());
  if (!config.listen.has_value() && !config.grpc_listen.has_value()) {
    return text::InvalidField("authorize", "must have listen, grpc_listen or both");
  }
  if (vpc_origin.mode() == filter::v1::NLB) {
    return text::InvalidField("authorize",
                              "is not for vpc_origin.mode \"NLB\", since proxies do not pass on a connection's PROXY "
                              "header: use ALB or DIRECT, or let the balancer connect to the sidecar");
  }
  if (absl::Status status = ReadHttp(proto, vpc_origin, &config); !status.ok()) return status;
  if (proto->trusted_proxies().empty()) {
    for (const char* prefix : kDefaultProxies) proto->add_trusted_proxies(prefix);
  }
  config.trusted_prefixes.assign(proto->trusted_proxies().begin(), proto->trusted_proxies().end());
  absl::StatusOr<ip::AddressRanges> proxies = text::ToStatusOr(ip::AddressRanges::Create(config.trusted_prefixes));
  if (!proxies.ok()) return text::AtField("authorize.trusted_proxies", proxies.status());
  config.trusted_proxies = *std::move(proxies);
  return config;
}

}  // namespace viaduct::sidecar
