#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "api/admin/v1/admin_listener.pb.h"
#include "net/address.h"
#include "ops/admin/admin_tls.h"
#include "ops/admin/admin_tokens.h"

namespace viaduct::ops {

// Where the admin API is served on TCP, and what callers must show. A value.
struct AdminTcpConfig {
  net::SocketAddress listen;
  // Where the tokens come from, to be read again when it changes, and what it held; "" and none if no token is asked
  // for.
  std::string bearer_token_file;
  AdminTokens tokens;
  // The same of TLS; nullopt without. Callers must show a token, a certificate, or both.
  AdminTlsFiles tls_files;
  std::optional<AdminTls> tls;
};

// Where a program serves its admin API, checked: the config's `admin`. A value.
struct AdminListener {
  // Reads the files that the proto names. An error names the field, the value and the rule:
  // `admin.tcp.listen: "10.0.0.1:1": not a loopback address, so certificate_file must be set`.
  static absl::StatusOr<AdminListener> Create(const admin::v1::AdminListener& proto);

  // "unix:/run/admin.sock, 127.0.0.1:8083", or "".
  std::string Addresses() const;
  // Whether the credentials come from the same files. What those hold may change at any time.
  bool SameCredentials(const AdminListener& other) const;

  std::optional<net::SocketAddress> unix_socket;
  std::optional<AdminTcpConfig> tcp;
};

}  // namespace viaduct::ops
