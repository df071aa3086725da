#include "sidecar/upstream/upstream.h"

#include "ops/config/duration_field.h"

namespace viaduct::sidecar {

Upstream Upstream::Of(const sidecar::v1::Upstream& proto) {
  Upstream upstream;
  upstream.address = net::SocketAddress::Parse(proto.address()).value();
  upstream.name = upstream.address.ToString();
  upstream.connect_timeout = ops::ToMilliseconds(proto.connect_timeout());
  upstream.max_idle_connections = proto.max_idle_connections();
  upstream.idle_timeout = ops::ToMilliseconds(proto.idle_timeout());
  upstream.check = {.interval = ops::ToMillisecondsOrOff(proto.health().interval()),
                    .timeout = ops::ToMilliseconds(proto.health().timeout()),
                    .path = proto.health().path(),
                    .required = proto.health().required()};
  return upstream;
}

bool SameUpstream(const Upstream& a, const Upstream& b) {
  return a.name == b.name && a.connect_timeout == b.connect_timeout &&
         a.max_idle_connections == b.max_idle_connections && a.idle_timeout == b.idle_timeout && a.check == b.check;
}

}  // namespace viaduct::sidecar
