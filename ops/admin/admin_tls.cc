#include "ops/admin/admin_tls.h"

#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "net/pem.h"
#include "ops/config/bounded_file.h"
#include "ops/config/tls_identity.h"

namespace viaduct::ops {

std::vector<std::string> AdminTlsFiles::paths() const {
  std::vector<std::string> paths;
  for (const std::string* path : {&certificate, &private_key, &client_ca}) {
    if (!path->empty()) paths.push_back(*path);
  }
  return paths;
}

absl::StatusOr<AdminTls> AdminTls::Read(const AdminTlsFiles& files) {
  absl::StatusOr<TlsIdentity> identity = TlsIdentity::Read("admin.tcp", files.certificate, files.private_key);
  if (!identity.ok()) return identity.status();
  AdminTls tls{.certificate = std::move(identity->certificate),
               .private_key = std::move(identity->private_key),
               .client_ca = {},
               .expires = identity->context->expires()};
  if (files.client_ca.empty()) return tls;
  const auto error = [](absl::string_view rule) {
    return absl::InvalidArgumentError(absl::StrCat("admin.tcp.client_ca_file: ", rule));
  };
  absl::StatusOr<std::string> client_ca = ReadCredentialFile(files.client_ca);
  if (!client_ca.ok()) return error(client_ca.status().message());
  if (!net::IsCertificateChain(*client_ca))
    return error(absl::StrCat("\"", files.client_ca, "\": is not a PEM certificate"));
  tls.client_ca = *std::move(client_ca);
  return tls;
}

}  // namespace viaduct::ops
