#pragma once

#include <chrono>
#include <functional>
#include <memory>

#include "absl/status/statusor.h"
#include "api/sidecar/v1/sidecar.pb.h"
#include "net/tls_context.h"

namespace viaduct::sidecar {

// The listener's TLS settings. A value.
struct ListenerTls {
  std::shared_ptr<const net::TlsContext> context;  // made from the files as they were when read
  std::chrono::milliseconds handshake_timeout{};
};

// Makes a context from the files of listener_tls. Errors begin with the field's path from the config's root.
absl::StatusOr<std::shared_ptr<const net::TlsContext>> ReadTlsContext(const sidecar::v1::ListenerTls& proto);
using TlsContextReader =
    std::function<absl::StatusOr<std::shared_ptr<const net::TlsContext>>(const sidecar::v1::ListenerTls&)>;

// Reads listener_tls, which keeps the rules of its schema (ops/config/field_rules.h); `read` provides the context.
absl::StatusOr<ListenerTls> ReadListenerTls(const sidecar::v1::ListenerTls& proto,
                                            const TlsContextReader& read = ReadTlsContext);

}  // namespace viaduct::sidecar
