#include "ctl/core/failure.h"

#include <grpcpp/support/status.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <string>

#include "ops/admin/admin_error.h"

namespace viaduct::ctl {
namespace {

CallContext ContextFor(const char* endpoint) {
  return {.endpoint = *ParseEndpoint(endpoint), .tls = false, .token_source = "", .timeout = std::chrono::seconds(5)};
}

Failure ExplainTcp(grpc::StatusCode code, const std::string& message) {
  return Explain(grpc::Status(code, message), ContextFor("10.0.0.5:8083"), "");
}

// Makes a socket bound in the test's directory and, unless kept, closed again.
int BindSocket(const std::string& path) {
  unlink(path.c_str());
  const int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof(address.sun_path) - 1);
  EXPECT_EQ(bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof(address)), 0);
  return fd;
}

TEST(FailureTest, AMissingSocketNamesTheSettingThatMakesIt) {
  const Failure failure =
      Explain(grpc::Status(grpc::StatusCode::UNAVAILABLE, "x"), ContextFor("unix:missing.sock"), "");
  EXPECT_EQ(failure.exit_code, ExitCode::kUnreachable);
  EXPECT_EQ(
      failure.message,
      "cannot reach unix:missing.sock: no such file: is the chat running with admin.unix_socket set to this path? "
      "use --endpoint for another");
}

TEST(FailureTest, ASocketThatNobodyListensToSaysSo) {
  ASSERT_EQ(chdir(std::getenv("TEST_TMPDIR")), 0);
  close(BindSocket("dead.sock"));
  const Failure failure = Explain(grpc::Status(grpc::StatusCode::UNAVAILABLE, "x"), ContextFor("unix:dead.sock"), "");
  EXPECT_EQ(failure.exit_code, ExitCode::kUnreachable);
  EXPECT_EQ(failure.message, "cannot reach unix:dead.sock: nothing is listening there: has the chat stopped?");
}

TEST(FailureTest, AListeningSocketLeavesTheWordToGrpc) {
  ASSERT_EQ(chdir(std::getenv("TEST_TMPDIR")), 0);
  const int fd = BindSocket("live.sock");
  ASSERT_EQ(listen(fd, 1), 0);
  const Failure failure =
      Explain(grpc::Status(grpc::StatusCode::UNAVAILABLE, "Socket closed"), ContextFor("unix:live.sock"), "");
  close(fd);
  EXPECT_EQ(failure.exit_code, ExitCode::kUnreachable);
  EXPECT_EQ(failure.message, "cannot reach unix:live.sock: Socket closed");
}

TEST(FailureTest, TcpNamesTheCauseAloneAndWhatToCheck) {
  const Failure failure =
      ExplainTcp(grpc::StatusCode::UNAVAILABLE, "failed to connect to all addresses; last error: UNKNOWN: refused");
  EXPECT_EQ(failure.exit_code, ExitCode::kUnreachable);
  EXPECT_EQ(failure.message,
            "cannot reach 10.0.0.5:8083: refused; is this the chat's admin.tcp.listen, and is it without TLS? (--ca "
            "enables TLS)");
}

TEST(FailureTest, TlsNamesItsFlags) {
  CallContext context = ContextFor("10.0.0.5:8083");
  context.tls = true;
  EXPECT_EQ(Explain(grpc::Status(grpc::StatusCode::UNAVAILABLE, "handshake"), context, "").message,
            "cannot reach 10.0.0.5:8083: handshake; is this the chat's admin.tcp.listen, and do --ca, --cert and --key "
            "match it?");
}

TEST(FailureTest, AMissedDeadlineNamesItsLength) {
  const Failure failure = ExplainTcp(grpc::StatusCode::DEADLINE_EXCEEDED, "Deadline Exceeded");
  EXPECT_EQ(failure.exit_code, ExitCode::kUnreachable);
  EXPECT_EQ(failure.message, "no answer from 10.0.0.5:8083 within 5000ms: use --timeout to wait longer");
}

TEST(FailureTest, AMissingTokenNamesTheFlag) {
  const Failure failure = ExplainTcp(grpc::StatusCode::UNAUTHENTICATED, "no");
  EXPECT_EQ(failure.exit_code, ExitCode::kUnauthorized);
  EXPECT_EQ(failure.message, "10.0.0.5:8083 requires a token: give --token-file FILE or set VIADUCT_TOKEN");
}

TEST(FailureTest, AWrongTokenNamesWhereItCameFrom) {
  CallContext context = ContextFor("10.0.0.5:8083");
  context.token_source = "/etc/token";
  const Failure failure = Explain(grpc::Status(grpc::StatusCode::UNAUTHENTICATED, "no"), context, "");
  EXPECT_EQ(failure.exit_code, ExitCode::kUnauthorized);
  EXPECT_EQ(failure.message, "10.0.0.5:8083 rejected the token from /etc/token: see admin.tcp.bearer_token_file");
}

TEST(FailureTest, RefusalsKeepTheChatsWordsEscaped) {
  EXPECT_EQ(ExplainTcp(grpc::StatusCode::PERMISSION_DENIED, "read only").exit_code, ExitCode::kUnauthorized);
  const Failure failure = ExplainTcp(grpc::StatusCode::RESOURCE_EXHAUSTED, "too slow\x1b[2J\nsecond line");
  EXPECT_EQ(failure.exit_code, ExitCode::kRefused);
  EXPECT_EQ(failure.message, "the chat refused: RESOURCE_EXHAUSTED: too slow\\x1b[2J\\nsecond line");
}

TEST(FailureTest, DetailsNameTheFieldAndWhenToTryAgain) {
  const Failure invalid =
      Explain(ops::InvalidField("reason", "has more than\n123 bytes"), ContextFor("10.0.0.5:8083"), "");
  EXPECT_EQ(invalid.exit_code, ExitCode::kRefused);
  EXPECT_EQ(invalid.message, "the chat refused the field reason: has more than\\n123 bytes");
  const grpc::Status busy =
      ops::RefusedCall(grpc::StatusCode::RESOURCE_EXHAUSTED, "TOO_MUCH_WAITING", "no room", std::chrono::seconds(2));
  EXPECT_EQ(Explain(busy, ContextFor("10.0.0.5:8083"), "").message,
            "the chat refused: RESOURCE_EXHAUSTED: no room; try again in 2s");
}

TEST(FailureTest, NotFoundNamesTheConnection) {
  const grpc::Status status(grpc::StatusCode::NOT_FOUND, "gone");
  const Failure failure = Explain(status, ContextFor("10.0.0.5:8083"), "7c9e");
  EXPECT_EQ(failure.exit_code, ExitCode::kRefused);
  EXPECT_EQ(failure.message, "no open connection 7c9e: 'viaductctl connections list' lists the open ones");
  EXPECT_EQ(Explain(status, ContextFor("10.0.0.5:8083"), "").message, "the chat refused: NOT_FOUND: gone");
}

TEST(FailureTest, AnUnknownCallSuggestsAnotherServer) {
  const Failure failure = ExplainTcp(grpc::StatusCode::UNIMPLEMENTED, "");
  EXPECT_EQ(failure.exit_code, ExitCode::kRefused);
  EXPECT_EQ(failure.message,
            "10.0.0.5:8083 does not implement this call: is it the chat's admin API, and at least as new as this "
            "viaductctl?");
}

}  // namespace
}  // namespace viaduct::ctl
