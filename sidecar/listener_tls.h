#pragma once

#include <chrono>
#include <memory>

#include "api/sidecar/v1/sidecar.pb.h"
#include "net/tls_context.h"
#include "sidecar/field_checker.h"

namespace viaduct {

// How the listener speaks TLS. A value.
struct ListenerTls {
  std::shared_ptr<const TlsContext> context;  // with what the files held when they were read
  std::chrono::milliseconds handshake_timeout{};
};

// Reads listener_tls and its files. What comes back after a failure is not to be used.
ListenerTls ReadListenerTls(sidecar::v1::ListenerTls* proto, FieldChecker* check);

}  // namespace viaduct
