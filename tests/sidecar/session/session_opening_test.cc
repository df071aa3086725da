// Mode NLB: each connection begins with one PROXY header of the balancer, and nothing else is trusted.

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>

#include "sidecar/request/request_end.h"
#include "tests/support/http_message.h"
#include "tests/support/log_lines.h"
#include "tests/support/proxy_header.h"
#include "tests/support/scripted_peer.h"
#include "tests/support/sidecar_fixture.h"

namespace viaduct::sidecar {
namespace {

using std::chrono::milliseconds;

constexpr std::string_view kHealth = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";

class SessionOpeningTest : public SidecarTest {
 protected:
  void StartNlb(RunningSidecar::Settings settings = {}) {
    settings.mode = "NLB";
    Start(settings);
  }

  // Returns the status of the answer to a request behind `opening`.
  int StatusBehind(const std::string& opening, std::string_view request = kHealth) {
    ScriptedPeer viewer = Viewer();
    viewer.Send(opening + std::string(request));
    return ReadHttpMessage(&viewer).status();
  }

  // Sends `opening` with a request behind it; the connection must end without an answer.
  LogRecord Denied(const std::string& opening, std::string_view deny_reason) {
    ScriptedPeer viewer = Viewer();
    viewer.Send(opening + Get("/smuggled"));
    EXPECT_EQ(viewer.ReadToEnd(), "");
    EXPECT_NE(viewer.end(), PeerEnd::kOpen);
    const LogRecord line = sidecar().log().Wait({{"msg", "request"}, {"denyReason", deny_reason}});
    EXPECT_FALSE(line.empty()) << "no log line with denyReason " << deny_reason;
    return line;
  }

  std::string Series(std::string_view reason) {
    return "viaduct_filter_denied_total{reason=\"" + std::string(reason) + "\"}";
  }
};

TEST_F(SessionOpeningTest, TheSourceOfTheHeaderIsTheEdge) {
  StartNlb();
  ScriptedPeer viewer = Viewer();
  viewer.Send(ProxyHeaderWithChecksum({.tlvs = VpcEndpointTlv("vpce-08d2bf15fac5001c9")}) + Get("/hello"));
  ScriptedPeer upstream = upstream_.Accept();
  EXPECT_EQ(ReadHttpMessage(&upstream).start_line, "GET /hello HTTP/1.1");
  upstream.Send(Ok("hi"));
  EXPECT_EQ(ReadHttpMessage(&viewer).body, "hi");
  LogRecord line = ExpectRequestEnd(RequestEnd::kCompleted);
  EXPECT_EQ(line["edge"], kSourceInSpec);
  EXPECT_EQ(line["vpcEndpoint"], "vpce-08d2bf15fac5001c9");
  EXPECT_EQ(line["peer"].substr(0, 10), "127.0.0.1:");

  // Logged once per connection, not once per request.
  viewer.Send(Get("/again"));
  EXPECT_EQ(ReadHttpMessage(&upstream).start_line, "GET /again HTTP/1.1");
  upstream.Send(Ok("again"));
  EXPECT_EQ(ReadHttpMessage(&viewer).body, "again");
  line = ExpectRequestEnd(RequestEnd::kCompleted, 2);
  EXPECT_EQ(line["vpcEndpoint"], "vpce-08d2bf15fac5001c9");
}

TEST_F(SessionOpeningTest, TheHeaderMayComeByteByByte) {
  StartNlb();
  ScriptedPeer viewer = Viewer();
  for (const char byte : ProxyHeaderBytes({.family = 0x21, .addresses = V6ProxyAddresses()}) + Get("/hello")) {
    viewer.Send({&byte, 1});
  }
  ScriptedPeer upstream = upstream_.Accept();
  EXPECT_EQ(ReadHttpMessage(&upstream).start_line, "GET /hello HTTP/1.1");
  upstream.Send(Ok("hi"));
  EXPECT_EQ(ReadHttpMessage(&viewer).body, "hi");
  EXPECT_EQ(ExpectRequestEnd(RequestEnd::kCompleted)["edge"], "2600:9000:1000::1");
}

TEST_F(SessionOpeningTest, ASourceOutsideTheRangesIsDenied) {
  StartNlb();
  EXPECT_EQ(StatusBehind(ProxyHeaderBytes({.addresses = std::string(12, '\x08')}), Get("/")), 403);
  EXPECT_EQ(ExpectRequestEnd(RequestEnd::kDenied)["denyReason"], "edge_not_in_ranges");
}

TEST_F(SessionOpeningTest, AConnectionWithoutTheHeaderIsClosedUnanswered) {
  StartNlb();
  EXPECT_EQ(Denied("", "proxy_header_missing")["rule"], "proxy_missing");
  EXPECT_TRUE(sidecar().WaitForMetric(Series("proxy_header_missing"), 1));
  EXPECT_TRUE(upstream_.NobodyCame());
}

TEST_F(SessionOpeningTest, AMalformedHeaderIsClosedUnanswered) {
  StartNlb();
  EXPECT_EQ(Denied("PROXY TCP4 130.176.114.52 10.10.8.96 443 8080\r\n", "proxy_header_malformed")["rule"],
            "proxy_text_form");
  EXPECT_EQ(Denied(ProxyHeaderBytes({.family = 0}), "proxy_header_malformed")["rule"], "proxy_no_ip_address");
  EXPECT_EQ(Denied(ProxyHeaderBytes({.tlvs = "\x04"}), "proxy_header_malformed")["rule"], "proxy_tlv_truncated");
  EXPECT_TRUE(sidecar().WaitForMetric(Series("proxy_header_malformed"), 3));
  EXPECT_TRUE(sidecar().WaitForMetric("viaduct_requests_ended_total{reason=\"denied\"}", 3));
  EXPECT_TRUE(upstream_.NobodyCame());
}

// An NLB leaves a client's own header in place, behind its own.
TEST_F(SessionOpeningTest, ASecondHeaderIsAMalformedRequest) {
  StartNlb();
  const std::string text = "PROXY TCP4 130.176.114.52 10.10.8.96 443 8080\r\n";
  EXPECT_EQ(StatusBehind(ProxyHeaderBytes() + ProxyHeaderBytes(), Get("/")), 400);
  EXPECT_EQ(StatusBehind(ProxyHeaderBytes() + text, Get("/")), 400);
  EXPECT_EQ(StatusBehind(LocalProxyHeader() + ProxyHeaderBytes(), kHealth), 400);
  ExpectRequestEnd(RequestEnd::kBadRequest, 3);
  EXPECT_TRUE(upstream_.NobodyCame());
}

TEST_F(SessionOpeningTest, LocalMayAskForNothingButHealth) {
  StartNlb();
  EXPECT_EQ(StatusBehind(LocalProxyHeader()), 200);
  ExpectRequestEnd(RequestEnd::kHealthCheck);
  EXPECT_EQ(StatusBehind(LocalProxyHeader(), Get("/")), 403);
  EXPECT_EQ(ExpectRequestEnd(RequestEnd::kDenied)["denyReason"], "proxy_header_local");
  EXPECT_TRUE(upstream_.NobodyCame());
}

TEST_F(SessionOpeningTest, AFullSidecarStillReadsTheHeaderOfAHealthCheck) {
  StartNlb({.yaml = "limits: {max_sessions: 1}\n"});
  ScriptedPeer open = Viewer();
  open.Send(ProxyHeaderBytes() + Get("/"));
  ScriptedPeer upstream = upstream_.Accept();
  EXPECT_EQ(StatusBehind(LocalProxyHeader()), 200);
  EXPECT_EQ(StatusBehind(ProxyHeaderBytes()), 200);
  ExpectRequestEnd(RequestEnd::kHealthCheck, 2);
  EXPECT_EQ(StatusBehind(ProxyHeaderBytes(), Get("/")), 503);
  ExpectRequestEnd(RequestEnd::kTooManySessions);
  EXPECT_TRUE(upstream_.NobodyCame());
}

TEST_F(SessionOpeningTest, AnUntrustedPeersHeaderIsNotRead) {
  StartNlb({.trusted_peers = "10.0.0.0/8"});
  EXPECT_EQ(Denied(ProxyHeaderBytes(), "untrusted_peer").count("rule"), 0u);
  Denied("PROXY TCP4", "untrusted_peer");
  // The sidecar does not wait for a single byte.
  ScriptedPeer silent = Viewer();
  EXPECT_NE(silent.WaitForEnd(), PeerEnd::kOpen);
  ExpectRequestEnd(RequestEnd::kDenied, 3);
  EXPECT_TRUE(sidecar().WaitForMetric(Series("untrusted_peer"), 3));
}

TEST_F(SessionOpeningTest, TheHeadsDeadlineCountsFromTheAcceptOverBoth) {
  StartNlb({.yaml = "timeouts: {request_head_timeout: 300ms}\n"});
  const auto begin = std::chrono::steady_clock::now();
  ScriptedPeer silent = Viewer();
  ScriptedPeer slow = Viewer();
  slow.Send(ProxyHeaderBytes().substr(0, 20));
  EXPECT_EQ(silent.ReadToEnd(), "");
  EXPECT_EQ(slow.ReadToEnd(), "");
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(300));
  ExpectRequestEnd(RequestEnd::kRequestHeadTimeout, 2);
}

// A late header does not give a connection more time than one that came at once.
TEST_F(SessionOpeningTest, TheHeaderDoesNotStretchTheHeadsDeadline) {
  StartNlb({.yaml = "timeouts: {request_head_timeout: 3s}\n"});
  ScriptedPeer late = Viewer();
  ASSERT_TRUE(sidecar().WaitForMetric("viaduct_sessions_open", 1));
  EXPECT_EQ(late.ReadFor(milliseconds(100)), "");
  ScriptedPeer silent = Viewer();
  ASSERT_TRUE(sidecar().WaitForMetric("viaduct_sessions_open", 2));
  EXPECT_EQ(late.ReadFor(milliseconds(100)), "");
  late.Send(ProxyHeaderBytes());
  EXPECT_EQ(ReadHttpMessage(&late).status(), 408);
  const LogRecord first = ExpectRequestEnd(RequestEnd::kRequestHeadTimeout, 2);
  EXPECT_EQ(first.at("peer"), "127.0.0.1:" + std::to_string(late.local_port()));
}

TEST_F(SessionOpeningTest, APortProbeLeavesNoLineAndHalfAHeaderDoes) {
  StartNlb();
  Viewer().Close();
  ScriptedPeer viewer = Viewer();
  viewer.Send(ProxyHeaderBytes().substr(0, 20));
  viewer.ShutdownWrite();
  EXPECT_EQ(viewer.WaitForEnd(), PeerEnd::kFin);
  ExpectRequestEnd(RequestEnd::kDownstreamDisconnect, 1);
}

TEST_F(SessionOpeningTest, OtherModesReadNoHeader) {
  Start();
  EXPECT_EQ(StatusBehind(ProxyHeaderBytes(), Get("/")), 400);
  ExpectRequestEnd(RequestEnd::kBadRequest);
}

}  // namespace
}  // namespace viaduct::sidecar
