#include "sidecar/config/listener_tls.h"

#include <utility>

#include "ops/config/duration_field.h"
#include "ops/config/tls_identity.h"

namespace viaduct::sidecar {

absl::StatusOr<std::shared_ptr<const net::TlsContext>> ReadTlsContext(const sidecar::v1::ListenerTls& proto) {
  absl::StatusOr<ops::TlsIdentity> identity =
      ops::TlsIdentity::Read("listener_tls", proto.certificate_file(), proto.private_key_file());
  if (!identity.ok()) return identity.status();
  return std::move(identity->context);
}

absl::StatusOr<ListenerTls> ReadListenerTls(const sidecar::v1::ListenerTls& proto, const TlsContextReader& read) {
  absl::StatusOr<std::shared_ptr<const net::TlsContext>> context = read(proto);
  if (!context.ok()) return context.status();
  return ListenerTls{.context = *std::move(context),
                     .handshake_timeout = ops::ToMilliseconds(proto.handshake_timeout())};
}

}  // namespace viaduct::sidecar
