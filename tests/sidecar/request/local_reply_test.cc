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
    EndReason reason;
    int status;
  } kTable[] = {
      {EndReason::kDenied, 403},
      {EndReason::kBadRequest, 400},
      {EndReason::kBadRequestBody, 400},
      {EndReason::kBadUpgrade, 400},
      {EndReason::kBadWebSocketVersion, 426},
      {EndReason::kRequestHeadTimeout, 408},
      {EndReason::kBodyTimeout, 408},
      {EndReason::kTooManySessions, 503},
      {EndReason::kDraining, 503},
      {EndReason::kUpstreamConnectFailed, 502},
      {EndReason::kUpstreamConnectTimeout, 504},
      {EndReason::kUpstreamResponseTimeout, 504},
      {EndReason::kUpgradeTimeout, 504},
      {EndReason::kUpstreamReset, 502},
      {EndReason::kBadUpstreamResponse, 502},
      {EndReason::kBadUpstreamUpgrade, 502},
      {EndReason::kCut, 503},
  };
  for (const auto& row : kTable) EXPECT_EQ(LocalReplyFor(row.reason).status, row.status) << EndReasonName(row.reason);
}

TEST(LocalReplyTest, EachRefusedHeadHasItsStatus) {
  for (const http::HeadError error : http::kHeadErrors) {
    int status = 400;
    if (error == http::HeadError::kMethodRefused) status = 405;
    if (error == http::HeadError::kTargetTooLong) status = 414;
    if (error == http::HeadError::kTooLarge || error == http::HeadError::kTooManyFields) status = 431;
    EXPECT_EQ(LocalReplyForHead(error).status, status) << http::kHeadErrors.Name(error);
  }
}

TEST(LocalReplyTest, ARefusalIsShortAndClosesTheConnection) {
  EXPECT_EQ(Text(LocalReplyFor(EndReason::kDenied)),
            "HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\nContent-Length: 10\r\nConnection: close\r\n\r\n"
            "forbidden\n");
}

TEST(LocalReplyTest, AnUnsupportedVersionNamesTheSupportedOne) {
  EXPECT_NE(Text(LocalReplyFor(EndReason::kBadWebSocketVersion)).find("\r\nSec-WebSocket-Version: 13\r\n"),
            std::string::npos);
}

TEST(LocalReplyTest, ARefusedMethodNamesTheAllowedOnes) {
  EXPECT_NE(Text(LocalReplyForHead(http::HeadError::kMethodRefused)).find("\r\nAllow: GET, HEAD, POST,"),
            std::string::npos);
}

TEST(LocalReplyTest, WhoMayComeBackIsToldWhen) {
  for (const EndReason reason : {EndReason::kDraining, EndReason::kTooManySessions}) {
    EXPECT_NE(Text(LocalReplyFor(reason)).find("\r\nRetry-After: 1\r\n"), std::string::npos) << EndReasonName(reason);
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
