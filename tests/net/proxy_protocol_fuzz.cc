// Any bytes give the same answer however they arrive, whatever is behind them changes nothing, and no answer is about
// bytes that are not there.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "net/proxy_protocol.h"
#include "tests/fuzz/require.h"

namespace viaduct::net {
namespace {

using Kind = ProxyHeaderParse::Kind;

bool Same(const ProxyHeaderParse& a, const ProxyHeaderParse& b) {
  return a.kind == b.kind && a.size == b.size && a.error == b.error && a.vpc_endpoint_id == b.vpc_endpoint_id &&
         (a.kind != Kind::kProxy ||
          (a.source.ToString() == b.source.ToString() && a.destination.ToString() == b.destination.ToString()));
}

// Reads like the owner of a socket: never more than the parser asked for.
ProxyHeaderParse ReadAsAsked(std::string_view bytes, std::size_t* taken) {
  for (*taken = 0;;) {
    const ProxyHeaderParse parse = ParseProxyHeader(bytes.substr(0, *taken));
    if (parse.kind != Kind::kNeedMore || *taken == bytes.size()) return parse;
    Require(parse.size > *taken, "more is needed than is there");
    *taken = std::min(parse.size, bytes.size());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const ProxyHeaderParse parse = ParseProxyHeader(bytes);
  std::size_t taken;
  const ProxyHeaderParse as_asked = ReadAsAsked(bytes, &taken);
  Require(Same(parse, as_asked), "the answer is that of all bytes");
  if (parse.kind == Kind::kNeedMore || parse.kind == Kind::kError) return 0;
  Require(parse.size <= size && parse.size <= kMaxProxyHeaderBytes, "a header is no longer than its bytes");
  Require(taken == parse.size, "no byte behind a header was taken");
  Require(Same(parse, ParseProxyHeader(bytes.substr(0, parse.size))), "a header ends where it says");
  if (parse.kind == Kind::kLocal) {
    Require(parse.source.port() == 0 && parse.vpc_endpoint_id.empty(), "LOCAL says nothing");
  } else {
    Require(parse.source.family() == parse.destination.family(), "both addresses are of one family");
  }
  return 0;
}

}  // namespace viaduct::net
