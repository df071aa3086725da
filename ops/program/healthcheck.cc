#include "ops/program/healthcheck.h"

#include <iostream>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "ops/program/http_call.h"

namespace viaduct::ops {
namespace {

constexpr std::size_t kMaxAnswerBytes = 4096;

// Returns the address at which a listener of this machine can be reached.
std::string ReachableAddress(std::string_view listen) {
  const std::size_t colon = listen.rfind(':');
  if (colon == std::string_view::npos) return std::string(listen);
  const std::string_view host = listen.substr(0, colon);
  const std::string port(listen.substr(colon));
  if (host == "0.0.0.0") return "127.0.0.1" + port;
  if (host == "[::]") return "[::1]" + port;
  return std::string(listen);
}

std::string FirstLine(std::string_view text) { return std::string(text.substr(0, text.find('\n'))); }

}  // namespace

int Healthcheck(std::string_view program, std::string_view ops_listen, const ProgramOptions& options) {
  const std::string url = absl::StrCat("http://", ReachableAddress(ops_listen), options.ready ? "/readyz" : "/healthz");
  const absl::StatusOr<HttpCallAnswer> answer =
      CallHttp({.url = url, .timeout = options.timeout, .max_body_bytes = kMaxAnswerBytes});
  if (!answer.ok()) {
    std::cerr << program << ": " << url << ": " << answer.status().message() << "\n";
    return kExitFailure;
  }
  const bool good = answer->status == 200;
  (good ? std::cout : std::cerr) << program << ": " << url << ": " << answer->status << " " << FirstLine(answer->body)
                                 << "\n";
  return good ? 0 : kExitFailure;
}

}  // namespace viaduct::ops
