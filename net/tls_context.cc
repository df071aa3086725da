#include "net/tls_context.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include <ctime>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "net/pem.h"
#include "net/pem_objects.h"

namespace viaduct::net {
namespace {

constexpr char kTls12Ciphers[] = "ECDHE+AESGCM:ECDHE+CHACHA20";

absl::Status Refused() {
  const char* reason = ERR_reason_error_string(ERR_peek_error());
  ERR_clear_error();
  return absl::InvalidArgumentError(absl::StrCat("cannot be used: ", reason == nullptr ? "no reason" : reason));
}

// Selects only our protocol, whatever else is offered (RFC 7301 section 3.2).
int ChooseProtocol(SSL*, const unsigned char** out, unsigned char* size, const unsigned char* offered,
                   unsigned int offered_size, void*) {
  static constexpr unsigned char kHttp11[] = "\x08http/1.1";
  unsigned char* chosen = nullptr;
  if (SSL_select_next_proto(&chosen, size, kHttp11, sizeof kHttp11 - 1, offered, offered_size) !=
      OPENSSL_NPN_NEGOTIATED) {
    return SSL_TLSEXT_ERR_ALERT_FATAL;
  }
  *out = chosen;
  return SSL_TLSEXT_ERR_OK;
}

// Sets the rules for both sides.
void SetRules(SSL_CTX* context) {
  SSL_CTX_set_security_level(context, 2);
  SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context, kTls12Ciphers);
  // Every protocol above ends its messages itself, so a FIN counts as a close_notify.
  SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION |
                                   SSL_OP_IGNORE_UNEXPECTED_EOF);
  SSL_CTX_set_mode(context,
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  // A peer that sends records without data must not keep a thread busy; see TlsStream::Read.
  SSL_CTX_clear_mode(context, SSL_MODE_AUTO_RETRY);
  SSL_CTX_set_read_ahead(context, 1);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
}

// Trusts the certificates of `pem`.
bool UseAuthorities(SSL_CTX* context, std::string_view pem) {
  if (pem.empty()) return SSL_CTX_set_default_verify_paths(context) == 1;
  const PemReader authorities = ReadPem(pem);
  while (PemCertificate next = NextCertificate(authorities)) {
    if (X509_STORE_add_cert(SSL_CTX_get_cert_store(context), next.get()) != 1) return false;
  }
  ERR_clear_error();  // the end of the list
  return true;
}

bool IsAddress(const std::string& host) {
  in6_addr address;
  return inet_pton(AF_INET, host.c_str(), &address) == 1 || inet_pton(AF_INET6, host.c_str(), &address) == 1;
}

// Sets whose certificate the server must show, and the name that it is told.
bool ExpectServer(const std::string& name, SSL* connection) {
  if (IsAddress(name)) return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(connection), name.c_str()) == 1;
  SSL_set_hostflags(connection, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  return SSL_set1_host(connection, name.c_str()) == 1 && SSL_set_tlsext_host_name(connection, name.c_str()) == 1;
}

// Returns false, with OpenSSL's reason, when OpenSSL refuses them.
bool UseFiles(SSL_CTX* context, std::string_view certificate_pem, std::string_view key_pem) {
  const PemReader chain = ReadPem(certificate_pem);
  const PemCertificate own = NextCertificate(chain);
  if (SSL_CTX_use_certificate(context, own.get()) != 1) return false;
  while (PemCertificate next = NextCertificate(chain)) {
    if (SSL_CTX_add1_chain_cert(context, next.get()) != 1) return false;
  }
  ERR_clear_error();  // the end of the chain
  const PemKey key = ReadKey(key_pem);
  return SSL_CTX_use_PrivateKey(context, key.get()) == 1;
}

std::chrono::system_clock::time_point ExpiryOf(std::string_view certificate_pem) {
  const PemCertificate own = NextCertificate(ReadPem(certificate_pem));
  std::tm time{};
  ASN1_TIME_to_tm(X509_get0_notAfter(own.get()), &time);
  return std::chrono::system_clock::from_time_t(::timegm(&time));
}

}  // namespace

absl::StatusOr<std::shared_ptr<const TlsContext>> TlsContext::Create(std::string_view certificate_pem,
                                                                     std::string_view key_pem) {
  if (!IsCertificateChain(certificate_pem)) return absl::InvalidArgumentError("is not a PEM certificate chain");
  if (!KeyMatchesCertificate(key_pem, certificate_pem)) {
    return absl::InvalidArgumentError("is not the certificate of the PEM key");
  }
  ERR_clear_error();
  Context context(SSL_CTX_new(TLS_server_method()));
  if (context == nullptr) return Refused();
  SetRules(context.get());
  SSL_CTX_set_num_tickets(context.get(), 1);
  SSL_CTX_set_alpn_select_cb(context.get(), ChooseProtocol, nullptr);
  if (!UseFiles(context.get(), certificate_pem, key_pem)) return Refused();
  return std::shared_ptr<const TlsContext>(new TlsContext(std::move(context), ExpiryOf(certificate_pem), ""));
}

absl::StatusOr<std::shared_ptr<const TlsContext>> TlsContext::CreateClient(std::string_view authorities_pem,
                                                                           const std::string& server_name) {
  if (!authorities_pem.empty() && !IsCertificateChain(authorities_pem)) {
    return absl::InvalidArgumentError("is not a list of PEM certificates");
  }
  if (server_name.empty()) return absl::InvalidArgumentError("the server's name must be set");
  ERR_clear_error();
  Context context(SSL_CTX_new(TLS_client_method()));
  if (context == nullptr) return Refused();
  SetRules(context.get());
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER, nullptr);
  if (!UseAuthorities(context.get(), authorities_pem)) return Refused();
  return std::shared_ptr<const TlsContext>(new TlsContext(std::move(context), {}, server_name));
}

TlsContext::Connection TlsContext::NewConnection() const {
  Connection connection(SSL_new(context_.get()));
  if (connection == nullptr) return connection;
  if (server_name_.empty()) {
    SSL_set_accept_state(connection.get());
    return connection;
  }
  if (!ExpectServer(server_name_, connection.get())) return nullptr;
  SSL_set_connect_state(connection.get());
  return connection;
}

void TlsContext::FreeConnection::operator()(ssl_st* connection) const { SSL_free(connection); }

void TlsContext::FreeContext::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

}  // namespace viaduct::net
