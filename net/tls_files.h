#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace viaduct {

// The content of a file of keys or certificates, at most 1 MiB and not empty. The error quotes the path and says the
// rule, and nothing of the content.
absl::StatusOr<std::string> ReadTlsFile(const std::string& path);

// Whether `pem` holds at least one certificate, and nothing broken before it ends.
bool IsCertificateChain(std::string_view pem);

// Whether `key_pem` is the private key of the first certificate in `certificate_pem`.
bool KeyMatchesCertificate(std::string_view key_pem, std::string_view certificate_pem);

}  // namespace viaduct
