#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "api/sidecar/v1/sidecar.pb.h"
#include "net/tls_context.h"
#include "ops/config/field_checker.h"

namespace viaduct::sidecar {

// How the listener speaks TLS. A value.
struct ListenerTls {
  std::shared_ptr<const net::TlsContext> context;  // with what the files held when they were read
  std::chrono::milliseconds handshake_timeout{};
};

// Makes a context of what the files of listener_tls hold. Errors begin with the field's path from the config's root.
absl::StatusOr<std::shared_ptr<const net::TlsContext>> ReadTlsContext(const sidecar::v1::ListenerTls& proto);
using TlsContextReader =
    std::function<absl::StatusOr<std::shared_ptr<const net::TlsContext>>(const sidecar::v1::ListenerTls&)>;

// Reads listener_tls; `read` has the context. What comes back after a failure is not to be used.
ListenerTls ReadListenerTls(sidecar::v1::ListenerTls* proto, ops::FieldChecker* check,
                            const TlsContextReader& read = ReadTlsContext);

}  // namespace viaduct::sidecar
