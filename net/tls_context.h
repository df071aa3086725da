#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"

struct ssl_ctx_st;
struct ssl_st;

namespace viaduct::net {

// Everything that one side of a connection needs to speak TLS, and our rules for it.
//
// TLS 1.2 with ECDHE and AEAD, or 1.3. No renegotiation, no compression, no early data. A server answers ALPN with
// HTTP/1.1 only, and resumes sessions by tickets, which end with this context.
//
// Immutable: another certificate is another context, and connections keep the context that they began with. All methods
// may be called from any thread.
class TlsContext {
 public:
  // Makes a server's context. Both texts are PEM: the chain with the server's own certificate first, and its key
  // without a password. The error names the rule. An expired certificate is not an error: a peer that checks will
  // report it, and not every balancer checks.
  static absl::StatusOr<std::shared_ptr<const TlsContext>> Create(std::string_view certificate_pem,
                                                                  std::string_view key_pem);
  // Makes a client's context. The server must show a certificate for `server_name`, a host name or an IP address, that
  // leads to one of `authorities_pem`, or to an authority that OpenSSL trusts if that is empty.
  static absl::StatusOr<std::shared_ptr<const TlsContext>> CreateClient(std::string_view authorities_pem,
                                                                        const std::string& server_name);
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // Returns when our own certificate ends; for a client, which has none, the epoch.
  std::chrono::system_clock::time_point expires() const { return expires_; }

  struct FreeConnection {
    void operator()(ssl_st* connection) const;
  };
  using Connection = std::unique_ptr<ssl_st, FreeConnection>;
  // Makes our side of a new connection, without a transport. It may outlive this context.
  Connection NewConnection() const;

 private:
  struct FreeContext {
    void operator()(ssl_ctx_st* context) const;
  };
  using Context = std::unique_ptr<ssl_ctx_st, FreeContext>;

  TlsContext(Context context, std::chrono::system_clock::time_point expires, std::string server_name)
      : context_(std::move(context)), expires_(expires), server_name_(std::move(server_name)) {}

  Context context_;
  std::chrono::system_clock::time_point expires_;
  std::string server_name_;  // "" as a server
};

}  // namespace viaduct::net
