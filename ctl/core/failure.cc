#include "ctl/core/failure.h"

#include <grpcpp/support/status.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <optional>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "ctl/output/proto_time.h"
#include "ctl/output/text.h"
#include "third_party/google/rpc/error_details.pb.h"
#include "third_party/google/rpc/status.pb.h"

namespace viaduct::ctl {
namespace {

// Returns 0 if something listens on the socket at `path`, otherwise the errno of connecting to it.
int ConnectError(const std::string& path) {
  const int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return errno;
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  const int result = connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address));
  const int error = result == 0 || errno == EAGAIN ? 0 : errno;
  close(fd);
  return error;
}

// Returns the cause, which comes last in gRPC's message:
// "failed to connect to all addresses; last error: UNKNOWN: ipv4:127.0.0.1:1: ...: Connection refused".
std::string Cause(const std::string& message) {
  constexpr std::string_view kLastError = "last error: ";
  std::string_view cause = message;
  if (const std::size_t at = cause.find(kLastError); at != std::string_view::npos) {
    cause.remove_prefix(at + kLastError.size());
    if (cause.starts_with("UNKNOWN: ")) cause.remove_prefix(std::string_view("UNKNOWN: ").size());
  }
  return Escape(cause);
}

// The google.rpc details of a status, as texts for a person.
struct Details {
  std::string violations;  // "the field code: must be ...; the field reason: ..."
  std::string advice;      // "; try again in 1s"
};

Details ReadDetails(const grpc::Status& status) {
  Details read;
  google::rpc::Status rich;
  if (!rich.ParseFromString(status.error_details())) return read;
  for (const google::protobuf::Any& any : rich.details()) {
    google::rpc::BadRequest bad;
    google::rpc::RetryInfo retry;
    if (any.UnpackTo(&bad)) {
      for (const auto& violation : bad.field_violations()) {
        absl::StrAppend(&read.violations, read.violations.empty() ? "" : "; ", "the field ", Escape(violation.field()),
                        ": ", Escape(violation.description()));
      }
    } else if (any.UnpackTo(&retry)) {
      read.advice = absl::StrCat("; try again in ", FormatAge(FromProto(retry.retry_delay())));
    }
  }
  return read;
}

Failure ExplainUnixSocket(const CallContext& context, int error) {
  const Endpoint& endpoint = context.endpoint;
  const std::string cannot_reach = absl::StrCat("cannot reach ", Escape(endpoint.text), ": ");
  if (error == EACCES || error == EPERM) {
    return {ExitCode::kUnauthorized,
            absl::StrCat(cannot_reach, "permission denied: use sudo, or join the socket's group (ls -l shows it)")};
  }
  if (error == ENOENT || error == ENOTDIR) {
    return {ExitCode::kUnreachable, absl::StrCat(cannot_reach, "no such file: is the ", context.server,
                                                 " running with admin.unix_socket set to this path? "
                                                 "use --endpoint for another")};
  }
  if (error == ECONNREFUSED) {
    return {ExitCode::kUnreachable,
            absl::StrCat(cannot_reach, "nothing is listening there: has the ", context.server, " stopped?")};
  }
  return {ExitCode::kUnreachable, absl::StrCat(cannot_reach, std::strerror(error))};
}

Failure ExplainUnavailable(const grpc::Status& status, const CallContext& context) {
  if (!context.endpoint.unix_path.empty()) {
    const int error = ConnectError(context.endpoint.unix_path);
    if (error != 0) return ExplainUnixSocket(context, error);
  }
  const std::string cause = Cause(status.error_message());
  std::string advice;
  if (context.endpoint.unix_path.empty()) {
    advice =
        absl::StrCat("; is this the ", context.server, "'s admin.tcp.listen, and ",
                     context.tls ? "do --ca, --cert and --key match it?" : "is it without TLS? (--ca enables TLS)");
  }
  return {ExitCode::kUnreachable, absl::StrCat("cannot reach ", context.endpoint.text, ": ", cause, advice)};
}

Failure ExplainUnauthenticated(const CallContext& context) {
  if (context.token_source.empty()) {
    return {ExitCode::kUnauthorized,
            absl::StrCat(context.endpoint.text, " requires a token: give --token-file FILE or set VIADUCT_TOKEN")};
  }
  return {ExitCode::kUnauthorized, absl::StrCat(context.endpoint.text, " rejected the token from ",
                                                Escape(context.token_source), ": see admin.tcp.bearer_token_file")};
}

}  // namespace

Failure Explain(const grpc::Status& status, const CallContext& context, std::string_view id) {
  const std::string message = Escape(status.error_message());
  const Details details = ReadDetails(status);
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
      return ExplainUnavailable(status, context);
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return {ExitCode::kUnreachable, absl::StrCat("no answer from ", Escape(context.endpoint.text), " within ",
                                                   context.timeout.count(), "ms: use --timeout to wait longer")};
    case grpc::StatusCode::UNAUTHENTICATED:
      return ExplainUnauthenticated(context);
    case grpc::StatusCode::PERMISSION_DENIED:
      return {ExitCode::kUnauthorized, absl::StrCat("the ", context.server, " does not permit this: ", message)};
    case grpc::StatusCode::UNIMPLEMENTED:
      return {ExitCode::kRefused,
              absl::StrCat(Escape(context.endpoint.text), " does not implement this call: is it the ", context.server,
                           "'s admin API, and at least as new as this viaductctl?")};
    case grpc::StatusCode::NOT_FOUND:
      if (id.empty()) break;
      return {ExitCode::kRefused, absl::StrCat("no open ", context.thing, " ", Escape(id), ": 'viaductctl ",
                                               context.list, "' lists the open ones")};
    default:
      break;
  }
  if (status.error_code() == grpc::StatusCode::INVALID_ARGUMENT && !details.violations.empty()) {
    return {ExitCode::kRefused, absl::StrCat("the ", context.server, " refused ", details.violations)};
  }
  const std::string code = absl::StatusCodeToString(static_cast<absl::StatusCode>(status.error_code()));
  return {ExitCode::kRefused, absl::StrCat("the ", context.server, " refused: ", code, ": ", message, details.advice)};
}

}  // namespace viaduct::ctl
