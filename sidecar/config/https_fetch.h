#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace viaduct::sidecar {

// One GET over HTTPS from somebody whose name is known, on a connection of its own. A value.
struct HttpsFetch {
  std::string url;      // "https://ip-ranges.amazonaws.com/ip-ranges.json"
  std::string ca_file;  // PEM; "": the authorities that OpenSSL trusts
  std::string etag;     // of what is here already; "": nothing is
  // From looking up the name to the last byte.
  std::chrono::nanoseconds timeout = std::chrono::seconds(30);
  // A longer body is an error.
  std::size_t max_body_bytes = 0;
};

struct HttpsAnswer {
  bool modified = true;  // else what has `etag` is still what there is, and `body` is empty
  std::string body;
  std::string etag;  // "" if it has none
};

// OK, or the rule that `url` breaks: `"http://x": must be https://HOST[:PORT]/PATH`.
absl::Status CheckHttpsUrl(std::string_view url);

// Fetches it; the caller's thread waits. The server must show a certificate for the URL's host that leads to an
// authority, over TLS 1.2 or later. Every answer but 200, and 304 to an ETag, is an error; so redirects are not
// followed. An error says what failed, e.g. "TLS handshake with ip-ranges.amazonaws.com: certificate has expired".
//
// Comes back soon after `stop` is set. Thread-safe.
absl::StatusOr<HttpsAnswer> FetchHttps(const HttpsFetch& fetch, const std::atomic<bool>& stop);

}  // namespace viaduct::sidecar
