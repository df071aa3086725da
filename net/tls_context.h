#pragma once

#include <chrono>
#include <memory>
#include <string_view>

#include "absl/status/statusor.h"

struct ssl_ctx_st;
struct ssl_st;

namespace viaduct {

// What a listener needs to speak TLS: a certificate chain, its key, and the rules by which we speak.
//
// TLS 1.2 with ECDHE and AEAD, or 1.3; HTTP/1.1 is the only protocol that ALPN is answered with. No renegotiation, no
// compression, no early data; sessions are resumed by tickets, which end with this context.
//
// Immutable: another certificate is another context, and connections keep the one that they began with. All methods
// may be called from any thread.
class TlsContext {
 public:
  // Both as PEM: the chain with the server's own certificate first, and its key without a password. The error says the
  // rule. An expired certificate is none: a peer that checks, and not every balancer does, will say so.
  static absl::StatusOr<std::shared_ptr<const TlsContext>> Create(std::string_view certificate_pem,
                                                                  std::string_view key_pem);
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;

  // The end of the server's own certificate.
  std::chrono::system_clock::time_point expires() const { return expires_; }

  struct FreeConnection {
    void operator()(ssl_st* connection) const;
  };
  using Connection = std::unique_ptr<ssl_st, FreeConnection>;
  // The server's side of a new connection, without a transport. It needs this context no longer.
  Connection NewConnection() const;

 private:
  struct FreeContext {
    void operator()(ssl_ctx_st* context) const;
  };
  using Context = std::unique_ptr<ssl_ctx_st, FreeContext>;

  TlsContext(Context context, std::chrono::system_clock::time_point expires)
      : context_(std::move(context)), expires_(expires) {}

  Context context_;
  std::chrono::system_clock::time_point expires_;
};

}  // namespace viaduct
