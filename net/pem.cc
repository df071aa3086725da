#include "net/pem.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

#include <memory>

namespace viaduct {
namespace {

struct Free {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using Bio = std::unique_ptr<BIO, Free>;
using Certificate = std::unique_ptr<X509, Free>;
using Key = std::unique_ptr<EVP_PKEY, Free>;

Bio Open(std::string_view pem) { return Bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))); }

// An encrypted key asks for its password; there is nobody to answer.
int NoPassword(char*, int, int, void*) { return -1; }

}  // namespace

bool IsCertificateChain(std::string_view pem) {
  const Bio bio = Open(pem);
  int certificates = 0;
  while (Certificate(PEM_read_bio_X509(bio.get(), nullptr, NoPassword, nullptr)) != nullptr) ++certificates;
  // The end of the chain is told as "no start line".
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  return certificates > 0 && at_end;
}

bool KeyMatchesCertificate(std::string_view key_pem, std::string_view certificate_pem) {
  const Bio key_bio = Open(key_pem);
  const Key key(PEM_read_bio_PrivateKey(key_bio.get(), nullptr, NoPassword, nullptr));
  const Bio certificate_bio = Open(certificate_pem);
  const Certificate certificate(PEM_read_bio_X509(certificate_bio.get(), nullptr, NoPassword, nullptr));
  const bool matches =
      key != nullptr && certificate != nullptr && X509_check_private_key(certificate.get(), key.get()) == 1;
  ERR_clear_error();
  return matches;
}

}  // namespace viaduct
