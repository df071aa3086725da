#include "sidecar/tunnel/tunnel_view.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "filter/verdict.h"
#include "http/field.h"
#include "http/head.h"
#include "ip/address_ranges.h"
#include "ip/ip_address.h"
#include "sidecar/request/access_log.h"
#include "text/redaction.h"

namespace viaduct::sidecar {
namespace {

using std::chrono::seconds;

constexpr net::Clock::time_point kNow{seconds(1000)};

// Returns the record of a request with this target and these further fields, which a monitoring filter let through.
std::string Record(const std::string& target, const std::string& fields = "") {
  const std::string text = "GET " + target + " HTTP/1.1\r\nHost: chat.example.com\r\n" + fields + "\r\n";
  std::array<http::Field, 64> storage;
  http::RequestHead head;
  EXPECT_EQ(http::ParseRequestHead(text, http::HeadLimits(), storage, &head), std::nullopt);
  filter::Verdict verdict;
  verdict.allowed = true;
  verdict.would_deny.Add(filter::DenyReason::kViaMissing);
  verdict.would_deny.Add(filter::DenyReason::kOriginNotAllowed);
  verdict.edge = *ip::IpAddress::Parse("130.176.114.52");
  AccessRecord record;
  record.Begin(kNow, "10.0.0.7:1234");
  record.NoteRequest(head, text::QueryRedaction({"room"}));
  record.NoteVerdict(verdict, "203.0.113.7", "second");
  return std::string(record.rendered());
}

ip::AddressPrefix Range(const char* text) { return *ip::AddressPrefix::ParseOrAddress(text); }

bool Shown(const TunnelFilter::Spec& spec, const std::string& record) {
  return TunnelFilter(spec).Matches(record, kNow, kNow, kNow);
}

TEST(TunnelViewTest, TheRecordTellsWhoseTunnelItIs) {
  const TunnelRequest request = TunnelRequest::FromRecord(
      Record("/websocket?token=secret&room=blue%20room",
             "X-Amz-Cf-Id: abc==\r\nX-Amzn-Trace-Id: Root=1\r\nUser-Agent: \"quoted\\\"\r\n"));
  EXPECT_EQ(request.peer, "10.0.0.7:1234");
  EXPECT_EQ(request.viewer, "203.0.113.7");
  EXPECT_EQ(request.edge, "130.176.114.52");
  EXPECT_EQ(request.host, "chat.example.com");
  EXPECT_EQ(request.path, "/websocket") << "a query may hold secrets";
  EXPECT_EQ(request.room, "blue room");
  EXPECT_EQ(request.cloudfront_id, "abc==");
  EXPECT_EQ(request.trace_id, "Root=1");
  EXPECT_EQ(request.user_agent, "\"quoted\\\"");
  EXPECT_EQ(request.secret_generation, "second");
  EXPECT_EQ(request.would_deny, (std::vector<std::string>{"via_missing", "origin_not_allowed"}));
}

TEST(TunnelViewTest, TheRoomIsTheFirstParameterOfThatName) {
  const auto room = [](const std::string& target) { return TunnelRequest::FromRecord(Record(target)).room; };
  EXPECT_EQ(room("/ws"), "");
  EXPECT_EQ(room("/ws?"), "");
  EXPECT_EQ(room("/ws?room="), "");
  EXPECT_EQ(room("/ws?a=1&room=x&room=y"), "x");
  EXPECT_EQ(room("/ws?broom=x"), "");
  EXPECT_EQ(room("/ws?room=a+b%2Bc"), "a b+c");
  EXPECT_EQ(room("/ws?room=%4"), "%4");
  EXPECT_EQ(room("/ws?room=%zz%"), "%zz%");
}

TEST(TunnelFilterTest, ComparesTheBeginningOfTheTargetAndTheRangeOfTheViewer) {
  const std::string record = Record("/websocket?room=x");
  EXPECT_TRUE(Shown({}, record));
  EXPECT_TRUE(Shown({.target_prefix = "/web"}, record));
  EXPECT_TRUE(Shown({.target_prefix = "/websocket?room=x"}, record));
  EXPECT_FALSE(Shown({.target_prefix = "/websocket?room=xy"}, record));
  EXPECT_FALSE(Shown({.target_prefix = "websocket"}, record));
  EXPECT_TRUE(Shown({.viewer_range = Range("203.0.113.0/24")}, record));
  EXPECT_TRUE(Shown({.viewer_range = Range("203.0.113.7")}, record));
  EXPECT_FALSE(Shown({.viewer_range = Range("203.0.113.70")}, record));
  EXPECT_FALSE(Shown({.viewer_range = Range("::/0")}, record));
  EXPECT_FALSE(Shown({.viewer_range = Range("10.0.0.0/8")}, record)) << "the peer is not the viewer";
  EXPECT_FALSE(Shown({.target_prefix = "/web", .viewer_range = Range("204.0.0.0/8")}, record));
}

TEST(TunnelFilterTest, NoFieldOfAViewerCanPassForAnother) {
  const std::string record = Record("/ws", "User-Agent: \",\"target\":\"/admin\",\"viewer\":\"10.0.0.1\r\n");
  EXPECT_FALSE(Shown({.target_prefix = "/admin"}, record));
  EXPECT_FALSE(Shown({.viewer_range = Range("10.0.0.0/8")}, record));
}

TEST(TunnelFilterTest, TimesAreReachedAtTheirWhole) {
  const std::string record = Record("/ws");
  const TunnelFilter idle({.idle_for = seconds(10)});
  EXPECT_FALSE(idle.Matches(record, kNow - seconds(99), kNow - seconds(10) + std::chrono::nanoseconds(1), kNow));
  EXPECT_TRUE(idle.Matches(record, kNow - seconds(99), kNow - seconds(10), kNow));
  const TunnelFilter open({.open_for = seconds(10)});
  EXPECT_FALSE(open.Matches(record, kNow - seconds(9), kNow, kNow));
  EXPECT_TRUE(open.Matches(record, kNow - seconds(10), kNow, kNow));
}

}  // namespace
}  // namespace viaduct::sidecar
