#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace viaduct::ops {

// The files of the admin API's TLS; "" for a file that is not configured. A value.
struct AdminTlsFiles {
  std::string certificate;
  std::string private_key;
  std::string client_ca;

  // Returns the paths of the configured files.
  std::vector<std::string> paths() const;

  bool operator==(const AdminTlsFiles& other) const = default;
};

// The certificate that the admin API's port shows, and the authorities of the clients that it lets in: the content of
// the files, as PEM. A value.
struct AdminTls {
  std::string certificate;
  std::string private_key;
  std::string client_ca;  // "": clients need no certificate
  std::chrono::system_clock::time_point expires{};

  // Reads the files. Certificate and key must be named. The error names the field, the path and the rule, and nothing
  // of the content.
  static absl::StatusOr<AdminTls> Read(const AdminTlsFiles& files);

  bool operator==(const AdminTls& other) const = default;
};

}  // namespace viaduct::ops
