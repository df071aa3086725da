// The access of viaductctl to a chat: sockets, tokens, TLS, and the messages about failures.
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "tests/ctl/chat/fake_chat.h"
#include "tests/ctl/program.h"
#include "tests/ctl/test_certificate.h"

namespace viaduct::ctl {
namespace {

constexpr char kTcp[] = "127.0.0.1:0";
constexpr char kToken[] = "correct-horse-battery";

ChatScript WithToken() {
  ChatScript script;
  script.token = kToken;
  return script;
}

void WriteFile(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

std::shared_ptr<grpc::ServerCredentials> ServerTls(const TestCertificate& certificate,
                                                   grpc_ssl_client_certificate_request_type client) {
  grpc::SslServerCredentialsOptions options(client);
  options.pem_root_certs = certificate.certificate;
  options.pem_key_cert_pairs.push_back({certificate.private_key, certificate.certificate});
  return grpc::SslServerCredentials(options);
}

TEST(AccessTest, TheEndpointComesFromTheEnvironmentToo) {
  EnterTestDirectory();
  const FakeChat chat({});
  EXPECT_EQ(RunViaductctl({"stats"}, {.environment = {"VIADUCT_ENDPOINT=unix:chat.sock"}}).exit_code, 0);
}

TEST(AccessTest, ASocketPathMayHaveAnyCharacters) {
  EnterTestDirectory();
  const FakeChat chat({}, "unix:a%2520b%20c%23d.sock");
  const Ended ended = RunViaductctl({"stats", "--endpoint", "unix:a%20b c#d.sock"});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
}

TEST(AccessTest, TcpOnLoopbackTakesATokenFromAFileOrTheEnvironment) {
  EnterTestDirectory();
  WriteFile("token", std::string(kToken) + "\n");
  const FakeChat chat(WithToken(), kTcp);
  const std::string endpoint = chat.endpoint();
  EXPECT_EQ(RunViaductctl({"stats", "--endpoint", endpoint, "--token-file", "token"}).exit_code, 0);
  EXPECT_EQ(RunViaductctl({"stats", "--endpoint", endpoint}, {.environment = {"VIADUCT_TOKEN_FILE=token"}}).exit_code,
            0);
  const std::string variable = "VIADUCT_TOKEN=" + std::string(kToken);
  EXPECT_EQ(RunViaductctl({"stats", "--endpoint", endpoint}, {.environment = {variable}}).exit_code, 0);
  const std::string by_name = "localhost" + endpoint.substr(endpoint.find(':'));
  const Ended named = RunViaductctl({"stats", "--endpoint", by_name}, {.environment = {variable}});
  EXPECT_EQ(named.exit_code, 0) << named.err;
}

TEST(AccessTest, AUnixSocketTakesATokenToo) {
  EnterTestDirectory();
  const FakeChat chat(WithToken());
  const Ended ended = RunViaductctl({"stats", "--endpoint", "unix:chat.sock"},
                                    {.environment = {"VIADUCT_TOKEN=" + std::string(kToken)}});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
}

TEST(AccessTest, AMissingTokenIsExitCodeFour) {
  EnterTestDirectory();
  const FakeChat chat(WithToken(), kTcp);
  for (const char* command : {"stats", "watch"}) {
    const Ended ended = RunViaductctl({command, "--endpoint", chat.endpoint()});
    EXPECT_EQ(ended.exit_code, 4) << command;
    EXPECT_EQ(ended.err,
              "viaductctl: " + chat.endpoint() + " requires a token: give --token-file FILE or set VIADUCT_TOKEN\n");
  }
}

TEST(AccessTest, AWrongTokenIsExitCodeFourAndIsNotShown) {
  EnterTestDirectory();
  const FakeChat chat(WithToken(), kTcp);
  const Ended ended =
      RunViaductctl({"stats", "--endpoint", chat.endpoint()}, {.environment = {"VIADUCT_TOKEN=wrong-horse"}});
  EXPECT_EQ(ended.exit_code, 4);
  EXPECT_EQ(ended.err, "viaductctl: " + chat.endpoint() +
                           " rejected the token from VIADUCT_TOKEN: see admin.tcp.bearer_token_file\n");
}

TEST(AccessTest, ATokenIsNotSentInClearOverANetwork) {
  const Ended ended =
      RunViaductctl({"stats", "--endpoint", "192.0.2.1:8083"}, {.environment = {"VIADUCT_TOKEN=secret"}});
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_EQ(
      ended.err,
      "viaductctl: will not send the token in clear text to 192.0.2.1:8083: give --ca for TLS, or use a Unix socket or "
      "loopback\n");
}

TEST(AccessTest, ATokenThatIsNoneIsRejected) {
  EnterTestDirectory();
  WriteFile("empty", " \n");
  WriteFile("two", "one two\n");
  const Ended empty = RunViaductctl({"stats", "--token-file", "empty"});
  EXPECT_EQ(empty.exit_code, 2);
  EXPECT_EQ(empty.err, "viaductctl: empty contains no token\n");
  const Ended two = RunViaductctl({"stats", "--token-file", "two"});
  EXPECT_EQ(two.exit_code, 2);
  EXPECT_EQ(two.err, "viaductctl: two: a token must be one word of visible ASCII characters\n");
  const Ended missing = RunViaductctl({"stats", "--token-file", "missing"});
  EXPECT_EQ(missing.exit_code, 2);
  EXPECT_EQ(missing.err, "viaductctl: cannot read missing: No such file or directory\n");
}

TEST(AccessTest, TlsVerifiesTheChat) {
  EnterTestDirectory();
  const TestCertificate certificate = MakeTestCertificate();
  WriteFile("ca.pem", certificate.certificate);
  WriteFile("other.pem", MakeTestCertificate().certificate);
  const FakeChat chat(WithToken(), kTcp, ServerTls(certificate, GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE));
  const ProgramOptions with_token = {.environment = {"VIADUCT_TOKEN=" + std::string(kToken)}};
  const Ended good = RunViaductctl({"stats", "--endpoint", chat.endpoint(), "--ca", "ca.pem"}, with_token);
  EXPECT_EQ(good.exit_code, 0) << good.err;
  const Ended stranger = RunViaductctl({"stats", "--endpoint", chat.endpoint(), "--ca", "other.pem"}, with_token);
  EXPECT_EQ(stranger.exit_code, 3);
  EXPECT_NE(stranger.err.find("do --ca, --cert and --key match it?\n"), std::string::npos) << stranger.err;
  EXPECT_EQ(std::count(stranger.err.begin(), stranger.err.end(), '\n'), 1) << stranger.err;
}

TEST(AccessTest, MutualTlsShowsOurCertificate) {
  EnterTestDirectory();
  const TestCertificate certificate = MakeTestCertificate();
  WriteFile("both.pem", certificate.certificate);
  WriteFile("key.pem", certificate.private_key);
  const FakeChat chat({}, kTcp, ServerTls(certificate, GRPC_SSL_REQUEST_AND_REQUIRE_CLIENT_CERTIFICATE_AND_VERIFY));
  const Ended known =
      RunViaductctl({"stats", "--endpoint", chat.endpoint()},
                    {.environment = {"VIADUCT_CA=both.pem", "VIADUCT_CERT=both.pem", "VIADUCT_KEY=key.pem"}});
  EXPECT_EQ(known.exit_code, 0) << known.err;
  const Ended unknown = RunViaductctl({"stats", "--endpoint", chat.endpoint(), "--ca", "both.pem"});
  EXPECT_EQ(unknown.exit_code, 3) << unknown.err;
}

TEST(AccessTest, ClearTextToATlsPortSaysWhatToCheck) {
  EnterTestDirectory();
  const FakeChat chat({}, kTcp, ServerTls(MakeTestCertificate(), GRPC_SSL_DONT_REQUEST_CLIENT_CERTIFICATE));
  const Ended ended = RunViaductctl({"stats", "--endpoint", chat.endpoint()});
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_NE(ended.err.find("is it without TLS? (--ca enables TLS)"), std::string::npos) << ended.err;
}

TEST(AccessTest, APemFileThatIsNoneIsRejected) {
  EnterTestDirectory();
  WriteFile("not.pem", "hello");
  const Ended ended = RunViaductctl({"stats", "--endpoint", "127.0.0.1:1", "--ca", "not.pem"});
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_EQ(ended.err, "viaductctl: not.pem: not a PEM file\n");
}

TEST(AccessTest, AnEncryptedKeyIsRejectedWithTheWayToDecryptIt) {
  EnterTestDirectory();
  const TestCertificate certificate = MakeTestCertificate();
  WriteFile("both.pem", certificate.certificate);
  WriteFile("key.pem", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIIB\n-----END ENCRYPTED PRIVATE KEY-----\n");
  const Ended ended = RunViaductctl({"stats", "--endpoint", "127.0.0.1:1", "--ca", "both.pem"},
                                    {.environment = {"VIADUCT_CERT=both.pem", "VIADUCT_KEY=key.pem"}});
  EXPECT_EQ(ended.exit_code, 2);
  EXPECT_EQ(ended.err,
            "viaductctl: key.pem: the key is encrypted; decrypt it with \"openssl pkey -in KEY -out DECRYPTED\"\n");
}

TEST(AccessTest, NoChatIsExitCodeThree) {
  EnterTestDirectory();
  for (const char* command : {"stats", "health", "watch"}) {
    const Ended ended = RunViaductctl({command, "--endpoint", "unix:missing.sock"});
    EXPECT_EQ(ended.exit_code, 3) << command;
    EXPECT_EQ(
        ended.err,
        "viaductctl: cannot reach unix:missing.sock: no such file: is the chat running with admin.unix_socket set "
        "to this path? use --endpoint for another\n");
  }
}

TEST(AccessTest, APortThatNobodyListensOnIsExitCodeThree) {
  EnterTestDirectory();
  FakeChat chat({}, kTcp);
  chat.Stop();
  const Ended ended = RunViaductctl({"stats", "--endpoint", chat.endpoint()});
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_NE(ended.err.find("Connection refused; is this the chat's admin.tcp.listen"), std::string::npos) << ended.err;
}

TEST(AccessTest, ASilentChatIsExitCodeThree) {
  EnterTestDirectory();
  ChatScript script;
  script.silent = true;
  const FakeChat chat(script);
  const Ended ended = RunViaductctl({"stats", "--endpoint", "unix:chat.sock", "--timeout", "100ms"});
  EXPECT_EQ(ended.exit_code, 3);
  EXPECT_EQ(ended.err, "viaductctl: no answer from unix:chat.sock within 100ms: use --timeout to wait longer\n");
}

TEST(AccessTest, AWebProxyIsNotUsed) {
  EnterTestDirectory();
  const FakeChat chat({}, kTcp);
  const Ended ended =
      RunViaductctl({"stats", "--endpoint", chat.endpoint()},
                    {.environment = {"http_proxy=http://127.0.0.1:1", "grpc_proxy=http://127.0.0.1:1"}});
  EXPECT_EQ(ended.exit_code, 0) << ended.err;
}

}  // namespace
}  // namespace viaduct::ctl
