// The reports about the application to operators and the load balancer, from a running sidecar.

#include "sidecar/upstream/upstream_prober.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>

#include "net/address.h"
#include "tests/support/http_message.h"
#include "tests/support/scripted_peer.h"
#include "tests/support/sidecar_fixture.h"
#include "tests/support/socket_path.h"

namespace viaduct::sidecar {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

class UpstreamProberTest : public SidecarTest {
 protected:
  // Waits until the answer of /readyz ends with `answer`.
  void ExpectReadyz(const std::string& answer) {
    const auto deadline = steady_clock::now() + kPatience;
    std::string got;
    do {
      got = sidecar().AskOps("/readyz");
    } while (!got.ends_with("\r\n\r\n" + answer + "\n") && steady_clock::now() < deadline);
    EXPECT_TRUE(got.ends_with("\r\n\r\n" + answer + "\n")) << got;
  }

  // A probe without an answer would still hold a connection at the end of the test.
  void StartBeforeItsOwn(const std::string& health) {
    own_.emplace();
    StartBefore(own_->address(), {.health = health});
  }
  void TearDown() override {
    own_.reset();
    SidecarTest::TearDown();
  }

  HttpMessage HealthCheck() {
    ScriptedPeer balancer = Viewer();
    balancer.Send("GET /healthz HTTP/1.1\r\nHost: 10.0.0.1\r\n\r\n");
    return ReadHttpMessage(&balancer);
  }

  std::string Up(const net::SocketAddress& address) const {
    return "viaduct_upstream_up{upstream=\"" + address.ToString() + "\"}";
  }

  // Returns an address where nobody listens unless the test does.
  net::SocketAddress DownAddress() {
    upstream_.StopListening();
    return upstream_.address();
  }

  std::optional<ScriptedUpstream> own_;
};

TEST_F(UpstreamProberTest, AnUpstreamGoesDownAndComesBack) {
  const net::SocketAddress address = DownAddress();
  const std::string refused = "upstream " + address.ToString() + ": connection refused";
  StartBefore(address, {.health = "{interval: 20ms}"});
  ExpectReadyz(refused);
  EXPECT_EQ(HealthCheck().body, "upstream down\n");
  EXPECT_EQ(HealthCheck().status(), 503);
  EXPECT_EQ(sidecar().Metric(Up(address)), 0);
  EXPECT_EQ(sidecar().log().Wait({{"msg", "upstream down"}})["problem"], "connection refused");
  {
    ScriptedUpstream back(address);
    ExpectReadyz("ok");
    EXPECT_EQ(HealthCheck().body, "ok\n");
    EXPECT_EQ(sidecar().Metric(Up(address)), 1);
    EXPECT_EQ(sidecar().log().Wait({{"msg", "upstream up"}})["upstream"], address.ToString());
  }
  ExpectReadyz(refused);
}

TEST_F(UpstreamProberTest, AUnixSocketIsLookedAtAsWell) {
  const SocketPath socket;
  const net::SocketAddress address = net::SocketAddress::Parse("unix:" + socket.path()).value();
  StartBefore(address, {.health = "{interval: 20ms}"});
  ExpectReadyz("upstream " + address.ToString() + ": no such file or directory");
  ScriptedUpstream upstream(address);
  ExpectReadyz("ok");
}

// Long before the interval is over.
TEST_F(UpstreamProberTest, AnUpstreamThatIsDownIsLookedForOften) {
  const net::SocketAddress address = DownAddress();
  StartBefore(address, {.health = "{interval: 1h}"});
  ExpectReadyz("upstream " + address.ToString() + ": connection refused");
  ScriptedUpstream back(address);
  ExpectReadyz("ok");
}

// Long before the next probe.
TEST_F(UpstreamProberTest, ARequestThatCannotConnectTellsAtOnce) {
  const net::SocketAddress address = DownAddress();
  std::optional<ScriptedUpstream> upstream(std::in_place, address);
  StartBefore(address, {.health = "{interval: 1h}"});
  ExpectReadyz("ok");
  upstream.reset();
  ScriptedPeer viewer = Viewer();
  viewer.Send(Get("/"));
  EXPECT_EQ(ReadHttpMessage(&viewer).status(), 502);
  ExpectReadyz("upstream " + address.ToString() + ": connection refused");
}

// No probe comes between the two requests.
TEST_F(UpstreamProberTest, ADownMarkKeepsNoRequestFromAnUpstreamThatIsBack) {
  const net::SocketAddress address = DownAddress();
  std::optional<ScriptedUpstream> gone(std::in_place, address);
  StartBefore(address, {.health = "{interval: 1h}"});
  ExpectReadyz("ok");
  gone.reset();
  ScriptedPeer refused = Viewer();
  refused.Send(Get("/"));
  EXPECT_EQ(ReadHttpMessage(&refused).status(), 502);
  ExpectReadyz("upstream " + address.ToString() + ": connection refused");
  ScriptedUpstream back(address);
  ScriptedPeer viewer = Viewer();
  viewer.Send(Get("/"));
  ScriptedPeer upstream = back.Accept();
  EXPECT_EQ(ReadHttpMessage(&upstream).start_line, "GET / HTTP/1.1");
  upstream.Send(Ok("hi"));
  EXPECT_EQ(ReadHttpMessage(&viewer).body, "hi");
}

TEST_F(UpstreamProberTest, APathIsAskedForAndMustBeAnsweredWith2xx) {
  StartBeforeItsOwn("{interval: 10ms, timeout: 60s, path: \"/health?deep=1\"}");
  const std::string upstream = "upstream " + own_->address().ToString() + ": ";
  const struct {
    std::string answer;
    std::string problem;
  } kTable[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok", "ok"},
      {"HTTP/1.1 503 Service Unavailable\r\n\r\n", upstream + "answered 503"},
      {"HTTP/1.0 204 No Content\r\n\r\n", "ok"},
      {"HTTP/1.1 301 Moved\r\nLocation: /x\r\n\r\n", upstream + "answered 301"},
      {"SSH-2.0-x\r\n\r\n", upstream + "bad answer: bad_start_line"},
      {"HTTP/1.1 200 OK\r\n\r\n", "ok"},
      {"", upstream + "closed without an answer"},
      {"HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x'), upstream + "bad answer"},
  };
  for (const auto& row : kTable) {
    ScriptedPeer asked = own_->Accept();
    const HttpMessage question = ReadHttpMessage(&asked);
    EXPECT_EQ(question.start_line, "GET /health?deep=1 HTTP/1.1");
    EXPECT_EQ(question.Field("host"), own_->address().ToString());
    EXPECT_EQ(question.Field("connection"), "close");
    asked.Send(row.answer);
    if (row.answer.empty()) asked.Close();
    ExpectReadyz(row.problem);
  }
}

TEST_F(UpstreamProberTest, AnUpstreamThatDoesNotAnswerIsDownAfterTheTimeout) {
  StartBeforeItsOwn("{interval: 10ms, timeout: 50ms, path: /health}");
  ExpectReadyz("upstream " + own_->address().ToString() + ": no answer in time");
}

// Each probe opens a connection, and never more than one at once.
TEST_F(UpstreamProberTest, LooksComeOneAfterTheOther) {
  StartBeforeItsOwn("{interval: 30ms, timeout: 60s, path: /health}");
  ScriptedPeer first = own_->Accept();
  ReadHttpMessage(&first);
  EXPECT_TRUE(own_->NobodyCame(milliseconds(100)));
  first.Send(Ok("ok"));
  ScriptedPeer second = own_->Accept();
  EXPECT_EQ(ReadHttpMessage(&second).start_line, "GET /health HTTP/1.1");
}

TEST_F(UpstreamProberTest, OneThatIsNotRequiredLeavesTheSidecarReady) {
  const net::SocketAddress address = DownAddress();
  StartBefore(address, {.health = "{interval: 20ms, required: false}"});
  EXPECT_FALSE(sidecar().log().Wait({{"msg", "upstream down"}}).empty());
  ExpectReadyz("ok");
  EXPECT_EQ(HealthCheck().status(), 200);
  EXPECT_EQ(sidecar().Metric(Up(address)), 0);
}

}  // namespace
}  // namespace viaduct::sidecar
