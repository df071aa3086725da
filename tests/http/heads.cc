#include "tests/http/heads.h"

#include <numeric>

namespace viaduct::http {
namespace {

constexpr std::string_view kHandshake =
    "GET /websocket HTTP/1.1\r\n"
    "x-forwarded-for: 2001:db8:85a3::8a2e:370:7334, 130.176.114.52\r\n"
    "x-forwarded-proto: http\r\n"
    "x-forwarded-port: 80\r\n"
    "host: d1fhfqyui9h81a.cloudfront.net\r\n"
    "x-amzn-trace-id: Root=1-6a1451c4-4e3233e1196d4b12222f32ce\r\n"
    "upgrade: websocket\r\n"
    "connection: upgrade\r\n"
    "sec-websocket-key: Rnhou3qbnI2nVKLvsTWapg==\r\n"
    "sec-websocket-extensions: permessage-deflate; client_max_window_bits\r\n"
    "cache-control: no-cache\r\n"
    "pragma: no-cache\r\n"
    "user-agent: Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/537.36 (KHTML, like Gecko)\r\n"
    "via: 1.1 ece5d4a731ece5ff46c564ab2b946ede.cloudfront.net (CloudFront)\r\n"
    "x-amz-cf-id: 3QinF8qURdlfjvILoXcZZqalpUXpxOCEI4nLyjxNpODDTK1thF1D7w==\r\n"
    "sec-websocket-version: 13\r\n"
    "origin: https://d1fhfqyui9h81a.cloudfront.net\r\n"
    "accept-language: ja,en-US;q=0.9,en;q=0.8\r\n"
    "accept-encoding: gzip, deflate, br, zstd\r\n"
    "\r\n";

// A head of exactly `size` bytes.
std::string HeadOfSize(std::size_t size) {
  const std::string start = "GET / HTTP/1.1\r\nHost: a\r\nCookie: ";
  const std::string end = "\r\n\r\n";
  return start + std::string(size - start.size() - end.size(), 'c') + end;
}

std::string WithTarget(std::string_view target) {
  return std::string("GET ").append(target).append(" HTTP/1.1\r\nHost: a\r\n\r\n");
}

std::string WithFields(std::string_view lines) {
  return std::string("POST /chat HTTP/1.1\r\nHost: a\r\n").append(lines).append("\r\n");
}

std::string WithHost(std::string_view host) {
  return std::string("GET / HTTP/1.1\r\nHost: ").append(host).append("\r\n\r\n");
}

std::string WithFieldCount(int count) {
  std::string head = "GET / HTTP/1.1\r\nHost: a\r\n";
  for (int i = 1; i < count; ++i) head += "x-" + std::to_string(i) + ": " + std::to_string(i) + "\r\n";
  return head + "\r\n";
}

std::vector<GoodHead> MakeGoodHeads() {
  return {
      {"a handshake through CloudFront and a load balancer", std::string(kHandshake)},
      {"the least", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"HTTP/1.0", "GET / HTTP/1.0\r\nHost: a\r\n\r\n"},
      {"HTTP/1.0 without Host, as old probes send it", "GET /healthz HTTP/1.0\r\n\r\n"},
      {"HTTP/1.0 that stays", "GET / HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n"},
      {"a health check", "GET /healthz HTTP/1.1\r\nHost: 10.0.1.7:8080\r\nUser-Agent: ELB-HealthChecker/2.0\r\n\r\n"},
      {"an unknown method", "PROPFIND / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"a method of odd token characters", "M-SEARCH!#$%&'*+.^_`|~ / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"a method of 32 characters", "M23456789-123456789-123456789-12 / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"QUERY", "QUERY /search HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n"},
      {"OPTIONS", "OPTIONS /chat HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"a target with '|' and '\"', as browsers send them", WithTarget("/a|b\"c?q={x}^`<y>")},
      {"a target with a backslash", WithTarget("/a\\b")},
      {"a target with every sub-delimiter", WithTarget("/-._~:/?[]@!$&'()*+,;=%41")},
      {"a target that starts with two slashes", WithTarget("//host/path")},
      {"a target of 8,192 bytes", WithTarget("/" + std::string(8191, 'u'))},
      {"a head of 20,480 bytes", HeadOfSize(20'480)},
      {"a head of 32 KiB", HeadOfSize(32 * 1024)},
      {"200 fields", WithFieldCount(200)},
      {"an empty host", WithHost("")},
      {"a host with port", WithHost("chat.example:8080")},
      {"a host with an empty port", WithHost("chat.example:")},
      {"an IPv6 host with an empty port", WithHost("[2001:db8::1]:")},
      {"a host with port 0", WithHost("chat.example:0")},
      {"a host with underscore, as containers have", WithHost("viaduct_sidecar_1")},
      {"a host with port 65535", WithHost("chat.example:65535")},
      {"an IPv4 host", WithHost("192.0.2.1")},
      {"an IPv6 host", WithHost("[2001:db8::1]")},
      {"an IPv6 host with port", WithHost("[::ffff:192.0.2.1]:443")},
      {"an empty field value", WithFields("x-empty:\r\nx-blank: \t \r\n")},
      {"no space after the colon", WithFields("x-a:1\r\n")},
      {"tabs and spaces around a value", WithFields("x-a:\t 1 2\t3 \t\r\n")},
      {"bytes above ASCII in a value", WithFields("x-name: J\xc3\xbcrgen \xff\r\n")},
      {"a field name of every token character", WithFields("!#$%&'*+-.^_`|~09azAZ: 1\r\n")},
      {"a repeated field", WithFields("via: 1.1 a\r\nx-a: 1\r\nVia: 1.1 b\r\n")},
      {"a body of known length", WithFields("Content-Length: 5\r\n")},
      {"a body of length 0", WithFields("content-length: 0\r\n")},
      {"a length with leading zeros", WithFields("Content-Length: 0005\r\n")},
      {"the longest body", WithFields("Content-Length: 9223372036854775807\r\n")},
      {"a chunked body", WithFields("Transfer-Encoding: chunked\r\n")},
      {"a chunked body, shouted", WithFields("TRANSFER-ENCODING: CHUNKED\r\n")},
      {"an expectation", WithFields("Expect: 100-continue\r\nContent-Length: 5\r\n")},
      {"several Connection fields",
       WithFields("Connection: keep-alive\r\nConnection: , TE ,, close\r\nTE: trailers\r\n")},
      {"an empty Connection field", WithFields("Connection:\r\n")},
      {"an upgrade to something else", WithFields("Connection: Upgrade\r\nUpgrade: h2c, websocket\r\n")},
      {"underscores and dots in unrelated names",
       WithFields("x_request_id: 1\r\nx.y: 2\r\ncontent_type: text/plain\r\n")},
  };
}

}  // namespace

SizeOrError FindInPieces(std::string_view bytes, std::span<const std::size_t> stops) {
  HeadFinder finder;
  SizeOrError found;
  for (std::size_t stop : stops) {
    found.first = finder.Find(bytes.substr(0, stop), &found.second);
    if (found.first.has_value() || found.second.has_value()) return found;
  }
  found.first = finder.Find(bytes, &found.second);
  return found;
}

SizeOrError FindAtOnce(std::string_view bytes) { return FindInPieces(bytes, {}); }

SizeOrError FindByteByByte(std::string_view bytes) {
  std::vector<std::size_t> stops(bytes.size());
  std::iota(stops.begin(), stops.end(), 0);
  return FindInPieces(bytes, stops);
}

ReadResult<RequestHead> ReadRequest(std::string_view bytes, const HeadLimits& limits) {
  ReadResult<RequestHead> result;
  HeadFinder finder;
  const std::optional<std::size_t> size = finder.Find(bytes, &result.error);
  if (!size.has_value()) return result;
  result.complete = true;
  result.size = *size;
  result.storage.resize(limits.max_fields);
  result.error = ParseRequestHead(bytes.substr(0, *size), limits, result.storage, &result.head);
  return result;
}

ReadResult<ResponseHead> ReadResponse(std::string_view bytes, std::string_view request_method,
                                      const HeadLimits& limits) {
  ReadResult<ResponseHead> result;
  HeadFinder finder;
  const std::optional<std::size_t> size = finder.Find(bytes, &result.error);
  if (!size.has_value()) return result;
  result.complete = true;
  result.size = *size;
  result.storage.resize(limits.max_fields);
  result.error = ParseResponseHead(bytes.substr(0, *size), request_method, limits, result.storage, &result.head);
  return result;
}

std::span<const GoodHead> GoodRequestHeads() {
  static const auto& heads = *new std::vector<GoodHead>(MakeGoodHeads());
  return heads;
}

std::string_view HandshakeHead() { return kHandshake; }

}  // namespace viaduct::http
