#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace viaduct::ops {

// The files of the admin API's TLS; "" where there is none. A value.
struct AdminTlsFiles {
  std::string certificate;
  std::string private_key;
  std::string client_ca;

  // Those that there are.
  std::vector<std::string> paths() const;

  bool operator==(const AdminTlsFiles& other) const = default;
};

// What the admin API's port shows, and whom it lets in: the content of the files, as PEM. A value.
struct AdminTls {
  std::string certificate;
  std::string private_key;
  std::string client_ca;  // "": clients need no certificate
  std::chrono::system_clock::time_point expires{};

  // Certificate and key must be named. The error names the field, the path and the rule, and nothing of the content.
  static absl::StatusOr<AdminTls> Read(const AdminTlsFiles& files);

  bool operator==(const AdminTls& other) const = default;
};

}  // namespace viaduct::ops
