#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "net/tls_context.h"

namespace viaduct::ops {

// A server's identity: a certificate chain and its key, as PEM, and the TLS context made from them. A value.
struct TlsIdentity {
  std::string certificate;
  std::string private_key;
  std::shared_ptr<const net::TlsContext> context;

  // Reads the files that a config names in `section`. The error names the field, the path and the rule, but never the
  // content: `listener_tls.private_key_file: "/key": is not the PEM key of the certificate`.
  static absl::StatusOr<TlsIdentity> Read(absl::string_view section, const std::string& certificate_file,
                                          const std::string& private_key_file);
};

}  // namespace viaduct::ops
