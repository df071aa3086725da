#include "net/pem.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include "net/pem_objects.h"

namespace viaduct::net {

bool IsCertificateChain(std::string_view pem) {
  const PemReader reader = ReadPem(pem);
  int certificates = 0;
  while (NextCertificate(reader) != nullptr) ++certificates;
  // OpenSSL reports the end of the chain as "no start line".
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  return certificates > 0 && at_end;
}

bool KeyMatchesCertificate(std::string_view key_pem, std::string_view certificate_pem) {
  const PemKey key = ReadKey(key_pem);
  const PemCertificate certificate = NextCertificate(ReadPem(certificate_pem));
  const bool matches =
      key != nullptr && certificate != nullptr && X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  return matches;
}

bool IsEncryptedKey(std::string_view pem) {
  // PKCS #8, and OpenSSL's older form (RFC 1421).
  return pem.find("-----BEGIN ENCRYPTED PRIVATE KEY-----") != std::string_view::npos ||
         pem.find("\nProc-Type: 4,ENCRYPTED") != std::string_view::npos;
}

}  // namespace viaduct::net
