#include "ops/config/tls_identity.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "net/pem.h"
#include "ops/config/bounded_file.h"

namespace viaduct::ops {

absl::StatusOr<TlsIdentity> TlsIdentity::Read(absl::string_view section, const std::string& certificate_file,
                                              const std::string& private_key_file) {
  const std::string certificate_field = absl::StrCat(section, ".certificate_file: ");
  const std::string key_field = absl::StrCat(section, ".private_key_file: ");
  const auto error = [](absl::string_view field, absl::string_view rule) {
    return absl::InvalidArgumentError(absl::StrCat(field, rule));
  };
  absl::StatusOr<std::string> certificate = ReadCredentialFile(certificate_file);
  if (!certificate.ok()) return error(certificate_field, certificate.status().message());
  absl::StatusOr<std::string> key = ReadSecretCredentialFile(private_key_file);
  if (!key.ok()) return error(key_field, key.status().message());
  if (net::IsEncryptedKey(*key)) {
    return error(key_field, absl::StrCat("\"", private_key_file,
                                         "\": is encrypted, and there is nobody to type its password; decrypt it with "
                                         "\"openssl pkey -in KEY -out DECRYPTED\""));
  }
  absl::StatusOr<std::shared_ptr<const net::TlsContext>> context = net::TlsContext::Create(*certificate, *key);
  if (context.ok()) return TlsIdentity{*std::move(certificate), *std::move(key), *std::move(context)};
  if (net::IsCertificateChain(*certificate) && !net::KeyMatchesCertificate(*key, *certificate)) {
    return error(key_field, absl::StrCat("\"", private_key_file, "\": is not the PEM key of the certificate"));
  }
  return error(certificate_field, absl::StrCat("\"", certificate_file, "\": ", context.status().message()));
}

}  // namespace viaduct::ops
