#pragma once

#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "api/admin/v1/admin_listener.pb.h"
#include "net/address.h"
#include "ops/admin_tokens.h"

namespace viaduct {

// Where the admin API is served on TCP, and what callers must show. A value.
struct AdminTcpConfig {
  SocketAddress listen;
  // Where the tokens come from, to be read again when it changes, and what it held; "" and none if no token is asked
  // for.
  std::string bearer_token_file;
  AdminTokens tokens;
  // Contents of the files; "" where there is none. At least one of `tokens` and `client_ca` is set; certificate and key
  // are set together, and with `client_ca` always.
  std::string certificate;
  std::string private_key;
  std::string client_ca;
};

// Where a program serves its admin API, checked: the config's `admin`. A value.
struct AdminListener {
  // Reads the files that the proto names. An error names the field, the value and the rule:
  // `admin.tcp.listen: "10.0.0.1:1": not a loopback address, so certificate_file must be set`.
  static absl::StatusOr<AdminListener> Create(const admin::v1::AdminListener& proto);

  // "unix:/run/admin.sock, 127.0.0.1:8083", or "".
  std::string Addresses() const;
  // Whether callers must show the same, but for what the token file holds, which may change at any time.
  bool SameCredentials(const AdminListener& other) const;

  std::optional<SocketAddress> unix_socket;
  std::optional<AdminTcpConfig> tcp;
};

}  // namespace viaduct
