#include "sidecar/request/access_log.h"
#include "text/redaction.h"

#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <string>

#include "text/text_buffer.h"

namespace viaduct::sidecar {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

std::string Line(const AccessRecord& record) {
  text::TextBuffer text;
  ops::JsonLine line(&text);
  record.AddTo(&line);
  line.End();
  return std::string(text.view());
}

AccessRecord RecordOf(const std::string& text, const text::QueryRedaction& query = text::QueryRedaction()) {
  std::array<http::Field, 64> storage;
  http::RequestHead head;
  EXPECT_EQ(http::ParseRequestHead(text, http::HeadLimits(), storage, &head), std::nullopt);
  AccessRecord record;
  record.Begin(net::Clock::time_point(), "10.0.0.7:1234");
  record.NoteRequest(head, query);
  return record;
}

TEST(AccessLogTest, ALineHasWhatIsKnown) {
  AccessRecord record;
  record.Begin(net::Clock::time_point(milliseconds(5)), "10.0.0.7:1234");
  EXPECT_EQ(record.begin(), net::Clock::time_point(milliseconds(5)));
  EXPECT_EQ(Line(record), "{\"peer\":\"10.0.0.7:1234\"}\n");
  record.NoteRule(Rule(http::HeadError::kBareLineFeed));
  EXPECT_EQ(Line(record), "{\"peer\":\"10.0.0.7:1234\",\"rule\":\"bare_line_feed\"}\n");
}

TEST(AccessLogTest, ARequestIsToldByWhatOperatorsSearchFor) {
  AccessRecord record = RecordOf(
      "GET /websocket HTTP/1.1\r\nHost: chat.example.com\r\nX-Amz-Cf-Id: abc==\r\n"
      "X-Amzn-Trace-Id: Root=1\r\nUser-Agent: Mozilla\r\nCookie: secret\r\n\r\n");
  EXPECT_EQ(Line(record),
            "{\"peer\":\"10.0.0.7:1234\",\"method\":\"GET\",\"target\":\"/websocket\","
            "\"host\":\"chat.example.com\",\"cloudfrontId\":\"abc==\",\"traceId\":\"Root=1\","
            "\"userAgent\":\"Mozilla\"}\n");
}

TEST(AccessLogTest, OfAQueryTheNamesAreToldAndTheValuesThatMayBeShown) {
  const std::string request = "GET /websocket?room=x&token=secret&c2VjcmV0== HTTP/1.1\r\nHost: h\r\n\r\n";
  EXPECT_NE(Line(RecordOf(request)).find("\"target\":\"/websocket?room=***&token=***&***\""), std::string::npos);
  EXPECT_NE(Line(RecordOf(request, text::QueryRedaction({"room"}))).find("?room=x&token=***&***\""), std::string::npos);
  // As many as there may be.
  const AccessRecord record = RecordOf("GET /?" + std::string(3000, '&') + " HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_NE(Line(record).find("\"/?" + std::string(510, '&') + "\""), std::string::npos);
}

TEST(AccessLogTest, LongValuesAreCut) {
  const AccessRecord record = RecordOf("GET /" + std::string(3000, 'a') +
                                       " HTTP/1.1\r\nHost: h\r\nUser-Agent: " + std::string(3000, 'b') + "\r\n\r\n");
  const std::string line = Line(record);
  EXPECT_NE(line.find("\"/" + std::string(511, 'a') + "\""), std::string::npos);
  EXPECT_NE(line.find("\"" + std::string(256, 'b') + "\""), std::string::npos);
}

// A tunnel keeps it for as long as it is open.
TEST(AccessLogTest, AFatHeadTakesNoMoreHoweverItIsEscaped) {
  for (const std::string& fat :
       {std::string(3000, 'a'), std::string(3000, '"'), std::string(3000, '\t'), std::string(3000, '\xff')}) {
    const std::string target = fat[0] == 'a' || fat[0] == '"' ? fat : "";
    const AccessRecord record = RecordOf("GET /" + target + " HTTP/1.1\r\nHost: h\r\nX-Amz-Cf-Id: a" + fat +
                                         "a\r\nX-Amzn-Trace-Id: a" + fat + "a\r\nUser-Agent: a" + fat + "a\r\n\r\n");
    EXPECT_LE(record.rendered().size(), 1'300u) << fat[0];
    EXPECT_NE(record.rendered().find("userAgent"), std::string::npos);
  }
}

// Also if the cut is inside a character.
TEST(AccessLogTest, WhatCameFromTheWireIsEscaped) {
  const AccessRecord record =
      RecordOf("GET /\"\\ HTTP/1.1\r\nHost: h\r\nX-Amz-Cf-Id: \xff\t\"\r\nUser-Agent: " + std::string(255, 'b') +
               "\xc3\xa4\r\n\r\n");
  const std::string line = Line(record);
  EXPECT_NE(line.find("\"target\":\"/\\\"\\\\\""), std::string::npos) << line;
  EXPECT_NE(line.find("\"cloudfrontId\":\"\xef\xbf\xbd\\t\\\"\""), std::string::npos) << line;
  EXPECT_NE(line.find("bbb\xef\xbf\xbd\""), std::string::npos) << line;
}

TEST(AccessLogTest, ADenialSaysItsReason) {
  AccessRecord record;
  record.Begin(net::Clock::time_point(), "p");
  filter::Verdict verdict;
  verdict.reason = filter::DenyReason::kViaMissing;
  record.NoteVerdict(verdict, "", "");
  EXPECT_EQ(Line(record), "{\"peer\":\"p\",\"verdict\":\"deny\",\"denyReason\":\"via_missing\"}\n");
}

TEST(AccessLogTest, AnAllowedRequestSaysWhoseItIsAndWhatMonitoringFound) {
  AccessRecord record;
  record.Begin(net::Clock::time_point(), "p");
  filter::Verdict verdict;
  verdict.allowed = true;
  verdict.would_deny.Add(filter::DenyReason::kCfIdMissing);
  verdict.would_deny.Add(filter::DenyReason::kViaMissing);
  verdict.edge = *ip::IpAddress::Parse("130.176.114.52");
  record.NoteVerdict(verdict, "203.0.113.7", "next");
  EXPECT_EQ(Line(record),
            "{\"peer\":\"p\",\"verdict\":\"allow\",\"wouldDeny\":\"via_missing,cf_id_missing\","
            "\"viewer\":\"203.0.113.7\",\"edge\":\"130.176.114.52\",\"secretGeneration\":\"next\"}\n");
}

TEST(AccessLogTest, ANewLineForgetsTheOldOne) {
  AccessRecord record = RecordOf("GET /old HTTP/1.1\r\nHost: h\r\n\r\n");
  record.NoteProblem("http request");
  record.NoteRule(Rule(http::BodyError::kBadChunk));
  record.Begin(net::Clock::time_point(), "p");
  EXPECT_EQ(Line(record), "{\"peer\":\"p\"}\n");
}

TEST(AccessLogTest, RequestFigures) {
  text::TextBuffer text;
  ops::JsonLine line(&text);
  RequestFigures figures;
  figures.status = 200;
  figures.request_body_bytes = 3;
  figures.response_body_bytes = 4;
  AddRequestFigures(figures, microseconds(12345), &line);
  figures.end = RequestEnd::kDenied;
  figures.upstream_time = microseconds(250);
  ops::JsonLine second(&text);
  AddRequestFigures(figures, microseconds(1), &second);
  EXPECT_EQ(text.view(),
            "{\"status\":200,\"end\":\"completed\",\"durationMs\":12.345,\"requestBytes\":3,\"responseBytes\":4"
            "{\"status\":200,\"end\":\"denied\",\"durationMs\":0.001,\"requestBytes\":3,\"responseBytes\":4,"
            "\"upstreamMs\":0.250");
}

TEST(AccessLogTest, AProblemIsToldInItsOwnWords) {
  AccessRecord record;
  record.Begin(net::Clock::time_point(), "p");
  record.NoteProblem("unsupported protocol");
  EXPECT_EQ(Line(record), "{\"peer\":\"p\",\"problem\":\"unsupported protocol\"}\n");
}

// Most often the upstream holds a long poll for longer than the default.
TEST(AccessLogTest, ASlowAnswerComesWithAdvice) {
  text::TextBuffer text;
  ops::JsonLine line(&text);
  RequestFigures figures;
  figures.status = 504;
  figures.end = RequestEnd::kUpstreamResponseTimeout;
  AddRequestFigures(figures, milliseconds(1), &line);
  EXPECT_NE(text.view().find("\"advice\":\"if the upstream holds this request on purpose (long polling), raise "
                             "timeouts.response_timeout"),
            std::string_view::npos)
      << text.view();
}

TEST(AccessLogTest, TunnelFigures) {
  text::TextBuffer text;
  ops::JsonLine line(&text);
  TunnelFigures figures;
  figures.end = TunnelEnd::kIdleTimeout;
  figures.from_viewer = {.bytes = 10, .frames = 2, .idle = std::chrono::milliseconds(1500), .close_code = 1001};
  figures.from_upstream = {.bytes = 20, .frames = 3, .idle = {}, .close_code = std::nullopt};
  figures.close_sent = 1001;
  AddTunnelFigures(figures, milliseconds(2), &line);
  line.End();
  EXPECT_EQ(text.view(),
            "{\"status\":101,\"end\":\"idle_timeout\",\"durationMs\":2.000,"
            "\"fromViewer\":{\"bytes\":10,\"frames\":2,\"idleMs\":1500.000,\"closeCode\":1001},"
            "\"fromUpstream\":{\"bytes\":20,\"frames\":3,\"idleMs\":0.000},\"closeSent\":1001}\n");
}

}  // namespace
}  // namespace viaduct::sidecar
