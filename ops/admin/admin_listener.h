#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/admin/v1/admin_listener.pb.h"
#include "net/address.h"
#include "ops/admin/admin_tls.h"
#include "ops/admin/admin_tokens.h"
#include "ops/config/credentials.h"
#include "ops/config/listeners.h"

namespace viaduct::ops {

// The address at which the admin API is served on TCP, and the credentials that callers must show. A value.
struct AdminTcpConfig {
  net::SocketAddress listen;
  // The file of tokens, which is read again when it changes, and its content; "" and none if no token is required.
  std::string bearer_token_file;
  AdminTokens tokens;
  bool health_needs_token = false;
  // The same for TLS; nullopt without TLS. Callers must show a token, a certificate, or both.
  AdminTlsFiles tls_files;
  std::optional<AdminTls> tls;
  // nullopt: a connection may stay for as long as it is used.
  std::optional<std::chrono::milliseconds> max_connection_age;
};

// The addresses at which a program serves its admin API: the checked form of the config's `admin`. A value.
struct AdminListener {
  // Reads `proto`, which keeps the rules of its schema (ops/config/field_rules.h), and the files that it names. An
  // error names the field, the value and the rule: `admin.tcp.listen: "10.0.0.1:1": not a loopback address, so
  // certificate_file must be set`.
  static absl::StatusOr<AdminListener> Create(const admin::v1::AdminListener& proto,
                                              Credentials credentials = Credentials::kRead);

  // Returns all listeners of a program: `listen`, `ops_listen` and these.
  std::vector<ListenerField> With(const net::SocketAddress& listen, const net::SocketAddress& ops_listen) const;
  // "unix:/run/admin.sock, 127.0.0.1:8083", or "".
  std::string Addresses() const;
  // The longest age of connections on TCP, "24h"; "0s" without one.
  std::string MaxConnectionAge() const;
  // Returns true if the credentials come from the same files, whatever their content is now.
  bool SameCredentials(const AdminListener& other) const;

  std::optional<net::SocketAddress> unix_socket;
  std::optional<AdminTcpConfig> tcp;
};

}  // namespace viaduct::ops
