// TLS on the listener: a session behind it is the same, and a client whose handshake fails gets nothing.

#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/socket.h>

#include <chrono>
#include <fstream>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/unique_fd.h"
#include "sidecar/request/request_end.h"
#include "sidecar/request/tunnel_end.h"
#include "sidecar/worker/session_budget.h"
#include "tests/sidecar/tunnel/tunnel_fixture.h"
#include "tests/support/http_message.h"
#include "tests/support/log_lines.h"
#include "tests/support/proxy_header.h"
#include "tests/support/scripted_peer.h"
#include "tests/support/sidecar_fixture.h"
#include "tests/support/test_certificates.h"
#include "tests/support/tls_client.h"
#include "tests/support/tls_relay.h"
#include "tests/support/ws_frames.h"

namespace viaduct::sidecar {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kHealth = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";

// A viewer that speaks TLS; the test talks plain text with `peer`.
struct TlsViewer {
  std::unique_ptr<TlsRelay> relay;
  ScriptedPeer peer;
};

class SessionTlsTest : public TunnelTest {
 protected:
  void StartTls(RunningSidecar::Settings settings = {}) {
    WriteIdentity("first");
    settings.yaml += TlsYaml();
    Start(settings);
  }
  void WriteIdentity(const std::string& name) {
    const TestIdentity identity = authority_.Issue(name);
    std::ofstream(File("certificate")) << identity.certificate;
    std::ofstream(File("key")) << identity.private_key;
  }
  std::string TlsYaml(const std::string& further = "") {
    return "listener_tls: {certificate_file: " + File("certificate") + ", private_key_file: " + File("key") + further +
           "}\n";
  }

  net::UniqueFd Connect() {
    const net::SocketAddress& address = sidecar().server().address();
    net::UniqueFd fd(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(fd.get(), address.data(), address.size()), 0);
    return fd;
  }
  TlsViewer ViewerByTls(const TlsClientOptions& options = {}, const std::string& before = "") {
    net::UniqueFd fd = Connect();
    EXPECT_EQ(::send(fd.get(), before.data(), before.size(), MSG_NOSIGNAL), static_cast<ssize_t>(before.size()));
    auto relay = std::make_unique<TlsRelay>(std::move(fd), options);
    ScriptedPeer peer(relay->TakePlain());
    return {std::move(relay), std::move(peer)};
  }
  struct TlsTunnel {
    std::unique_ptr<TlsRelay> relay;
    TunnelEnds ends;
  };
  TlsTunnel OpenByTls(const TlsClientOptions& options = {}) {
    TlsViewer viewer = ViewerByTls(options);
    EXPECT_EQ(viewer.relay->failure(), "");
    viewer.peer.Send(Upgrade());
    ScriptedPeer upstream = upstream_.Accept();
    upstream.ReadThrough("\r\n\r\n");
    upstream.Send(kSwitching);
    EXPECT_EQ(ReadHttpMessage(&viewer.peer).status(), 101);
    return {std::move(viewer.relay), {std::move(viewer.peer), std::move(upstream)}};
  }
  void ExpectHandshakes(const std::string& result, int count) {
    const std::string series = "viaduct_tls_handshakes_total{result=\"" + result + "\"}";
    EXPECT_TRUE(sidecar().WaitForMetric(series, count)) << series << " is " << sidecar().Metric(series);
  }

 private:
  // Bazel gives each test target a directory of its own, and its tests run one after the other.
  static std::string File(const std::string& name) { return testing::TempDir() + "/session_tls_" + name; }

  const TestAuthority authority_{"ca"};
};

TEST_F(SessionTlsTest, RequestsPassInBothVersions) {
  StartTls();
  int count = 0;
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsViewer viewer = ViewerByTls({.version = version, .alpn = "http/1.1"});
    ASSERT_EQ(viewer.relay->failure(), "");
    EXPECT_EQ(viewer.relay->client().certificate_name(), "first");
    viewer.peer.Send(Get("/one") + Get("/two"));
    ScriptedPeer upstream = upstream_.Accept();
    for (const char* path : {"/one", "/two"}) {
      EXPECT_EQ(ReadHttpMessage(&upstream).start_line, "GET " + std::string(path) + " HTTP/1.1");
      upstream.Send(Ok(path));
      EXPECT_EQ(ReadHttpMessage(&viewer.peer).body, path);
      ExpectRequestEnd(RequestEnd::kCompleted, ++count);
    }
    upstream.Close();
  }
  ExpectHandshakes("done", 2);
}

TEST_F(SessionTlsTest, LargeBodiesPassBothWays) {
  StartTls();
  TlsViewer viewer = ViewerByTls();
  const std::string body(3'000'000, 'b');
  std::thread send([&] {
    viewer.peer.Send(Request("POST /upload HTTP/1.1", "Content-Length: " + std::to_string(body.size()) + "\r\n", body));
  });
  ScriptedPeer upstream = upstream_.Accept();
  EXPECT_EQ(ReadHttpMessage(&upstream).body, body);
  send.join();
  std::thread answer([&] { upstream.Send(Ok(body)); });
  EXPECT_EQ(ReadHttpMessage(&viewer.peer).body, body);
  answer.join();
  ExpectRequestEnd(RequestEnd::kCompleted);
}

TEST_F(SessionTlsTest, TheCertificatesEndIsAMetric) {
  StartTls();
  const auto now = std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
  const double left = sidecar().Metric("viaduct_tls_certificate_expiry_seconds") - now;
  EXPECT_GT(left, 3000);
  EXPECT_LE(left, 3600);
}

TEST_F(SessionTlsTest, HealthChecksPass) {
  StartTls();
  TlsViewer viewer = ViewerByTls();
  viewer.peer.Send(kHealth);
  EXPECT_EQ(ReadHttpMessage(&viewer.peer).status(), 200);
  ExpectRequestEnd(RequestEnd::kHealthCheck);
}

TEST_F(SessionTlsTest, TunnelsRelayAndCloseAsWithoutTls) {
  StartTls();
  for (const int version : {TLS1_2_VERSION, TLS1_3_VERSION}) {
    TlsTunnel tunnel = OpenByTls({.version = version});
    ExpectAlive(&tunnel.ends);
    ClosePolitely(&tunnel.ends);
    ExpectTunnelEnd(TunnelEnd::kViewerClose, version == TLS1_2_VERSION ? 1 : 2);
  }
}

TEST_F(SessionTlsTest, LargeFramesAreNotSpliced) {
  StartTls();
  TlsTunnel tunnel = OpenByTls();
  const std::string payload(1'000'000, 'p');
  std::thread up([&] { tunnel.ends.viewer.Send(FromViewer(websocket::Opcode::kBinary, payload)); });
  EXPECT_EQ(ReadFrame(&tunnel.ends.upstream).payload, payload);
  up.join();
  std::thread down([&] { tunnel.ends.upstream.Send(FromUpstream(websocket::Opcode::kBinary, payload)); });
  EXPECT_EQ(ReadFrame(&tunnel.ends.viewer).payload, payload);
  down.join();
  ClosePolitely(&tunnel.ends);
  ExpectTunnelEnd(TunnelEnd::kViewerClose);
}

TEST_F(SessionTlsTest, PingsPassAndTheirPongsAreEaten) {
  StartTls({.yaml = "keepalive: {ping_interval: 100ms}\n"});
  TlsTunnel tunnel = OpenByTls();
  const WsFrame ping = ReadFrame(&tunnel.ends.viewer);
  EXPECT_EQ(ping.opcode, static_cast<int>(websocket::Opcode::kPing));
  tunnel.ends.viewer.Send(FromViewer(websocket::Opcode::kPong, ping.payload));
  EXPECT_TRUE(sidecar().WaitForMetric("viaduct_pongs_received_total", 1));
  tunnel.ends.viewer.Close();
  EXPECT_NE(tunnel.ends.upstream.WaitForEnd(), PeerEnd::kOpen);
  tunnel.ends.upstream.Close();
  ExpectTunnelEnd(TunnelEnd::kViewerDisconnect);
}

TEST_F(SessionTlsTest, ADrainSaysCloseToTunnels) {
  StartTls({.yaml = "drain: {accept_window: 0s, spread: 0s}\n"});
  TlsTunnel tunnel = OpenByTls();
  sidecar().server().BeginDrain();
  EXPECT_EQ(ReadFrame(&tunnel.ends.viewer), UpstreamClose(1012, "service restart"));
  tunnel.ends.viewer.Send(CloseFromViewer(1012));
  EXPECT_EQ(tunnel.ends.viewer.WaitForEnd(), PeerEnd::kFin);
  tunnel.ends.viewer.Close();
  EXPECT_EQ(ReadFrame(&tunnel.ends.upstream), ViewerClose(1001, "service restart"));
  tunnel.ends.upstream.Close();
  ExpectTunnelEnd(TunnelEnd::kDrain);
  EXPECT_TRUE(sidecar().WaitUntilDrained());
}

TEST_F(SessionTlsTest, PlainHttpIsClosedUnanswered) {
  StartTls();
  ScriptedPeer viewer = Viewer();
  viewer.Send(Get("/"));
  EXPECT_EQ(viewer.ReadToEnd(), "");
  const LogRecord line = ExpectRequestEnd(RequestEnd::kTlsHandshakeFailed);
  EXPECT_EQ(line.at("problem"), "http request");
  EXPECT_EQ(line.at("status"), "0");
  ExpectHandshakes("failed", 1);
  EXPECT_TRUE(upstream_.NobodyCame());
}

TEST_F(SessionTlsTest, OldVersionsAreRefused) {
  StartTls();
  EXPECT_NE(ViewerByTls({.version = TLS1_1_VERSION}).relay->failure(), "");
  EXPECT_EQ(ExpectRequestEnd(RequestEnd::kTlsHandshakeFailed)["problem"], "unsupported protocol");
}

TEST_F(SessionTlsTest, HalfOpenHandshakesEndInTime) {
  WriteIdentity("first");
  Start({.yaml = TlsYaml(", handshake_timeout: 300ms")});
  const auto begin = std::chrono::steady_clock::now();
  TlsClient client;
  client.Shake();
  const std::string hello = client.TakeOutput();
  std::vector<ScriptedPeer> viewers;
  for (std::size_t size : {std::size_t{0}, std::size_t{1}, hello.size() / 2, hello.size()}) {
    viewers.push_back(Viewer());
    viewers.back().Send(std::string_view(hello).substr(0, size));
  }
  for (ScriptedPeer& viewer : viewers) EXPECT_NE(viewer.WaitForEnd(), PeerEnd::kOpen);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(300));
  ExpectRequestEnd(RequestEnd::kTlsHandshakeTimeout, 4);
  ExpectHandshakes("timeout", 4);
}

TEST_F(SessionTlsTest, TheHeadsDeadlineCoversTheHandshakeToo) {
  WriteIdentity("first");
  Start({.yaml = TlsYaml(", handshake_timeout: 10s") + "timeouts: {request_head_timeout: 3s}\n"});
  const auto begin = std::chrono::steady_clock::now();
  ScriptedPeer silent = Viewer();
  TlsViewer shaken = ViewerByTls();
  EXPECT_EQ(silent.ReadToEnd(), "");
  EXPECT_EQ(ReadHttpMessage(&shaken.peer).status(), 408);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(3000));
  ExpectRequestEnd(RequestEnd::kTlsHandshakeTimeout);
  ExpectRequestEnd(RequestEnd::kRequestHeadTimeout);
}

TEST_F(SessionTlsTest, HalfOpenHandshakesCountAsSessions) {
  StartTls({.yaml = "limits: {max_sessions: 2}\n"});
  ScriptedPeer first = Viewer();
  ScriptedPeer second = Viewer();
  EXPECT_TRUE(sidecar().WaitForMetric("viaduct_sessions_open", 2));
  EXPECT_TRUE(sidecar().WaitForMetric("viaduct_sessions_full", 1));
  TlsViewer balancer = ViewerByTls();
  balancer.peer.Send(kHealth);
  EXPECT_EQ(ReadHttpMessage(&balancer.peer).status(), 200);
  TlsViewer refused = ViewerByTls();
  refused.peer.Send(Get("/"));
  EXPECT_EQ(ReadHttpMessage(&refused.peer).status(), 503);
  ExpectRequestEnd(RequestEnd::kTooManySessions);
}

// In the reserve for health checks, too, nobody keeps a place by saying nothing.
TEST_F(SessionTlsTest, HalfOpenHandshakesKeepNoHealthCheckOut) {
  StartTls({.yaml = "limits: {max_sessions: 1}\n"});
  std::vector<ScriptedPeer> silent;
  for (std::size_t i = 0; i < 2 + kHealthReserve; ++i) silent.push_back(Viewer());
  EXPECT_EQ(silent[1].ReadToEnd(), "");
  EXPECT_EQ(ExpectRequestEnd(RequestEnd::kTooManySessions)["status"], "0");
  TlsViewer balancer = ViewerByTls();
  balancer.peer.Send(kHealth);
  EXPECT_EQ(ReadHttpMessage(&balancer.peer).status(), 200);
}

TEST_F(SessionTlsTest, AnUntrustedPeerGetsNoHandshake) {
  StartTls({.trusted_peers = "10.0.0.0/8"});
  EXPECT_NE(ViewerByTls().relay->failure(), "");
  EXPECT_EQ(ExpectRequestEnd(RequestEnd::kDenied)["denyReason"], "untrusted_peer");
  ExpectHandshakes("failed", 0);
}

TEST_F(SessionTlsTest, APortProbeLeavesNoLine) {
  StartTls();
  Viewer().Close();
  EXPECT_TRUE(sidecar().WaitForMetric("viaduct_sessions_open", 0));
  ExpectHandshakes("failed", 0);
}

TEST_F(SessionTlsTest, TheProxyHeaderComesBeforeTls) {
  StartTls({.mode = "NLB"});
  TlsViewer viewer = ViewerByTls({}, ProxyHeaderBytes());
  ASSERT_EQ(viewer.relay->failure(), "");
  viewer.peer.Send(Get("/hello"));
  ScriptedPeer upstream = upstream_.Accept();
  EXPECT_EQ(ReadHttpMessage(&upstream).start_line, "GET /hello HTTP/1.1");
  upstream.Send(Ok("hi"));
  EXPECT_EQ(ReadHttpMessage(&viewer.peer).body, "hi");
  EXPECT_EQ(ExpectRequestEnd(RequestEnd::kCompleted)["edge"], kSourceInSpec);
  // A client's own header behind the balancer's is no TLS.
  EXPECT_NE(ViewerByTls({}, ProxyHeaderBytes() + ProxyHeaderBytes()).relay->failure(), "");
  EXPECT_EQ(ExpectRequestEnd(RequestEnd::kTlsHandshakeFailed)["problem"], "wrong version number");
}

TEST_F(SessionTlsTest, AnotherCertificateIsForNewConnections) {
  StartTls();
  TlsTunnel old = OpenByTls();
  WriteIdentity("second");
  ASSERT_TRUE(sidecar().Apply(upstream_.address(), {.yaml = TlsYaml()}).ok());
  TlsViewer viewer = ViewerByTls();
  EXPECT_EQ(viewer.relay->client().certificate_name(), "second");
  viewer.peer.Send(kHealth);
  EXPECT_EQ(ReadHttpMessage(&viewer.peer).status(), 200);
  ExpectRequestEnd(RequestEnd::kHealthCheck);
  ExpectAlive(&old.ends);
  ClosePolitely(&old.ends);
  ExpectTunnelEnd(TunnelEnd::kViewerClose);
}

}  // namespace
}  // namespace viaduct::sidecar
