#include "origin/http/http_answer.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <vector>

namespace viaduct::origin {
namespace {

constexpr PageFile kFiles[] = {
    {"/", "text/html; charset=utf-8", "<p>page</p>", "\"tag1\""},
    {"/chat.js", "text/javascript; charset=utf-8", "code", "\"tag2\""},
    {"/not_found.html", "text/html; charset=utf-8", "<p>lost</p>", "\"tag3\""},
};
constexpr HttpSituation kNow = {.date = "Sun, 06 Nov 1994 08:49:37 GMT"};

struct Asked {
  Asked(std::string text) : bytes(std::move(text)) {  // NOLINT: a test reads better without the name
    EXPECT_EQ(http::ParseRequestHead(bytes, http::HeadLimits(), storage, &head), std::nullopt) << bytes;
  }
  std::string bytes;
  std::array<http::Field, 200> storage;
  http::RequestHead head;
};

std::string Get(std::string_view target, std::string_view fields = "") {
  return "GET " + std::string(target) + " HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}

HttpAnswer To(const Asked& asked, const HttpSituation& situation = kNow) {
  return AnswerPlain(asked.head, kFiles, situation);
}

std::string StatusLine(const HttpAnswer& answer) { return answer.head.substr(0, answer.head.find('\r')); }

bool Has(const HttpAnswer& answer, std::string_view field_line) {
  return answer.head.find("\r\n" + std::string(field_line) + "\r\n") != std::string::npos;
}

TEST(HttpAnswerTest, AFileComesWholeWithTypeTagAndPolicy) {
  const HttpAnswer answer = To(Get("/"));
  EXPECT_EQ(StatusLine(answer), "HTTP/1.1 200 OK");
  EXPECT_EQ(answer.body, "<p>page</p>");
  EXPECT_FALSE(answer.close);
  EXPECT_TRUE(Has(answer, "Date: Sun, 06 Nov 1994 08:49:37 GMT"));
  EXPECT_TRUE(Has(answer, "Content-Length: 11"));
  EXPECT_TRUE(Has(answer, "Content-Type: text/html; charset=utf-8"));
  EXPECT_TRUE(Has(answer, "ETag: \"tag1\""));
  EXPECT_TRUE(Has(answer, "Cache-Control: no-cache"));
  EXPECT_TRUE(Has(answer, "X-Content-Type-Options: nosniff"));
  EXPECT_TRUE(Has(answer, "Referrer-Policy: no-referrer"));
  EXPECT_NE(answer.head.find("Content-Security-Policy: default-src 'none'; script-src 'self';"), std::string::npos);
  EXPECT_NE(answer.head.find("frame-ancestors 'none'"), std::string::npos);
  EXPECT_EQ(answer.head.substr(answer.head.size() - 4), "\r\n\r\n");
}

struct Row {
  std::string request;
  std::string_view status;
  std::string_view body;
  bool close;
};

TEST(HttpAnswerTest, EachRequestHasItsAnswer) {
  for (const Row& row : {
           Row{Get("/chat.js?v=1"), "200 OK", "code", false},
           Row{Get("/healthz"), "200 OK", "ok\n", false},
           Row{Get("/", "Connection: close\r\n"), "200 OK", "<p>page</p>", true},
           Row{Get("/", "Upgrade: h2c\r\nConnection: Upgrade\r\n"), "200 OK", "<p>page</p>", false},
           Row{"GET / HTTP/1.0\r\nHost: a\r\n\r\n", "200 OK", "<p>page</p>", true},
           Row{"HEAD / HTTP/1.1\r\nHost: a\r\n\r\n", "200 OK", "", false},
           Row{Get("/nothing"), "404 Not Found", "Not Found\n", false},
           Row{Get("//"), "404 Not Found", "Not Found\n", false},
           Row{Get("/chat.js/"), "404 Not Found", "Not Found\n", false},
           Row{Get("/%2e%2e/etc/passwd"), "404 Not Found", "Not Found\n", false},
           Row{"HEAD /nothing HTTP/1.1\r\nHost: a\r\n\r\n", "404 Not Found", "", false},
           Row{"POST / HTTP/1.1\r\nHost: a\r\n\r\n", "405 Method Not Allowed", "Method Not Allowed\n", false},
           Row{"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\n", "405 Method Not Allowed",
               "Method Not Allowed\n", true},
           Row{Get("/", "Content-Length: 1\r\n"), "405 Method Not Allowed", "Method Not Allowed\n", true},
           Row{Get("/", "Transfer-Encoding: chunked\r\n"), "405 Method Not Allowed", "Method Not Allowed\n", true},
           Row{Get("/nothing", "Content-Length: 1\r\n"), "404 Not Found", "Not Found\n", true},
           Row{Get("/", "Content-Length: 0\r\n"), "200 OK", "<p>page</p>", false},
           Row{"OPTIONS /healthz HTTP/1.1\r\nHost: a\r\n\r\n", "405 Method Not Allowed", "Method Not Allowed\n", false},
       }) {
    const HttpAnswer answer = To(row.request);
    EXPECT_EQ(StatusLine(answer), "HTTP/1.1 " + std::string(row.status)) << row.request;
    EXPECT_EQ(answer.body, row.body) << row.request;
    EXPECT_EQ(answer.close, row.close) << row.request;
    EXPECT_EQ(Has(answer, "Connection: close"), row.close) << row.request;
  }
}

TEST(HttpAnswerTest, ABrowserThatAsksForNothingGetsAPageWithAWayBack) {
  const HttpAnswer answer = To(Get("/nothing", "Accept: text/html,*/*;q=0.8\r\n"));
  EXPECT_EQ(StatusLine(answer), "HTTP/1.1 404 Not Found");
  EXPECT_EQ(answer.body, "<p>lost</p>");
  EXPECT_TRUE(Has(answer, "Content-Type: text/html; charset=utf-8"));
  EXPECT_TRUE(Has(answer, "Cache-Control: no-store"));
  EXPECT_NE(answer.head.find("\r\nContent-Security-Policy: "), std::string::npos);
  EXPECT_EQ(To(Get("/nothing", "Accept: */*\r\n")).body, "Not Found\n");
}

TEST(HttpAnswerTest, HeadTellsTheLengthOfTheBodyItDoesNotSend) {
  EXPECT_TRUE(Has(To(std::string("HEAD / HTTP/1.1\r\nHost: a\r\n\r\n")), "Content-Length: 11"));
}

TEST(HttpAnswerTest, AMethodThatIsNotAllowedIsToldWhatIs) {
  EXPECT_TRUE(Has(To(std::string("PUT / HTTP/1.1\r\nHost: a\r\n\r\n")), "Allow: GET, HEAD"));
}

TEST(HttpAnswerTest, AKnownTagIsAnswered304) {
  for (const char* field : {
           "If-None-Match: \"tag1\"\r\n",
           "If-None-Match: W/\"tag1\"\r\n",
           "If-None-Match: \"other\", \"tag1\"\r\n",
           "If-None-Match: \"other\"\r\nIf-None-Match: \"tag1\"\r\n",
           "If-None-Match: *\r\n",
       }) {
    const HttpAnswer answer = To(Get("/", field));
    EXPECT_EQ(StatusLine(answer), "HTTP/1.1 304 Not Modified") << field;
    EXPECT_EQ(answer.body, "");
    EXPECT_EQ(answer.head.find("Content-Length"), std::string::npos);
    EXPECT_TRUE(Has(answer, "ETag: \"tag1\""));
  }
  for (const char* field : {"If-None-Match: \"tag2\"\r\n", "If-None-Match: tag1\r\n", "If-None-Match: \r\n"}) {
    EXPECT_EQ(StatusLine(To(Get("/", field))), "HTTP/1.1 200 OK") << field;
  }
}

TEST(HttpAnswerTest, WhileDrainingEveryAnswerIsTheLast) {
  const HttpSituation draining{.draining = true, .date = kNow.date};
  EXPECT_TRUE(To(Get("/"), draining).close);
  EXPECT_EQ(StatusLine(To(Get("/"), draining)), "HTTP/1.1 200 OK");
}

TEST(HttpAnswerTest, WhenFullOnlyHealthIsAnswered) {
  const HttpSituation full{.full = true, .date = kNow.date};
  EXPECT_EQ(StatusLine(To(Get("/"), full)), "HTTP/1.1 503 Service Unavailable");
  EXPECT_TRUE(Has(To(Get("/"), full), "Retry-After: 5"));
  EXPECT_TRUE(To(Get("/"), full).close);
  EXPECT_EQ(StatusLine(To(Get("/healthz"), full)), "HTTP/1.1 200 OK");
}

struct RefusalRow {
  UpgradeRefusal refusal;
  std::string_view status;
  std::string_view field;
};

TEST(HttpAnswerTest, EachRefusedUpgradeHasItsStatusAndCloses) {
  const std::vector<RefusalRow> rows = {
      {UpgradeRefusal::kNotGet, "405 Method Not Allowed", "Allow: GET"},
      {UpgradeRefusal::kHasBody, "400 Bad Request", "Connection: close"},
      {UpgradeRefusal::kNotAskedFor, "426 Upgrade Required", "Upgrade: websocket"},
      {UpgradeRefusal::kConnectionMismatch, "400 Bad Request", "Connection: close"},
      {UpgradeRefusal::kWrongVersion, "426 Upgrade Required", "Sec-WebSocket-Version: 13"},
      {UpgradeRefusal::kBadKey, "400 Bad Request", "Connection: close"},
      {UpgradeRefusal::kBadRoom, "400 Bad Request", "Connection: close"},
      {UpgradeRefusal::kBadSince, "400 Bad Request", "Connection: close"},
      {UpgradeRefusal::kBadName, "400 Bad Request", "Connection: close"},
      {UpgradeRefusal::kDraining, "503 Service Unavailable", "Retry-After: 5"},
      {UpgradeRefusal::kFull, "503 Service Unavailable", "Retry-After: 5"},
      {UpgradeRefusal::kTooManyRooms, "503 Service Unavailable", "Retry-After: 5"},
      {UpgradeRefusal::kTooManyViewerConnections, "429 Too Many Requests", "Retry-After: 5"},
      {UpgradeRefusal::kTooManyViewerRooms, "429 Too Many Requests", "Retry-After: 5"},
      {UpgradeRefusal::kRoomFull, "503 Service Unavailable", "Retry-After: 5"},
  };
  ASSERT_EQ(rows.size(), kUpgradeRefusals.size());
  for (const RefusalRow& row : rows) {
    const HttpAnswer answer = AnswerRefusedUpgrade(row.refusal, kNow);
    EXPECT_EQ(StatusLine(answer), "HTTP/1.1 " + std::string(row.status)) << kUpgradeRefusals.Name(row.refusal);
    EXPECT_TRUE(Has(answer, row.field)) << kUpgradeRefusals.Name(row.refusal);
    EXPECT_TRUE(answer.close);
    EXPECT_NE(answer.head.find("close\r\n"), std::string::npos);
  }
}

struct HeadErrorRow {
  http::HeadError error;
  std::string_view status;
};

TEST(HttpAnswerTest, EachBadHeadHasItsStatusAndCloses) {
  for (const HeadErrorRow& row : {
           HeadErrorRow{http::HeadError::kTooLarge, "431 Request Header Fields Too Large"},
           HeadErrorRow{http::HeadError::kTooManyFields, "431 Request Header Fields Too Large"},
           HeadErrorRow{http::HeadError::kTargetTooLong, "414 URI Too Long"},
           HeadErrorRow{http::HeadError::kBadVersion, "505 HTTP Version Not Supported"},
           HeadErrorRow{http::HeadError::kMethodRefused, "405 Method Not Allowed"},
           HeadErrorRow{http::HeadError::kMethodTooLong, "501 Not Implemented"},
           HeadErrorRow{http::HeadError::kBadExpect, "417 Expectation Failed"},
           HeadErrorRow{http::HeadError::kBareLineFeed, "400 Bad Request"},
           HeadErrorRow{http::HeadError::kLengthAndEncoding, "400 Bad Request"},
       }) {
    const HttpAnswer answer = AnswerBadHead(row.error, kNow);
    EXPECT_EQ(StatusLine(answer), "HTTP/1.1 " + std::string(row.status)) << http::kHeadErrors.Name(row.error);
    EXPECT_TRUE(answer.close);
    EXPECT_TRUE(Has(answer, "Connection: close"));
  }
  EXPECT_EQ(StatusLine(AnswerTimeout(kNow)), "HTTP/1.1 408 Request Timeout");
}

TEST(HttpAnswerTest, TheAnswerToAHandshakeIsThatOfTheRfc) {
  EXPECT_EQ(SwitchingProtocols("dGhlIHNhbXBsZSBub25jZQ=="),
            "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n");
}

}  // namespace
}  // namespace viaduct::origin
