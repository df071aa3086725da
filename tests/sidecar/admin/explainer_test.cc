#include "sidecar/admin/explainer.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ip/ip_address.h"
#include "tests/sidecar/tunnel/tunnel_fixture.h"

namespace viaduct::sidecar {
namespace {

using admin::v1::Explanation;

std::string Replaced(std::string text, std::string_view from, std::string_view to) {
  const std::size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

class ExplainerTest : public SidecarTest {
 protected:
  absl::StatusOr<Explanation> Ask(const std::string& head, const std::string& peer = "127.0.0.1",
                                  const std::string& proxy_source = "") {
    admin::v1::ExplainRequest request;
    request.set_head(head);
    request.set_peer_address(peer);
    request.set_proxy_source(proxy_source);
    return ExplainRequest(*sidecar().server().config(), request);
  }
  Explanation Explained(const std::string& head, const std::string& peer = "127.0.0.1") {
    const auto explanation = Ask(head, peer);
    EXPECT_TRUE(explanation.ok()) << explanation.status();
    return explanation.ok() ? *explanation : Explanation();
  }
  // Returns the log record of the sidecar itself for a request that it does not forward, and sets the status of its
  // answer.
  LogRecord Answered(const std::string& head, std::string* status) {
    ScriptedPeer viewer = Viewer();
    viewer.Send(head);
    *status = viewer.ReadThrough("\r\n\r\n").substr(9, 3);
    return sidecar().log().Wait({{"msg", "request"}, {"peer", "127.0.0.1:" + std::to_string(viewer.local_port())}});
  }
};

constexpr char kFilter[] = "hosts: [chat.example.com]\n  origins: [same-host]";

TEST_F(ExplainerTest, AgreesWithWhatTheSidecarAnswers) {
  Start({.yaml = "routes: [{path_prefix: /ws, http: REFUSE}, {path_prefix: /page, websocket: REFUSE}]\n",
         .filter = kFilter});
  const std::string good = Get("/page");
  const std::string upgrade = Upgrade("/ws");
  struct Row {
    std::string head;
    Explanation::Outcome outcome;
    std::string reason;
  };
  for (const Row& row : std::vector<Row>{
           {Replaced(good, "130.176.114.52", "192.0.2.1"), Explanation::DENIED, "edge_not_in_ranges"},
           {Replaced(good, "203.0.113.7, 130.176.114.52", "130.176.114.52"), Explanation::DENIED, "xff_too_short"},
           {Replaced(good, "ece5d4a731ece5ff46c564ab2b946ede.cloudfront.net", "proxy.example"), Explanation::DENIED,
            "via_not_cloudfront"},
           {Replaced(good, "X-Amz-Cf-Id: 3Q", "X-Amz-Cf-Id: ??"), Explanation::DENIED, "cf_id_malformed"},
           {Replaced(good, "chat.example.com", "other.example.com"), Explanation::DENIED, "host_not_allowed"},
           {Upgrade("/ws", "Origin: https://evil.example\r\n"), Explanation::DENIED, "origin_not_allowed"},
           {Get("/page", "Connection: x-forwarded-for\r\n"), Explanation::DENIED, "connection_names_trusted_field"},
           {Get("/page", "X_Forwarded_For: 1.2.3.4\r\n"), Explanation::DENIED, "trusted_field_alias"},
           {Replaced(good, "Host: chat.example.com\r\n", ""), Explanation::REFUSED, "host_missing"},
           {Get("/page", "A : b\r\n"), Explanation::REFUSED, "bad_field_name"},
           {Get("/page", "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"), Explanation::REFUSED,
            "length_and_encoding"},
           {Replaced(upgrade, "Version: 13", "Version: 8"), Explanation::REFUSED, "upgrade_version_unsupported"},
           {Replaced(upgrade, "dGhlIHNhbXBsZSBub25jZQ==", "short"), Explanation::REFUSED, "upgrade_key"},
           {Upgrade("/page"), Explanation::REFUSED, ""},
           {Get("/ws"), Explanation::REFUSED, ""},
           {Get("/ws/..%2fpage"), Explanation::REFUSED, "ambiguous_path"},
           {"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", Explanation::HEALTH_CHECK, ""},
       }) {
    const Explanation explained = Explained(row.head);
    EXPECT_EQ(explained.outcome(), row.outcome) << row.head;
    EXPECT_EQ(explained.reason(), row.reason) << row.head;
    std::string status;
    LogRecord line = Answered(row.head, &status);
    EXPECT_EQ(std::to_string(explained.status()), status) << row.head;
    EXPECT_EQ(explained.end(), line["end"]) << row.head;
    EXPECT_EQ(explained.reason(), line.count("denyReason") != 0 ? line["denyReason"] : line["rule"]) << row.head;
  }
}

TEST_F(ExplainerTest, WhatIsForwardedHasItsAddresses) {
  Start({.filter = kFilter});
  for (const std::string& head : {Get("/"), Upgrade()}) {
    const Explanation explained = Explained(head);
    EXPECT_EQ(explained.outcome(), Explanation::FORWARDED);
    EXPECT_EQ(explained.status(), 0);
    EXPECT_EQ(explained.end(), "");
    EXPECT_EQ(explained.viewer_address(), "203.0.113.7");
    EXPECT_EQ(explained.edge_address(), "130.176.114.52");
    for (const Explanation::Check& check : explained.checks()) {
      EXPECT_TRUE(check.result() == Explanation::Check::PASSED || check.result() == Explanation::Check::NOT_MADE)
          << check.check() << ": " << check.facts();
    }
  }
}

TEST_F(ExplainerTest, EveryCheckIsToldAlsoBehindADenial) {
  Start({.filter = "via: MONITOR\n  cf_id: \"OFF\""});
  const Explanation explained = Explained("GET / HTTP/1.1\r\nHost: h\r\n\r\n", "192.0.2.9");
  EXPECT_EQ(explained.outcome(), Explanation::DENIED);
  EXPECT_EQ(explained.reason(), "untrusted_peer");
  std::vector<std::string> seen;
  for (const Explanation::Check& check : explained.checks()) {
    seen.push_back(check.check() + " " + Explanation::Check::Result_Name(check.result()) + " " + check.reason());
  }
  const auto has = [&seen](const std::string& text) { return std::find(seen.begin(), seen.end(), text) != seen.end(); };
  EXPECT_TRUE(has("trusted_peer DENIED untrusted_peer")) << testing::PrintToString(seen);
  EXPECT_TRUE(has("edge_range DENIED xff_missing")) << testing::PrintToString(seen);
  EXPECT_TRUE(has("via WOULD_DENY via_missing")) << testing::PrintToString(seen);
  EXPECT_TRUE(has("cf_id NOT_MADE ")) << testing::PrintToString(seen);
}

TEST_F(ExplainerTest, TheViewersLoadIsToldAndRefusesOneMore) {
  Start();
  std::string asked;
  const auto explained = [&](const std::string& head, std::int64_t tunnels, std::int64_t requests) {
    admin::v1::ExplainRequest request;
    request.set_head(head);
    request.set_peer_address("127.0.0.1");
    return ExplainRequest(*sidecar().server().config(), request,
                          [&](const ip::IpAddress& viewer) {
                            asked = viewer.ToString();
                            Explanation::ViewerLoad load;
                            load.set_tunnels(tunnels);
                            load.set_max_tunnels(3);
                            load.set_requests(requests);
                            load.set_max_requests(0);
                            return load;
                          })
        .value();
  };
  const Explanation fits = explained(Upgrade(), 2, 9);
  EXPECT_EQ(asked, "203.0.113.7");
  EXPECT_EQ(fits.outcome(), Explanation::FORWARDED);
  EXPECT_EQ(fits.viewer_load().tunnels(), 2);
  EXPECT_EQ(fits.viewer_load().max_tunnels(), 3);
  EXPECT_EQ(fits.viewer_load().requests(), 9);
  EXPECT_EQ(explained(Get("/"), 3, 9).outcome(), Explanation::FORWARDED) << "0 is no limit";
  const Explanation full = explained(Upgrade(), 3, 9);
  EXPECT_EQ(full.outcome(), Explanation::REFUSED);
  EXPECT_EQ(full.status(), 429);
  EXPECT_EQ(full.end(), "too_many_viewer_tunnels");
  EXPECT_FALSE(explained("GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 3, 9).has_viewer_load());
  EXPECT_FALSE(Explained(Get("/")).has_viewer_load()) << "of a config nobody is a viewer";
}

TEST_F(ExplainerTest, APastedHeadNeedsNoCarriageReturns) {
  Start();
  std::string pasted = Get("/");
  std::erase(pasted, '\r');
  EXPECT_EQ(Explained(pasted).outcome(), Explanation::FORWARDED);
  while (pasted.ends_with('\n')) pasted.pop_back();
  EXPECT_EQ(Explained(pasted).outcome(), Explanation::FORWARDED);
  // The sidecar refuses a line that ends with LF alone among others.
  EXPECT_EQ(Explained(Replaced(Get("/"), "Via:", "A: b\nVia:")).reason(), "bare_line_feed");
}

TEST_F(ExplainerTest, ARequestThatCannotBeReadIsNamed) {
  Start();
  const auto error = [this](const std::string& head, const std::string& peer, const std::string& source = "") {
    return std::string(Ask(head, peer, source).status().message());
  };
  EXPECT_EQ(error("", "127.0.0.1"), "head: is required");
  EXPECT_EQ(error(std::string(65537, 'a'), "127.0.0.1"), "head: has more than 65536 bytes");
  EXPECT_EQ(error(Get("/") + "body", "127.0.0.1"), "head: has something behind its empty line");
  EXPECT_EQ(error(Get("/"), ""), "peer_address: is required");
  EXPECT_EQ(error(Get("/"), "10.0.0.0/8"), "peer_address: is no IP address");
  EXPECT_EQ(error(Get("/"), "127.0.0.1", "x"), "proxy_source: is no IP address");
  EXPECT_EQ(error(Get("/"), "127.0.0.1", "203.0.113.7"),
            "proxy_source: a header of this peer would not be read: the mode is not NLB, or it is not trusted");
}

}  // namespace
}  // namespace viaduct::sidecar
