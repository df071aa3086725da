#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string_view>

namespace viaduct::net {

// OpenSSL's objects that PEM texts hold; they leave errors in OpenSSL's queue when there is nothing, or something
// broken.

struct PemFree {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using PemReader = std::unique_ptr<BIO, PemFree>;
using PemCertificate = std::unique_ptr<X509, PemFree>;
using PemKey = std::unique_ptr<EVP_PKEY, PemFree>;

// Reads `pem`, which must outlive the reader.
PemReader ReadPem(std::string_view pem);

// The next certificate of the text, or null.
PemCertificate NextCertificate(const PemReader& pem);

// The private key of the text, or null, also if it is encrypted: there is nobody to ask for its password.
PemKey ReadKey(std::string_view pem);

}  // namespace viaduct::net
