#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace viaduct::ops {

// One HTTP/1.1 request on its own connection: over plain HTTP to a nearby address, such as this program's ops page or
// the machine's agent, or over HTTPS to a host with a matching certificate. A value.
struct HttpCall {
  std::string method = "GET";
  // "http://169.254.170.2/v4/abc" or "https://ip-ranges.amazonaws.com/ip-ranges.json". Only HTTPS looks up names.
  std::string url;
  std::string user_agent = {};     // "": none is sent
  std::string if_none_match = {};  // an ETag; "": none is sent
  std::string json_body = {};      // "": no body
  // A PEM file with the authorities that HTTPS trusts; "": those that OpenSSL trusts.
  std::string ca_file = {};
  // The time from looking up the name to the last byte of the answer.
  std::chrono::nanoseconds timeout = std::chrono::seconds(1);
  // A longer body is an error. The answer's head may have 8 KiB.
  std::size_t max_body_bytes = 64 * 1024;
  // Ends the call soon after it becomes true. May be null; otherwise must outlive the call.
  const std::atomic<bool>* stop = nullptr;
};

struct HttpCallAnswer {
  int status = 0;
  std::string body;
  std::string etag;  // "" if it has none
};

// Returns OK for an http URL that CallHttp accepts, otherwise `"x": must be http://ADDRESS[:PORT]/PATH`.
absl::Status CheckHttpUrl(std::string_view url);
// Returns OK for an https URL with a path that CallHttp accepts, otherwise `"x": must be https://HOST[:PORT]/PATH`.
absl::Status CheckHttpsUrl(std::string_view url);

// Makes the call; the caller's thread waits. An answer with any status is a success; redirects are not followed. With
// HTTPS the server must show a certificate for the URL's host that leads to an authority, over TLS 1.2 or later.
//
// Errors name the cause but not the URL: InvalidArgument for the URL, DeadlineExceeded, and Unavailable, for example
// "TLS handshake: certificate has expired". Thread-safe.
absl::StatusOr<HttpCallAnswer> CallHttp(const HttpCall& call);

}  // namespace viaduct::ops
