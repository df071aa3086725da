#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace viaduct::ops {

// One plain HTTP/1.1 request, on a connection of its own, to somebody nearby: the ops page of this program, the agent
// of the machine.
struct HttpCall {
  std::string method = "GET";
  // "http://169.254.170.2/v4/abc" or "http://[::1]:9081/healthz". The host is an address: names are not resolved.
  std::string url;
  std::string json_body = {};  // "": no body
  // From the first SYN to the last byte of the answer.
  std::chrono::nanoseconds timeout = std::chrono::seconds(1);
  // A longer answer is an error. Its head may have 8 KiB.
  std::size_t max_body_bytes = 64 * 1024;
};

struct HttpCallAnswer {
  int status = 0;
  std::string body;
};

// OK, or the rule that `url` breaks: `"ftp://x": must be http://ADDRESS[:PORT]/PATH`.
absl::Status CheckCallUrl(std::string_view url);

// Makes the call; the caller's thread waits. An answer of any status is an answer. Errors: InvalidArgument for the URL,
// DeadlineExceeded, Unavailable with the cause. Thread-safe.
absl::StatusOr<HttpCallAnswer> CallHttp(const HttpCall& call);

}  // namespace viaduct::ops
