#include "tests/support/tls_client.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <array>
#include <cstddef>

namespace viaduct {

TlsClient::TlsClient(const TlsClientOptions& options) : context_(SSL_CTX_new(TLS_client_method())) {
  // Allows old versions too: the server must be the one to refuse them.
  SSL_CTX_set_security_level(context_, 0);
  if (options.version != 0) {
    SSL_CTX_set_min_proto_version(context_, options.version);
    SSL_CTX_set_max_proto_version(context_, options.version);
  }
  if (!options.ciphers.empty()) SSL_CTX_set_cipher_list(context_, options.ciphers.c_str());
  connection_ = SSL_new(context_);
  if (!options.alpn.empty()) {
    const std::string list = static_cast<char>(options.alpn.size()) + options.alpn;
    SSL_set_alpn_protos(connection_, reinterpret_cast<const unsigned char*>(list.data()),
                        static_cast<unsigned>(list.size()));
  }
  if (!options.session.empty()) {
    const auto* bytes = reinterpret_cast<const unsigned char*>(options.session.data());
    SSL_SESSION* session = d2i_SSL_SESSION(nullptr, &bytes, static_cast<long>(options.session.size()));
    SSL_set_session(connection_, session);
    SSL_SESSION_free(session);
  }
  SSL_set_bio(connection_, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_connect_state(connection_);
}

TlsClient::~TlsClient() {
  SSL_free(connection_);
  SSL_CTX_free(context_);
}

void TlsClient::Feed(std::string_view bytes) {
  BIO_write(SSL_get_rbio(connection_), bytes.data(), static_cast<int>(bytes.size()));
}

std::string TlsClient::TakeOutput() {
  char* data = nullptr;
  const long size = BIO_get_mem_data(SSL_get_wbio(connection_), &data);
  std::string output(data, static_cast<std::size_t>(size));
  BIO_reset(SSL_get_wbio(connection_));
  return output;
}

void TlsClient::Fail(int result) {
  const int error = SSL_get_error(connection_, result);
  if (error == SSL_ERROR_WANT_READ) return;
  if (error == SSL_ERROR_ZERO_RETURN) {
    ended_ = true;
    return;
  }
  const char* reason = ERR_reason_error_string(ERR_peek_error());
  failure_ = reason == nullptr ? "no reason" : reason;
}

bool TlsClient::Shake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(connection_);
  if (result != 1) Fail(result);
  return result == 1;
}

void TlsClient::Write(std::string_view bytes) {
  ERR_clear_error();
  const int result = SSL_write(connection_, bytes.data(), static_cast<int>(bytes.size()));
  if (result <= 0) Fail(result);
}

std::string TlsClient::Read() {
  std::string text;
  std::array<char, 16 * 1024> buffer;
  for (;;) {
    ERR_clear_error();
    const int got = SSL_read(connection_, buffer.data(), static_cast<int>(buffer.size()));
    if (got <= 0) {
      Fail(got);
      return text;
    }
    text.append(buffer.data(), static_cast<std::size_t>(got));
  }
}

void TlsClient::SendCloseNotify() { SSL_shutdown(connection_); }

void TlsClient::UpdateKeys() { SSL_key_update(connection_, SSL_KEY_UPDATE_REQUESTED); }

std::string TlsClient::version() const { return SSL_get_version(connection_); }

std::string TlsClient::cipher() const { return SSL_get_cipher_name(connection_); }

std::string TlsClient::alpn() const {
  const unsigned char* name = nullptr;
  unsigned size = 0;
  SSL_get0_alpn_selected(connection_, &name, &size);
  return std::string(reinterpret_cast<const char*>(name), size);
}

std::string TlsClient::certificate_name() const {
  const X509* certificate = SSL_get0_peer_certificate(connection_);
  std::array<char, 64> name{};
  if (certificate != nullptr) {
    X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, name.data(), name.size());
  }
  return name.data();
}

bool TlsClient::resumed() const { return SSL_session_reused(connection_) == 1; }

std::string TlsClient::session() const {
  SSL_SESSION* session = SSL_get1_session(connection_);
  const int size = i2d_SSL_SESSION(session, nullptr);
  std::string bytes(static_cast<std::size_t>(size), '\0');
  auto* out = reinterpret_cast<unsigned char*>(bytes.data());
  i2d_SSL_SESSION(session, &out);
  SSL_SESSION_free(session);
  return bytes;
}

}  // namespace viaduct
