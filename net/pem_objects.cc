#include "net/pem_objects.h"

#include <openssl/pem.h>

namespace viaduct::net {
namespace {

int NoPassword(char*, int, int, void*) { return -1; }

}  // namespace

PemReader ReadPem(std::string_view pem) { return PemReader(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))); }

PemCertificate NextCertificate(const PemReader& pem) {
  return PemCertificate(PEM_read_bio_X509(pem.get(), nullptr, NoPassword, nullptr));
}

PemKey ReadKey(std::string_view pem) {
  return PemKey(PEM_read_bio_PrivateKey(ReadPem(pem).get(), nullptr, NoPassword, nullptr));
}

}  // namespace viaduct::net
