#include "sidecar/upstream/upstream.h"

namespace viaduct::sidecar {
namespace {

using std::chrono::seconds;

UpstreamCheck ReadCheck(const std::string& path, sidecar::v1::UpstreamHealth* proto, ops::FieldChecker* check) {
  UpstreamCheck result;
  result.interval = check->OrOff(path + ".interval", proto->has_interval(), proto->mutable_interval(), seconds(5));
  result.timeout = check->Positive(path + ".timeout", proto->has_timeout(), proto->mutable_timeout(), seconds(1));
  result.path = proto->path();
  for (const char c : result.path) {
    if (c > 0x20 && c < 0x7f && c != '#' && result.path.front() == '/') continue;
    check->Fail(path + ".path", "must begin with \"/\" and have only characters of a URL");
    break;
  }
  if (!proto->has_required()) proto->set_required(true);
  result.required = proto->required();
  return result;
}

}  // namespace

bool SameUpstream(const Upstream& a, const Upstream& b) {
  return a.name == b.name && a.connect_timeout == b.connect_timeout &&
         a.max_idle_connections == b.max_idle_connections && a.idle_timeout == b.idle_timeout && a.check == b.check;
}

Upstream ReadUpstream(std::string_view path, sidecar::v1::Upstream* proto, ops::FieldChecker* check) {
  const std::string at(path);
  Upstream upstream;
  upstream.address = check->Address(at + ".address", proto->mutable_address(), "");
  upstream.name = upstream.address.size() == 0 ? "" : upstream.address.ToString();
  upstream.connect_timeout = check->Positive(at + ".connect_timeout", proto->has_connect_timeout(),
                                             proto->mutable_connect_timeout(), seconds(1));
  if (!proto->has_max_idle_connections()) proto->set_max_idle_connections(32);
  upstream.max_idle_connections = proto->max_idle_connections();
  if (upstream.max_idle_connections > 1024) check->Fail(at + ".max_idle_connections", "must be at most 1024");
  upstream.idle_timeout =
      check->Positive(at + ".idle_timeout", proto->has_idle_timeout(), proto->mutable_idle_timeout(), seconds(4));
  upstream.check = ReadCheck(at + ".health", proto->mutable_health(), check);
  return upstream;
}

}  // namespace viaduct::sidecar
