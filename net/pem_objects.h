#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <memory>
#include <string_view>

namespace viaduct::net {

// Reads OpenSSL's objects from PEM texts. When an object is missing or broken, the functions leave errors in OpenSSL's
// queue.

struct PemFree {
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using PemReader = std::unique_ptr<BIO, PemFree>;
using PemCertificate = std::unique_ptr<X509, PemFree>;
using PemKey = std::unique_ptr<EVP_PKEY, PemFree>;

// Makes a reader of `pem`, which must outlive it.
PemReader ReadPem(std::string_view pem);

// Returns the next certificate of the text, or null.
PemCertificate NextCertificate(const PemReader& pem);

// Returns the private key of the text, or null. An encrypted key counts as null: there is nobody to ask for its
// password.
PemKey ReadKey(std::string_view pem);

}  // namespace viaduct::net
