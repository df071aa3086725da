#include "tests/filter/request_cases.h"

#include <array>

namespace viaduct::filter {
namespace {

constexpr HostDifference kEmptyLine = {
    "envoy envoy_http envoy_grpc envoy_grpc_map", "allowed",
    "Envoy leaves empty lines out when it joins lines; nobody but the operator's own proxies writes behind the "
    "balancer"};
constexpr HostDifference kRefusedBySidecar = {"sidecar", "400", "the parser of heads refuses it before the filter"};

// The proxies of docs/authorize.md; "envoy" is the module.
constexpr HostDifference RefusedBy(std::string_view hosts) {
  return {hosts, "400", "the proxy's own parser refuses it before any filter sees it"};
}
constexpr HostDifference kBadRequest = {"envoy_http", "bad_request",
                                        "Envoy asks with the same Host, which the parser of heads refuses"};
constexpr HostDifference kNotRouted = {"traefik", "404", "no router of Traefik's is for this host"};
constexpr HostDifference kDropped = {"nginx caddy", "allowed",
                                     "the proxy drops fields of such names, so the application does not see it either"};
constexpr HostDifference kOwnConnection = {
    "nginx", "allowed",
    "nginx passes no viewer's Connection on, but its own, and removes no field that a viewer's names"};
constexpr std::string_view kEmptyField = "Caddy asks with an empty X-Forwarded-For where there is none";
constexpr std::string_view kTaken = "the proxy removes what Connection names before it asks";
constexpr HostDifference kIdTaken = {"caddy traefik", "cf_id_missing", kTaken};
constexpr std::string_view kOwnFields =
    "the proxy shows the filter the field as it came, and writes the application's itself";
constexpr std::string_view kCloudFrontVia = "1.1 ece5d4a731ece5ff46c564ab2b946ede.cloudfront.net (CloudFront)";

// Cases behind an ALB.
std::span<const RequestCase> AlbCases() {
  static const RequestCase kCases[] = {
      // X-Forwarded-For: the balancer's peer stands last, the viewer before it, and forged members to the left of them.
      {"a caller of the balancer itself",
       [](auto& r) { r.Set("x-forwarded-for", "203.0.113.9").Remove("via").Remove("x-amz-cf-id"); }, "xff_too_short"},
      {"a workload in the VPC that invents CloudFront's marks", [](auto& r) { r.Set("x-forwarded-for", "10.10.4.7"); },
       "xff_too_short"},
      {"a caller of the balancer that invents an edge",
       [](auto& r) { r.Set("x-forwarded-for", "198.51.100.10, 130.176.114.52, 203.0.113.9"); }, "edge_not_in_ranges"},
      {"a workload in the VPC that invents an edge",
       [](auto& r) { r.Set("x-forwarded-for", "130.176.114.52, 10.10.4.7"); }, "edge_not_in_ranges"},
      {"a viewer that invents addresses",
       [](auto& r) { r.Set("x-forwarded-for", "127.0.0.1, 10.0.0.1, 198.51.100.10, 130.176.114.52"); }, "allowed"},
      {"a viewer that invents addresses in a line of its own",
       [](auto& r) { r.Prepend("X-Forwarded-For", "130.176.114.52"); }, "allowed"},
      {"a viewer that opens a quote", [](auto& r) { r.Set("x-forwarded-for", "\"a, 198.51.100.10, 130.176.114.52"); },
       "allowed"},
      {"garbage left of the viewer", [](auto& r) { r.Set("x-forwarded-for", "a;b,,%, 198.51.100.10, 130.176.114.52"); },
       "allowed"},
      {"a line behind the balancer's", [](auto& r) { r.Add("X-Forwarded-For", "203.0.113.9"); }, "edge_not_in_ranges"},
      {"an empty line behind the balancer's",
       [](auto& r) { r.Add("X-Forwarded-For", ""); },
       "edge_address_unparsable",
       {kEmptyLine}},
      {"neither X-Forwarded-For nor CloudFront's marks",
       [](auto& r) { r.Remove("x-forwarded-for").Remove("x-amz-cf-id"); },
       "xff_missing",
       {{"caddy", "xff_too_short", kEmptyField}}},
      {"a balancer that removes",
       [](auto& r) { r.Remove("x-forwarded-for"); },
       "alb_removes_xff",
       {{"caddy", "xff_too_short", kEmptyField}}},
      {"a balancer that preserves", [](auto& r) { r.Set("x-forwarded-for", "2001:db8::7334"); }, "alb_preserves_xff"},
      {"a balancer that preserves what a viewer invents, told by CloudFront-Viewer-Address",
       [](auto& r) {
         r.Set("x-forwarded-for", "130.176.114.52, 2001:db8::7334")
             .Add("CloudFront-Viewer-Address", "2001:db8::7334:46532");
       },
       "alb_preserves_xff"},
      {"the same with IPv4",
       [](auto& r) {
         r.Set("x-forwarded-for", "1.2.3.4, 198.51.100.10").Add("cloudfront-viewer-address", "198.51.100.10:46532");
       },
       "alb_preserves_xff"},
      {"a balancer that preserves what a viewer invents, told by nothing",
       [](auto& r) { r.Set("x-forwarded-for", "130.176.114.52, 2001:db8::7334"); }, "edge_not_in_ranges"},
      {"an edge that is not in the list yet",
       [](auto& r) {
         r.Set("x-forwarded-for", "198.51.100.10, 192.0.2.52").Add("cloudfront-viewer-address", "198.51.100.10:46532");
       },
       "edge_not_in_ranges"},
      {"an edge without a viewer", [](auto& r) { r.Set("x-forwarded-for", "130.176.114.52"); }, "xff_too_short"},
      {"an edge behind an empty member", [](auto& r) { r.Set("x-forwarded-for", ", 130.176.114.52"); },
       "viewer_address_unparsable"},
      {"an empty value", [](auto& r) { r.Set("x-forwarded-for", ""); }, "xff_too_short"},
      {"lines that are already joined, and not",
       [](auto& r) { r.Set("x-forwarded-for", "127.0.0.1, 198.51.100.10").Add("X-FORWARDED-FOR", "130.176.114.52"); },
       "allowed"},
      {"client ports", [](auto& r) { r.Set("x-forwarded-for", "198.51.100.10, 130.176.114.52:46532"); }, "allowed"},
      {"client ports with IPv6", [](auto& r) { r.Set("x-forwarded-for", "198.51.100.10, [2600:9000:1000::1]:46532"); },
       "allowed"},
      {"an edge with IPv6", [](auto& r) { r.Set("x-forwarded-for", "198.51.100.10, 2600:9000:1000::1"); }, "allowed"},
      {"an edge mapped into IPv6", [](auto& r) { r.Set("x-forwarded-for", "198.51.100.10, ::ffff:130.176.114.52"); },
       "allowed"},
      {"another address mapped into IPv6",
       [](auto& r) { r.Set("x-forwarded-for", "198.51.100.10, ::ffff:203.0.113.9"); }, "edge_not_in_ranges"},
      {"an edge with a zone", [](auto& r) { r.Set("x-forwarded-for", "198.51.100.10, 2600:9000:1000::1%eth0"); },
       "edge_address_unparsable"},
      {"an edge in octal", [](auto& r) { r.Set("x-forwarded-for", "198.51.100.10, 0130.176.114.52"); },
       "edge_address_unparsable"},
      {"an edge in hexadecimal", [](auto& r) { r.Set("x-forwarded-for", "198.51.100.10, 0x82.0xb0.0x72.0x34"); },
       "edge_address_unparsable"},
      {"an edge as one number", [](auto& r) { r.Set("x-forwarded-for", "198.51.100.10, 2192601652"); },
       "edge_address_unparsable"},
      {"a viewer with a port", [](auto& r) { r.Set("x-forwarded-for", "198.51.100.10:443, 130.176.114.52"); },
       "allowed"},
      {"a viewer with port 0", [](auto& r) { r.Set("x-forwarded-for", "198.51.100.10:0, 130.176.114.52"); },
       "viewer_address_unparsable"},
      {"a viewer with a zone", [](auto& r) { r.Set("x-forwarded-for", "fe80::1%25eth0, 130.176.114.52"); },
       "viewer_address_unparsable"},
      {"a viewer that is a word", [](auto& r) { r.Set("x-forwarded-for", "unknown, 130.176.114.52"); },
       "viewer_address_unparsable"},
      {"a part of 130.176.0.0/16 that faces no origin",
       [](auto& r) { r.Set("x-forwarded-for", "198.51.100.10, 130.176.77.1"); }, "edge_not_in_ranges"},
  };
  return kCases;
}

// Cases without an ALB that adds a member.
std::span<const RequestCase> UnbalancedCases() {
  static const RequestCase kCases[] = {
      {"a viewer that invents addresses",
       [](auto& r) { r.Set("x-forwarded-for", "127.0.0.1, 130.176.114.52, 198.51.100.10"); }, "allowed"},
      {"a viewer that invents a line", [](auto& r) { r.Prepend("X-Forwarded-For", "127.0.0.1"); }, "allowed"},
      {"a viewer that opens a quote", [](auto& r) { r.Set("x-forwarded-for", "\"a, 198.51.100.10"); }, "allowed"},
      {"a viewer with a port", [](auto& r) { r.Set("x-forwarded-for", "[2001:db8::7334]:443"); }, "allowed"},
      {"a viewer mapped into IPv6", [](auto& r) { r.Set("x-forwarded-for", "::ffff:198.51.100.10"); }, "allowed"},
      {"a viewer with a zone", [](auto& r) { r.Set("x-forwarded-for", "fe80::1%25eth0"); },
       "viewer_address_unparsable"},
      {"a viewer in octal", [](auto& r) { r.Set("x-forwarded-for", "0306.51.100.10"); }, "viewer_address_unparsable"},
      {"a word", [](auto& r) { r.Set("x-forwarded-for", "127.0.0.1, unknown"); }, "viewer_address_unparsable"},
      {"an empty value", [](auto& r) { r.Set("x-forwarded-for", ""); }, "viewer_address_unparsable"},
      {"an empty last member", [](auto& r) { r.Set("x-forwarded-for", "127.0.0.1,"); }, "viewer_address_unparsable"},
      {"an empty line behind",
       [](auto& r) { r.Add("X-Forwarded-For", ""); },
       "viewer_address_unparsable",
       {kEmptyLine}},
      {"no X-Forwarded-For, with all of CloudFront's marks",
       [](auto& r) { r.Remove("x-forwarded-for"); },
       "xff_missing",
       {{"caddy", "viewer_address_unparsable", kEmptyField}}},
      {"no X-Forwarded-For, without them",
       [](auto& r) { r.Remove("x-forwarded-for").Remove("via"); },
       "xff_missing",
       {{"caddy", "viewer_address_unparsable", kEmptyField}}},
  };
  return kCases;
}

}  // namespace

std::span<const ModeCase> Modes() {
  static const std::array<ModeCase, 3> kModes = {
      ModeCase{"ALB", GenuineSpec(), GenuineConnection(), GenuineRequest, AlbCases()},
      ModeCase{"NLB", NlbSpec(), NlbConnection(), UnbalancedRequest, UnbalancedCases()},
      ModeCase{"DIRECT", DirectSpec(), DirectConnection(), UnbalancedRequest, UnbalancedCases()},
  };
  return kModes;
}

std::span<const RequestCase> CommonCases() {
  static const RequestCase kCases[] = {
      // Via: only the last member counts, over all lines.
      {"no Via", [](auto& r) { r.Remove("via"); }, "via_missing"},
      {"an empty Via", [](auto& r) { r.Set("via", ""); }, "via_missing"},
      {"CloudFront's Via above another", [](auto& r) { r.Add("Via", "1.1 evil"); }, "via_not_cloudfront"},
      {"CloudFront's Via in front of another",
       [](auto& r) { r.Set("via", std::string(kCloudFrontVia) + ", 1.1 evil"); }, "via_not_cloudfront"},
      {"a viewer's Via in front", [](auto& r) { r.Set("via", "1.1 proxy, " + std::string(kCloudFrontVia)); },
       "allowed"},
      {"a viewer's Via in a line above", [](auto& r) { r.Prepend("Via", "1.1 proxy (squid/5.7)"); }, "allowed"},
      {"a viewer's Via that looks like CloudFront's", [](auto& r) { r.Prepend("Via", kCloudFrontVia); }, "allowed"},
      {"a viewer's comment that swallows CloudFront's member",
       [](auto& r) { r.Set("via", "1.1 x (" + std::string(kCloudFrontVia)); }, "via_malformed"},
      {"CloudFront's member inside a comment",
       [](auto& r) { r.Set("via", "1.1 x (, " + std::string(kCloudFrontVia) + ")"); }, "via_not_cloudfront"},
      {"an open comment in a line of its own", [](auto& r) { r.Prepend("Via", "1.1 x (y"); }, "via_malformed"},
      {"a comment over two lines", [](auto& r) { r.Prepend("Via", "y)").Prepend("Via", "1.1 x ("); }, "allowed"},
      {"a comment over two lines that ends with CloudFront's member",
       [](auto& r) { r.Prepend("Via", "1.1 x (").Set("via", "y) " + std::string(kCloudFrontVia)); },
       "via_not_cloudfront"},
      {"a comment that is closed behind CloudFront's member",
       [](auto& r) { r.Prepend("Via", "1.1 x (").Add("Via", ")"); }, "via_not_cloudfront"},
      {"a line's end behind a backslash", [](auto& r) { r.Prepend("Via", ")").Prepend("Via", "1.1 x (\\"); },
       "allowed"},
      {"a quote around the comma", [](auto& r) { r.Set("via", "\"1.1 x, " + std::string(kCloudFrontVia)); },
       "via_malformed"},
      {"a chain of two distributions",
       [](auto& r) { r.Set("via", "2.0 a.cloudfront.net (CloudFront), 1.1 b.cloudfront.net (CloudFront)"); },
       "allowed"},
      {"HTTP/2 to the edge", [](auto& r) { r.Set("via", "2.0 a.cloudfront.net (CloudFront)"); }, "allowed"},
      {"a name that ends alike", [](auto& r) { r.Set("via", "1.1 a.evilcloudfront.net (CloudFront)"); },
       "via_not_cloudfront"},
      {"a name that begins alike", [](auto& r) { r.Set("via", "1.1 a.cloudfront.net.evil.example (CloudFront)"); },
       "via_not_cloudfront"},
      {"another product", [](auto& r) { r.Set("via", "1.1 a.cloudfront.net (Squid)"); }, "via_not_cloudfront"},

      // X-Amz-Cf-Id.
      {"no X-Amz-Cf-Id", [](auto& r) { r.Remove("x-amz-cf-id"); }, "cf_id_missing"},
      {"two of them", [](auto& r) { r.Add("X-Amz-Cf-Id", "abc"); }, "cf_id_repeated"},
      {"the same twice, one of another case",
       [](auto& r) { r.Add("X-AMZ-CF-ID", "3QinF8qURdlfjvILoXcZZqalpUXpxOCEI4nLyjxNpODDTK1thF1D7w=="); },
       "cf_id_repeated"},
      {"two joined into one line",
       [](auto& r) { r.Set("x-amz-cf-id", "abc, def"); },
       "cf_id_malformed",
       {{"envoy_http envoy_grpc_map nginx caddy traefik", "cf_id_repeated",
         "who is asked takes a comma for two lines that a proxy has joined"}}},
      {"an empty one", [](auto& r) { r.Set("x-amz-cf-id", ""); }, "cf_id_malformed"},
      {"one with a space", [](auto& r) { r.Set("x-amz-cf-id", "abc def"); }, "cf_id_malformed"},
      {"one for the log", [](auto& r) { r.Set("x-amz-cf-id", "${jndi:ldap://evil}"); }, "cf_id_malformed"},
      {"the longest one", [](auto& r) { r.Set("x-amz-cf-id", std::string(256, 'a')); }, "allowed"},
      {"a longer one", [](auto& r) { r.Set("x-amz-cf-id", std::string(257, 'a')); }, "cf_id_malformed"},
      {"one of all characters that are allowed", [](auto& r) { r.Set("x-amz-cf-id", "azAZ09-_="); }, "allowed"},
      {"one without padding", [](auto& r) { r.Set("x-amz-cf-id", "abc"); }, "allowed"},
      {"one with padding inside", [](auto& r) { r.Set("x-amz-cf-id", "ab=c"); }, "cf_id_malformed"},
      {"one with too much padding", [](auto& r) { r.Set("x-amz-cf-id", "abc==="); }, "cf_id_malformed"},
      {"one of padding only", [](auto& r) { r.Set("x-amz-cf-id", "=="); }, "cf_id_malformed"},
      {"one in base64 that is not for URLs", [](auto& r) { r.Set("x-amz-cf-id", "a+b/c=="); }, "cf_id_malformed"},

      // Fields that a next hop would remove, or take for others.
      {"Connection names X-Amz-Cf-Id",
       [](auto& r) { r.Set("connection", "upgrade, X-Amz-Cf-Id"); },
       "connection_names_trusted_field",
       {kOwnConnection, kIdTaken}},
      {"Connection names it in odd letters",
       [](auto& r) { r.Set("connection", "x-AMZ-cF-iD, upgrade"); },
       "connection_names_trusted_field",
       {kOwnConnection, kIdTaken}},
      {"a second Connection names Via",
       [](auto& r) { r.Add("Connection", "via"); },
       "connection_names_trusted_field",
       {kOwnConnection, {"traefik", "via_missing", kTaken}, {"caddy", "allowed", kOwnFields}}},
      {"a second Connection names X-Forwarded-For",
       [](auto& r) { r.Prepend("CONNECTION", "x-forwarded-for"); },
       "connection_names_trusted_field",
       {kOwnConnection, {"caddy traefik", "allowed", kOwnFields}}},
      {"Connection names Host",
       [](auto& r) { r.Set("connection", "upgrade,host"); },
       "connection_names_trusted_field",
       {kOwnConnection, {"caddy traefik", "allowed", "the proxy removes what Connection names, except Host"}}},
      {"Connection names a handshake field",
       [](auto& r) { r.Set("connection", "upgrade, Sec-WebSocket-Key"); },
       "connection_names_trusted_field",
       {kOwnConnection,
        {"caddy traefik", "400",
         "the proxy removes the key, also before the application, which refuses the handshake"}}},
      {"Connection names something else", [](auto& r) { r.Set("connection", "keep-alive, Upgrade, x-foo"); },
       "allowed"},
      {"X_Amz_Cf_Id", [](auto& r) { r.Add("X_Amz_Cf_Id", "forged"); }, "trusted_field_alias", {kDropped}},
      {"X.Forwarded.For", [](auto& r) { r.Add("X.Forwarded.For", "127.0.0.1"); }, "trusted_field_alias", {kDropped}},
      {"x-forwarded_for",
       [](auto& r) { r.Prepend("x-forwarded_for", "127.0.0.1"); },
       "trusted_field_alias",
       {kDropped}},
      {"X_Viaduct_Viewer_Address",
       [](auto& r) { r.Add("X_Viaduct_Viewer_Address", "127.0.0.1"); },
       "trusted_field_alias",
       {kDropped}},
      {"a viewer's own X-Viaduct-Viewer-Address, which is replaced",
       [](auto& r) { r.Add("X-Viaduct-Viewer-Address", "127.0.0.1"); }, "allowed"},
      {"an underscore in another name", [](auto& r) { r.Add("my_field", "x"); }, "allowed"},

      // Host.
      {"no Host",
       [](auto& r) { r.Remove("host"); },
       "host_not_allowed",
       {kRefusedBySidecar, RefusedBy("envoy envoy_http envoy_grpc envoy_grpc_map nginx caddy traefik")}},
      {"an empty Host", [](auto& r) { r.Set("host", ""); }, "host_not_allowed", {RefusedBy("nginx caddy"), kNotRouted}},
      {"two of them",
       [](auto& r) { r.Add("Host", "d1fhfqyui9h81a.cloudfront.net"); },
       "host_not_allowed",
       {kRefusedBySidecar, kBadRequest, RefusedBy("nginx caddy traefik")}},
      {"another host", [](auto& r) { r.Set("host", "evil.example"); }, "host_not_allowed", {kNotRouted}},
      {"another distribution", [](auto& r) { r.Set("host", "d2.cloudfront.net"); }, "host_not_allowed", {kNotRouted}},
      {"two in one line",
       [](auto& r) { r.Set("host", "d1fhfqyui9h81a.cloudfront.net, evil.example"); },
       "host_not_allowed",
       {kRefusedBySidecar, RefusedBy("envoy envoy_http envoy_grpc envoy_grpc_map nginx caddy traefik")}},
      {"a user in front",
       [](auto& r) { r.Set("host", "x@d1fhfqyui9h81a.cloudfront.net"); },
       "host_not_allowed",
       {kRefusedBySidecar, kBadRequest, RefusedBy("nginx caddy traefik")}},
      {"a port, which the balancer may add", [](auto& r) { r.Set("host", "d1fhfqyui9h81a.cloudfront.net:8080"); },
       "allowed"},
      {"other letters and a trailing dot", [](auto& r) { r.Set("host", "D1FHFQYUI9H81A.CloudFront.Net."); }, "allowed"},

      // Origin.
      {"another site's page", [](auto& r) { r.Set("origin", "https://evil.example"); }, "origin_not_allowed"},
      {"the same host without TLS", [](auto& r) { r.Set("origin", "http://d1fhfqyui9h81a.cloudfront.net"); },
       "origin_not_allowed"},
      {"another port", [](auto& r) { r.Set("origin", "https://d1fhfqyui9h81a.cloudfront.net:8443"); },
       "origin_not_allowed"},
      {"a sandboxed page", [](auto& r) { r.Set("origin", "null"); }, "origin_not_allowed"},
      {"an empty Origin", [](auto& r) { r.Set("origin", ""); }, "origin_not_allowed"},
      {"two of them",
       [](auto& r) { r.Prepend("Origin", "https://d1fhfqyui9h81a.cloudfront.net"); },
       "origin_repeated",
       {{"envoy envoy_http envoy_grpc envoy_grpc_map", "origin_not_allowed",
         "Envoy joins the lines, and the filter sees one value that is no origin"}}},
      {"a client that is no browser", [](auto& r) { r.Remove("origin"); }, "allowed"},
      {"another site's page with a plain request",
       [](auto& r) { r.Set("origin", "https://evil.example").SetUpgrade(false); }, "allowed"},
  };
  return kCases;
}

std::string WordOf(const Verdict& verdict) {
  return verdict.allowed ? "allowed" : std::string(kDenyReasons.Name(verdict.reason));
}

}  // namespace viaduct::filter
