#pragma once

#include <string_view>

namespace viaduct::net {

// Returns true if `pem` holds at least one certificate and nothing broken before its end.
bool IsCertificateChain(std::string_view pem);

// Returns true if `key_pem` is the private key of the first certificate in `certificate_pem`.
bool KeyMatchesCertificate(std::string_view key_pem, std::string_view certificate_pem);

// Returns true if `pem` holds a private key that needs a password.
bool IsEncryptedKey(std::string_view pem);

}  // namespace viaduct::net
