// Questions of other proxies in HTTP, on the listener of a running sidecar.

#include "sidecar/authorize/server/authorize_session.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <string>
#include <string_view>
#include <vector>

#include "net/address.h"
#include "sidecar/authorize/authorize_bounds.h"
#include "tests/support/http_message.h"
#include "tests/support/log_lines.h"
#include "tests/support/scripted_peer.h"
#include "tests/support/sidecar_fixture.h"
#include "tests/support/socket_path.h"

namespace viaduct::sidecar {
namespace {

constexpr std::string_view kPeer = "X-Viaduct-Peer: 127.0.0.9:4711\r\n";

std::string Question(std::string_view fields = kPeer, std::string_view request_line = "GET /any?token=x HTTP/1.1") {
  return Request(request_line, fields);
}

class AuthorizeSessionTest : public SidecarTest {
 protected:
  void StartAuthorizing(const std::string& more = "", RunningSidecar::Settings settings = {}) {
    settings.yaml += Yaml(more);
    Start(settings);
  }
  static std::string Yaml(const std::string& more) {
    return "authorize: {listen: '127.0.0.1:0', proxy: NGINX" + more + "}\n";
  }
  ScriptedPeer Proxy() { return ScriptedPeer::Connect(*sidecar().server().authorize_address()); }
  // Sends one question, and expects that the connection ends after the answer.
  HttpMessage LastAnswer(const std::string& question) {
    ScriptedPeer proxy = Proxy();
    proxy.Send(question);
    HttpMessage answer = ReadHttpMessage(&proxy);
    EXPECT_EQ(answer.Field("Connection"), "close");
    EXPECT_EQ(proxy.WaitForEnd(), PeerEnd::kFin);
    return answer;
  }
  LogRecord Denied(std::string_view reason) {
    const LogRecord line = sidecar().log().Wait({{"msg", "authorize"}, {"denyReason", reason}});
    EXPECT_FALSE(line.empty()) << "no log line with denyReason " << reason;
    EXPECT_TRUE(sidecar().WaitForAtLeast(
        "viaduct_authorize_denied_total{form=\"http\",reason=\"" + std::string(reason) + "\"}", 1));
    return line;
  }
};

TEST_F(AuthorizeSessionTest, QuestionsOfOneConnectionAreAnsweredOneAfterTheOther) {
  StartAuthorizing();
  ScriptedPeer proxy = Proxy();
  proxy.Send(Question() + Question("") + Question());
  const HttpMessage yes = ReadHttpMessage(&proxy);
  EXPECT_EQ(yes.head,
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nx-viaduct-viewer-address: 203.0.113.7\r\n"
            "Content-Length: 0\r\nConnection: keep-alive\r\n\r\n");
  const HttpMessage no = ReadHttpMessage(&proxy);
  EXPECT_EQ(
      no.head,
      "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: 10\r\nConnection: keep-alive\r\n\r\n");
  EXPECT_EQ(no.body, "forbidden\n");
  EXPECT_EQ(ReadHttpMessage(&proxy).status(), 200);
  Denied("peer_missing");
  const LogRecord line = sidecar().log().Wait({{"msg", "authorize"}, {"verdict", "allow"}});
  EXPECT_EQ(line.at("peer"), "127.0.0.9:4711");
  EXPECT_EQ(line.at("target"), "/any?token=***");
  EXPECT_EQ(line.at("viewer"), "203.0.113.7");
  EXPECT_EQ(line.at("form"), "http");
  EXPECT_EQ(line.at("status"), "200");
  EXPECT_EQ(line.at("proxy"), "127.0.0.1:" + std::to_string(proxy.local_port()));
  EXPECT_EQ(sidecar().Metric("viaduct_authorize_allowed_total{form=\"http\"}"), 2);
  EXPECT_EQ(sidecar().Metric("viaduct_filter_allowed_total"), 0) << "nothing was forwarded";
  EXPECT_TRUE(upstream_.NobodyCame());
}

TEST_F(AuthorizeSessionTest, AHandshakeGetsAPlainAnswerAndExpectWaitsForNothing) {
  StartAuthorizing();
  ScriptedPeer proxy = Proxy();
  const std::string handshake = std::string(kPeer) +
                                "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                                "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nExpect: 100-continue\r\n"
                                "Content-Length: 0\r\n";
  for (int i = 0; i < 2; ++i) {
    proxy.Send(Question(handshake));
    const HttpMessage answer = ReadHttpMessage(&proxy);
    EXPECT_EQ(answer.status(), 200);
    EXPECT_EQ(answer.Count("Upgrade"), 0);
  }
}

TEST_F(AuthorizeSessionTest, ABodyIsNeverReadAsAQuestion) {
  StartAuthorizing();
  const std::string smuggled = Question();
  const std::string fields = std::string(kPeer) + "Content-Length: " + std::to_string(smuggled.size()) + "\r\n";
  EXPECT_EQ(LastAnswer(Question(fields, "POST / HTTP/1.1") + smuggled).status(), 200);
  EXPECT_EQ(LastAnswer(Question(std::string(kPeer) + "Transfer-Encoding: chunked\r\n", "POST / HTTP/1.1")).status(),
            200);
  EXPECT_TRUE(sidecar().WaitForMetric("viaduct_authorize_allowed_total{form=\"http\"}", 2));
}

TEST_F(AuthorizeSessionTest, ABrokenHeadIsAnswered403Too) {
  StartAuthorizing();
  EXPECT_EQ(LastAnswer(Question(std::string(kPeer) + "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n")).status(),
            403);
  EXPECT_EQ(Denied("bad_request").at("rule"), "length_and_encoding");
  EXPECT_EQ(LastAnswer(Question(kPeer, "TRACE / HTTP/1.1")).status(), 403);
  EXPECT_EQ(LastAnswer("\x16\x03\x01").status(), 403);
  EXPECT_EQ(sidecar().Metric("viaduct_heads_refused_total{rule=\"method_refused\"}"), 1);
}

TEST_F(AuthorizeSessionTest, AHeadMayBeLongerThanTheSidecarsOwn) {
  StartAuthorizing();
  ScriptedPeer proxy = Proxy();
  proxy.Send(Question(std::string(kPeer) + "Cookie: " + std::string(60 * 1024, 'a') + "\r\n"));
  EXPECT_EQ(ReadHttpMessage(&proxy).status(), 200);
  EXPECT_EQ(LastAnswer(Question(std::string(kPeer) + "Cookie: " + std::string(70 * 1024, 'a') + "\r\n")).status(), 403);
  EXPECT_EQ(Denied("bad_request").at("rule"), "head_too_large");
}

TEST_F(AuthorizeSessionTest, AHeadThatDoesNotComeIsNotWaitedFor) {
  StartAuthorizing("", {.yaml = "timeouts: {request_head_timeout: 50ms}\n"});
  EXPECT_EQ(LastAnswer("GET / HTTP/1.1\r\n").status(), 403);
  Denied("request_head_timeout");
}

TEST_F(AuthorizeSessionTest, AProxyFromElsewhereIsDeniedWhateverItSays) {
  StartAuthorizing(", trusted_proxies: [10.0.0.0/8]");
  EXPECT_EQ(LastAnswer(Question()).status(), 403);
  EXPECT_EQ(LastAnswer("\r\n\r\n").status(), 403);
  Denied("untrusted_proxy");
  EXPECT_EQ(sidecar().Metric("viaduct_authorize_denied_total{form=\"http\",reason=\"bad_request\"}"), 0);
}

TEST_F(AuthorizeSessionTest, AKeptConnectionIsJudgedByTheSettingsInForce) {
  const RunningSidecar::Settings settings{.yaml = Yaml("")};
  Start(settings);
  ScriptedPeer proxy = Proxy();
  proxy.Send(Question());
  EXPECT_EQ(ReadHttpMessage(&proxy).status(), 200);
  RunningSidecar::Settings stricter = settings;
  stricter.filter = "hosts: [other.example.com]";
  ASSERT_TRUE(sidecar().Apply(upstream_.address(), stricter).ok());
  proxy.Send(Question());
  EXPECT_EQ(ReadHttpMessage(&proxy).status(), 403);
  Denied("host_not_allowed");
}

TEST_F(AuthorizeSessionTest, MonitoredChecksAreCounted) {
  StartAuthorizing("", {.filter = "hosts: [other.example.com]\n  host: MONITOR"});
  ScriptedPeer proxy = Proxy();
  proxy.Send(Question());
  EXPECT_EQ(ReadHttpMessage(&proxy).status(), 200);
  EXPECT_EQ(sidecar().log().Wait({{"msg", "authorize"}}).at("wouldDeny"), "host_not_allowed");
  EXPECT_EQ(sidecar().Metric("viaduct_authorize_would_deny_total{form=\"http\",reason=\"host_not_allowed\"}"), 1);
}

TEST_F(AuthorizeSessionTest, WhileDrainingEachAnswerIsTheLastOfItsConnection) {
  StartAuthorizing("", {.yaml = "drain: {accept_window: 20s, timeout: 40s}\n"});
  ScriptedPeer kept = Proxy();
  kept.Send(Question());
  EXPECT_EQ(ReadHttpMessage(&kept).Field("Connection"), "keep-alive");
  ASSERT_TRUE(sidecar().server().drain().Drain());
  // The worker hears of it in one of its next turns.
  HttpMessage answer;
  do {
    kept.Send(Question());
    answer = ReadHttpMessage(&kept);
    ASSERT_EQ(answer.status(), 200);
  } while (answer.Field("Connection") == "keep-alive");
  EXPECT_EQ(answer.Field("Connection"), "close");
  EXPECT_EQ(kept.WaitForEnd(), PeerEnd::kFin);
  EXPECT_EQ(LastAnswer(Question()).status(), 200);
}

TEST_F(AuthorizeSessionTest, AUnixSocketIsForItsGroup) {
  const SocketPath socket;
  Start({.yaml = "authorize: {listen: 'unix:" + socket.path() + "', proxy: CADDY, trusted_proxies: [10.0.0.0/8]}\n",
         .workers = 2});
  struct stat file;
  ASSERT_EQ(::stat(socket.path().c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0660u);
  ScriptedPeer proxy = Proxy();
  proxy.Send(Question());
  EXPECT_EQ(ReadHttpMessage(&proxy).status(), 200);
  EXPECT_EQ(sidecar().log().Wait({{"msg", "authorize"}}).at("proxy"), "unix:");
}

TEST_F(AuthorizeSessionTest, OneConnectionTooManyTakesThePlaceOfOneThatAskedNothing) {
  StartAuthorizing();
  ScriptedPeer first = Proxy();
  first.Send(Question());
  EXPECT_EQ(ReadHttpMessage(&first).status(), 200);
  std::vector<ScriptedPeer> silent;
  while (silent.size() < kMaxHttpProxies) silent.push_back(Proxy());
  EXPECT_NE(silent.front().WaitForEnd(), PeerEnd::kOpen);
  first.Send(Question());
  EXPECT_EQ(ReadHttpMessage(&first).status(), 200) << "it has asked before";
  silent.back().Send(Question());
  EXPECT_EQ(ReadHttpMessage(&silent.back()).status(), 200);
}

}  // namespace
}  // namespace viaduct::sidecar
