#include "ctl/why/end_text.h"

#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include <string>

namespace viaduct::ctl {
namespace {

admin::v1::RecentEnd EndOf(const std::string& kind, const std::string& json) {
  admin::v1::RecentEnd end;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(json, end.mutable_fields()).ok());
  end.set_kind(kind);
  end.mutable_time()->set_seconds(1796119200);
  return end;
}

TEST(EndTextTest, ADenialSaysWhatTheCheckSaw) {
  const std::string text = EndText(EndOf("request", R"({"peer":"10.0.8.12:54321","method":"GET","target":"/websocket",
      "host":"chat.example.com","cloudfrontId":"snx71==","verdict":"deny","denyReason":"via_missing",
      "facts":"Via is missing","viewer":"203.0.113.7","status":403,"end":"denied","durationMs":0.125,
      "requestBytes":0,"responseBytes":10})"));
  EXPECT_EQ(text,
            "2026-12-01T10:00:00.000Z  403 denied: via_missing\n"
            "  facts           Via is missing\n"
            "  took            0.125 ms\n"
            "  request         GET /websocket\n"
            "  host            chat.example.com\n"
            "  viewer address  203.0.113.7\n"
            "  peer address    10.0.8.12:54321\n"
            "  cloudfront id   snx71==\n");
}

TEST(EndTextTest, ADenialThatAnotherProxyAskedForNamesTheProxy) {
  EXPECT_EQ(EndText(EndOf("authorize", R"({"peer":"10.0.8.12","method":"GET","target":"/","verdict":"deny",
      "denyReason":"via_missing","facts":"Via is missing","form":"http","proxy":"127.0.0.1:40000","status":403})")),
            "2026-12-01T10:00:00.000Z  403 denied: via_missing\n"
            "  facts         Via is missing\n"
            "  request       GET /\n"
            "  peer address  10.0.8.12\n"
            "  asked by      127.0.0.1:40000\n");
}

TEST(EndTextTest, ATunnelSaysWhoEndedItAndHowLongItWasIdle) {
  const std::string text = EndText(EndOf("tunnel", R"({"tunnel":"3f09a1c2-0-17","viewer":"203.0.113.7",
      "end":"viewer_close","durationMs":725000,"closeSent":1001,
      "fromViewer":{"bytes":1229,"frames":12,"idleMs":185000,"closeCode":1000},
      "fromUpstream":{"bytes":0,"frames":0,"idleMs":725000}})"));
  EXPECT_EQ(text,
            "2026-12-01T10:00:00.000Z  tunnel: viewer_close\n"
            "  ended by        the viewer\n"
            "  open for        12m5s\n"
            "  from viewer     12 frames, 1.2 KiB, the last one 3m5s before the end; Close 1000\n"
            "  from upstream   0 frames, 0 B, silent for 12m5s\n"
            "  our Close       1001\n"
            "  viewer address  203.0.113.7\n"
            "  tunnel          3f09a1c2-0-17\n");
}

TEST(EndTextTest, AConnectionOfTheChatNamesItsRoomAndTask) {
  admin::v1::RecentEnd end = EndOf("ws closed", R"({"id":"71ca940a-8e32","code":1006,"reason":"","end":"slow_consumer",
      "room":"lobby","durationMs":5000,"idleMs":1500,"fromViewer":{"messages":2,"bytes":20},
      "toViewer":{"messages":70,"bytes":2048}})");
  end.set_task("task-1");
  EXPECT_EQ(EndText(end),
            "2026-12-01T10:00:00.000Z  connection: slow_consumer, Close 1006\n"
            "  open for     5s\n"
            "  idle for     1s\n"
            "  from viewer  2 messages, 20 B\n"
            "  to viewer    70 messages, 2.0 KiB\n"
            "  room         lobby\n"
            "  connection   71ca940a-8e32\n"
            "  task         task-1\n");
}

TEST(EndTextTest, TextFromTheWireCannotReachTheTerminal) {
  const std::string text =
      EndText(EndOf("request", R"({"userAgent":"a\u001b[2Jb\n","denyReason":"x\u001by","status":403,"end":"denied"})"));
  EXPECT_EQ(text.find('\x1b'), std::string::npos);
  EXPECT_NE(text.find("a\\x1b[2Jb\\n"), std::string::npos) << text;
}

TEST(EndTextTest, MembersOfOtherTypesAreNoMembers) {
  EXPECT_EQ(EndText(EndOf("tunnel", R"({"end":7,"viewer":{"a":1},"fromViewer":"x","durationMs":"y"})")),
            "2026-12-01T10:00:00.000Z  tunnel: \n  from viewer  0 messages, 0 B\n");
}

}  // namespace
}  // namespace viaduct::ctl
