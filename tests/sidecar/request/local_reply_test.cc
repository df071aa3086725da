#include "sidecar/request/local_reply.h"

#include <gtest/gtest.h>

#include <string>

namespace viaduct::sidecar {
namespace {

std::string Text(const LocalReply& reply, AfterReply after = AfterReply::kClose, bool head_request = false) {
  std::string text;
  AppendLocalReply(reply, after, head_request, &text);
  return text;
}

TEST(LocalReplyTest, EachReasonHasItsStatus) {
  const struct {
    RequestEnd reason;
    int status;
  } kTable[] = {
      {RequestEnd::kDenied, 403},
      {RequestEnd::kBadRequest, 400},
      {RequestEnd::kBadRequestBody, 400},
      {RequestEnd::kBadUpgrade, 400},
      {RequestEnd::kBadWebSocketVersion, 426},
      {RequestEnd::kNoRoute, 404},
      {RequestEnd::kUpgradeNotAllowed, 403},
      {RequestEnd::kHttpNotAllowed, 403},
      {RequestEnd::kRequestHeadTimeout, 408},
      {RequestEnd::kBodyTimeout, 408},
      {RequestEnd::kTooManySessions, 503},
      {RequestEnd::kTooManyViewerTunnels, 429},
      {RequestEnd::kTooManyViewerRequests, 429},
      {RequestEnd::kDraining, 503},
      {RequestEnd::kUpstreamConnectFailed, 502},
      {RequestEnd::kUpstreamConnectTimeout, 504},
      {RequestEnd::kUpstreamResponseTimeout, 504},
      {RequestEnd::kUpgradeTimeout, 504},
      {RequestEnd::kUpstreamReset, 502},
      {RequestEnd::kBadUpstreamResponse, 502},
      {RequestEnd::kBadUpstreamUpgrade, 502},
      {RequestEnd::kCut, 503},
  };
  for (const auto& row : kTable)
    EXPECT_EQ(LocalReplyFor(row.reason).status, row.status) << kRequestEnds.Name(row.reason);
}

TEST(LocalReplyTest, EachRefusedHeadHasItsStatus) {
  for (const http::HeadError error : http::kHeadErrors) {
    int status = 400;
    if (error == http::HeadError::kMethodRefused) status = 405;
    if (error == http::HeadError::kMethodTooLong) status = 501;
    if (error == http::HeadError::kBadExpect) status = 417;
    if (error == http::HeadError::kTargetTooLong) status = 414;
    if (error == http::HeadError::kTooLarge || error == http::HeadError::kTooManyFields) status = 431;
    EXPECT_EQ(LocalReplyForHead(error).status, status) << http::kHeadErrors.Name(error);
  }
}

TEST(LocalReplyTest, ARefusalIsShortAndClosesTheConnection) {
  EXPECT_EQ(Text(LocalReplyFor(RequestEnd::kDenied)),
            "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: 10\r\nConnection: close\r\n\r\n"
            "forbidden\n");
}

TEST(LocalReplyTest, AnUnsupportedVersionNamesTheSupportedOneAndItsProtocol) {
  EXPECT_EQ(Text(LocalReplyFor(RequestEnd::kBadWebSocketVersion)),
            "HTTP/1.1 426 Upgrade Required\r\nContent-Type: text/plain\r\nUpgrade: websocket\r\n"
            "Sec-WebSocket-Version: 13\r\nContent-Length: 30\r\nConnection: upgrade, close\r\n\r\n"
            "WebSocket version 13 required\n");
}

TEST(LocalReplyTest, ARefusedMethodNamesTheAllowedOnes) {
  EXPECT_NE(Text(LocalReplyForHead(http::HeadError::kMethodRefused)).find("\r\nAllow: GET, HEAD, POST,"),
            std::string::npos);
}

TEST(LocalReplyTest, WhoMayComeBackIsToldWhen) {
  for (const RequestEnd reason : {RequestEnd::kDraining, RequestEnd::kTooManySessions,
                                  RequestEnd::kTooManyViewerTunnels, RequestEnd::kTooManyViewerRequests}) {
    EXPECT_NE(Text(LocalReplyFor(reason)).find("\r\nRetry-After: 1\r\n"), std::string::npos)
        << kRequestEnds.Name(reason);
  }
}

TEST(LocalReplyTest, HealthIs200AndWhileDrainingOrWithoutUpstream503) {
  EXPECT_EQ(Text(HealthReply(Health::kGood), AfterReply::kKeepAlive),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\nConnection: keep-alive\r\n\r\nok\n");
  EXPECT_EQ(HealthReply(Health::kDraining).status, 503);
  EXPECT_EQ(HealthReply(Health::kDraining).body, "draining\n");
  EXPECT_EQ(HealthReply(Health::kUpstreamDown).status, 503);
  EXPECT_EQ(HealthReply(Health::kUpstreamDown).body, "upstream down\n");
}

TEST(LocalReplyTest, AnAnswerToHeadHasTheLengthButNoBody) {
  EXPECT_EQ(Text(HealthReply(Health::kGood), AfterReply::kClose, true),
            "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 3\r\nConnection: close\r\n\r\n");
}

}  // namespace
}  // namespace viaduct::sidecar
