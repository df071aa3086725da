#include "origin/worker/chat_log.h"
#include "text/redaction.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace viaduct::origin {
namespace {

// 2026-05-25T13:00:00Z.
constexpr std::int64_t kOneOClock = 1779714000;

ChatLog::Time At(int minute, int second, int millis) {
  return ChatLog::Time(std::chrono::seconds(kOneOClock + minute * 60 + second) + std::chrono::milliseconds(millis));
}

Uuid Id(std::string_view text) { return *Uuid::Parse(text); }

http::RequestHead HeadOf(std::string_view target, const std::vector<http::Field>& fields) {
  http::RequestHead head;
  head.method = "GET";
  head.target = target;
  head.fields.Assign(fields);
  return head;
}

// The exact lines that existing readers rely on.

TEST(ChatLogTest, ConnectedHasTheKnownMembersInOrder) {
  ChatLog log(text::QueryRedaction(), ops::LogLines(6, "ip-10-10-8-174.ec2.internal"));
  const std::vector<http::Field> fields = {
      {"x-forwarded-for", "<client IPv6 address>, 130.176.119.40"},
      {"user-agent", "<user agent>"},
      {"x-amz-cf-id", "snx71Wifama59uLy3vfwcHaHwHmRrcVUi-e8vZtyU1FpHh069dBYQA=="},
  };
  log.Connected(At(2, 54, 569), Id("11e254eb-5557-40ca-8832-3c37f5ed37ea"), HeadOf("/websocket", fields), 1);
  EXPECT_EQ(log.text(),
            R"({"level":"info","time":"2026-05-25T13:02:54.569Z","pid":6,"hostname":"ip-10-10-8-174.ec2.internal",)"
            R"("id":"11e254eb-5557-40ca-8832-3c37f5ed37ea","url":"/websocket","userAgent":"<user agent>",)"
            R"("forwardedFor":"<client IPv6 address>, 130.176.119.40",)"
            R"("cloudfrontId":"snx71Wifama59uLy3vfwcHaHwHmRrcVUi-e8vZtyU1FpHh069dBYQA==","clientCount":1,)"
            R"("msg":"ws connected"})"
            "\n");
}

TEST(ChatLogTest, ALineStaysShortWhateverTheClientSends) {
  ChatLog log(text::QueryRedaction(), ops::LogLines(6, "host"));
  const std::string target = "/websocket?x=" + std::string(8000, 'x');
  const std::string agent(7000, '"');
  const std::string forwarded(7000, 'f');
  const std::vector<http::Field> fields = {
      {"user-agent", agent}, {"x-forwarded-for", forwarded}, {"x-forwarded-for", forwarded}, {"x-amz-cf-id", agent}};
  log.Connected(At(2, 54, 569), Id("11e254eb-5557-40ca-8832-3c37f5ed37ea"), HeadOf(target, fields), 1);
  EXPECT_LT(log.text().size(), 8u << 10);
  EXPECT_NE(log.text().find(R"(,"forwardedFor":")" + std::string(1024, 'f') + "\""), std::string::npos);
  EXPECT_NE(log.text().find(R"(,"msg":"ws connected"})"), std::string::npos);
}

TEST(ChatLogTest, ReceivedAndBroadcastedHaveTheKnownMembersInOrder) {
  ChatLog log(text::QueryRedaction(), ops::LogLines(6, "ip-10-10-8-174.ec2.internal"));
  const Uuid id = Id("11e254eb-5557-40ca-8832-3c37f5ed37ea");
  log.Received(At(3, 46, 975), id, 31, false);
  log.Broadcasted(At(3, 46, 976), id, 2);
  EXPECT_EQ(log.text(),
            R"({"level":"info","time":"2026-05-25T13:03:46.975Z","pid":6,"hostname":"ip-10-10-8-174.ec2.internal",)"
            R"("id":"11e254eb-5557-40ca-8832-3c37f5ed37ea","bytes":31,"isBinary":false,"msg":"ws message received"})"
            "\n"
            R"({"level":"info","time":"2026-05-25T13:03:46.976Z","pid":6,"hostname":"ip-10-10-8-174.ec2.internal",)"
            R"("id":"11e254eb-5557-40ca-8832-3c37f5ed37ea","broadcastCount":2,"msg":"ws message broadcasted"})"
            "\n");
}

TEST(ChatLogTest, ClosedHasTheKnownMembersInOrder) {
  ChatLog log(text::QueryRedaction({"room"}), ops::LogLines(6, "ip-10-10-8-174.ec2.internal"));
  log.Closed(At(8, 50, 946), Id("71ca940a-8e32-4471-9938-9b9af4c18687"),
             {.code = 1006,
              .reason = "",
              .client_count = 0,
              .room = "lobby",
              .viewer = "203.0.113.7",
              .cloudfront_id = "snx71Wifama59uLy3vfwcHaHwHmRrcVUi-e8vZtyU1FpHh069dBYQA==",
              .end = "peer_gone",
              .duration = std::chrono::seconds(360),
              .idle = std::chrono::milliseconds(1500),
              .counts = {.messages_sent = 7, .bytes_sent = 70, .messages_received = 2, .bytes_received = 20}});
  EXPECT_EQ(log.text(),
            R"({"level":"info","time":"2026-05-25T13:08:50.946Z","pid":6,"hostname":"ip-10-10-8-174.ec2.internal",)"
            R"("id":"71ca940a-8e32-4471-9938-9b9af4c18687","code":1006,"reason":"","clientCount":0,)"
            R"("end":"peer_gone","room":"lobby","viewer":"203.0.113.7",)"
            R"("cloudfrontId":"snx71Wifama59uLy3vfwcHaHwHmRrcVUi-e8vZtyU1FpHh069dBYQA==","durationMs":360000.000,)"
            R"("idleMs":1500.000,"fromViewer":{"messages":2,"bytes":20},"toViewer":{"messages":7,"bytes":70},)"
            R"("msg":"ws closed"})"
            "\n");
  EXPECT_EQ(log.recent_ends().Find("71ca940a", 9), std::vector<std::string>{std::string(log.text())});
}

TEST(ChatLogTest, ARoomIsAsSecretAsItsParameter) {
  ChatLog log(text::QueryRedaction(), ops::LogLines(6, "host"));
  log.Closed(At(0, 0, 0), Id("71ca940a-8e32-4471-9938-9b9af4c18687"),
             {.code = 1000,
              .reason = "bye",
              .client_count = 2,
              .room = "lobby",
              .viewer = "",
              .cloudfront_id = "",
              .end = "closed_by_peer",
              .duration = {},
              .idle = {},
              .counts = {}});
  EXPECT_NE(log.text().find(R"("room":"***")"), std::string_view::npos);
}

TEST(ChatLogTest, AnEndWithoutViewerAndIdLeavesThemOut) {
  ChatLog log(text::QueryRedaction(), ops::LogLines(6, "host"));
  log.Closed(At(0, 0, 0), Id("71ca940a-8e32-4471-9938-9b9af4c18687"),
             {.code = 1000,
              .reason = "bye",
              .client_count = 2,
              .room = "",
              .viewer = "",
              .cloudfront_id = "",
              .end = "closed_by_peer",
              .duration = {},
              .idle = {},
              .counts = {}});
  EXPECT_NE(log.text().find(R"("end":"closed_by_peer","room":"","durationMs":0.000,)"), std::string_view::npos);
}

TEST(ChatLogTest, WhatTheHandshakeDidNotHaveIsLeftOut) {
  ChatLog log(text::QueryRedaction(), ops::LogLines(6, "host"));
  log.Connected(At(0, 0, 0), Id("71ca940a-8e32-4471-9938-9b9af4c18687"), HeadOf("/websocket?a=1", {}), 3);
  EXPECT_EQ(log.text(), R"({"level":"info","time":"2026-05-25T13:00:00.000Z","pid":6,"hostname":"host",)"
                        R"("id":"71ca940a-8e32-4471-9938-9b9af4c18687","url":"/websocket?a=***","clientCount":3,)"
                        R"("msg":"ws connected"})"
                        "\n");
}

TEST(ChatLogTest, ValuesOfAQueryAreShownIfTheyMayBe) {
  ChatLog log(text::QueryRedaction({"room"}), ops::LogLines(6, "host"));
  log.Connected(At(0, 0, 0), Id("71ca940a-8e32-4471-9938-9b9af4c18687"), HeadOf("/websocket?room=a&token=b", {}), 1);
  EXPECT_NE(log.text().find(R"("url":"/websocket?room=a&token=***")"), std::string_view::npos) << log.text();
}

TEST(ChatLogTest, LinesOfARepeatedFieldAreJoined) {
  ChatLog log(text::QueryRedaction(), ops::LogLines(6, "host"));
  const std::vector<http::Field> fields = {{"X-Forwarded-For", "2001:db8::1"}, {"x-forwarded-for", "130.176.119.40"}};
  log.Connected(At(0, 0, 0), Id("71ca940a-8e32-4471-9938-9b9af4c18687"), HeadOf("/websocket", fields), 1);
  EXPECT_NE(log.text().find(R"("forwardedFor":"2001:db8::1, 130.176.119.40")"), std::string_view::npos);
}

TEST(ChatLogTest, WhatCameFromTheWireCannotBreakALine) {
  ChatLog log(text::QueryRedaction(), ops::LogLines(6, "host"));
  const std::vector<http::Field> fields = {{"user-agent", "a\"},{\t\xff"}};
  log.Connected(At(0, 0, 0), Id("71ca940a-8e32-4471-9938-9b9af4c18687"), HeadOf("/websocket", fields), 1);
  EXPECT_NE(log.text().find("\"userAgent\":\"a\\\"},{\\t\ufffd\""), std::string_view::npos) << log.text();
}

}  // namespace
}  // namespace viaduct::origin
