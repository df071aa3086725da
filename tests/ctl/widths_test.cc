// What viaductctl shows on terminals of 80, 120 and 200 columns.
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

#include "ctl/chat/connections_list.h"
#include "ctl/output/text.h"
#include "ctl/sidecar/explain.h"
#include "ctl/sidecar/ladder.h"
#include "ctl/sidecar/tunnels_list.h"

namespace viaduct::ctl {
namespace {

using admin::v1::Explanation;

const auto kNow = std::chrono::system_clock::from_time_t(1'793'695'545);

void Ago(int seconds, google::protobuf::Timestamp* time) { time->set_seconds(1'793'695'545 - seconds); }

std::string Connections(std::size_t width) {
  admin::v1::Connection busy;
  busy.set_name("connections/7c9e6679-7425-40de-944b-e07fc1f90ae7");
  busy.set_viewer_address("203.0.113.9");
  busy.set_room("planning-2026");
  busy.set_user_agent("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0");
  Ago(18180, busy.mutable_connect_time());
  Ago(61, busy.mutable_last_message_time());
  busy.set_messages_received(12);
  busy.set_bytes_received(1229);
  busy.set_messages_sent(3400);
  busy.set_bytes_sent(5'242'880);
  busy.set_queued_bytes(2048);
  admin::v1::Connection fresh;
  fresh.set_name("connections/b5a7e6fa-0000-4000-8000-000000000003");
  fresh.set_viewer_address("198.51.100.20");
  Ago(2, fresh.mutable_connect_time());
  return RenderConnections({busy, fresh}, kNow, {.width = width});
}

std::string Tunnels(std::size_t width) {
  admin::v1::Tunnel tunnel;
  tunnel.set_name("tunnels/3f09a1c2-0-17");
  tunnel.set_viewer_address("2001:db8:85a3::8a2e:370:7334");
  tunnel.set_path("/websocket");
  tunnel.set_room("planning-2026");
  Ago(18180, tunnel.mutable_open_time());
  Ago(61, tunnel.mutable_last_activity_time());
  tunnel.mutable_from_viewer()->set_bytes(1229);
  tunnel.mutable_from_viewer()->set_data_frames(12);
  tunnel.set_closing("drain");
  return RenderTunnels({tunnel}, kNow, {.width = width});
}

std::string Denied(std::size_t width) {
  Explanation explanation;
  explanation.set_outcome(Explanation::DENIED);
  explanation.set_status(403);
  explanation.set_end("denied");
  explanation.set_reason("via_not_cloudfront");
  explanation.set_viewer_address("203.0.113.7");
  const auto add = [&](const char* check, Explanation::Check::Result result, const char* reason, const char* facts) {
    Explanation::Check& added = *explanation.add_checks();
    added.set_check(check);
    added.set_result(result);
    added.set_reason(reason);
    added.set_facts(facts);
  };
  add("trusted_peer", Explanation::Check::PASSED, "", "peer 10.0.8.12 is in 10.0.0.0/8");
  add("via", Explanation::Check::DENIED, "via_not_cloudfront",
      "last hop \"1.1 proxy.example.net (squid)\" does not name cloudfront.net");
  return RenderExplanation(explanation, {.width = width});
}

std::string Ladder(std::size_t width) {
  admin::v1::Ladder ladder;
  admin::v1::Rung& good = *ladder.add_rungs();
  good.set_rung("keep_alive_over_alb_idle");
  good.set_state(admin::v1::Rung::HOLDS);
  good.mutable_shorter()->set_term("environment.alb_idle_timeout");
  good.mutable_shorter()->mutable_time()->set_seconds(60);
  good.mutable_longer()->set_term("timeouts.keep_alive_timeout");
  good.mutable_longer()->mutable_time()->set_seconds(75);
  admin::v1::Rung& wrong = *ladder.add_rungs();
  wrong.set_rung("drain_under_stop_timeout");
  wrong.set_state(admin::v1::Rung::WRONG);
  wrong.mutable_shorter()->set_term("drain.timeout");
  wrong.mutable_shorter()->mutable_time()->set_seconds(40);
  wrong.mutable_longer()->set_term("environment.ecs_stop_timeout");
  wrong.mutable_longer()->mutable_time()->set_seconds(30);
  wrong.set_fix("lower drain.timeout to at most 28s, or raise the task definition's stopTimeout above 42s");
  return RenderLadder(ladder, {.width = width});
}

void ExpectFits(const std::string& text, std::size_t width) {
  std::size_t begin = 0;
  for (std::size_t end = text.find('\n'); end != std::string::npos; end = text.find('\n', begin)) {
    EXPECT_LE(Width(text.substr(begin, end - begin)), width) << text;
    begin = end + 1;
  }
}

TEST(WidthsTest, NothingIsWiderThanTheTerminal) {
  for (const std::size_t width : {80, 120, 200}) {
    for (const std::string& text : {Connections(width), Tunnels(width), Denied(width), Ladder(width)}) {
      ExpectFits(text, width);
    }
  }
}

TEST(WidthsTest, AListShortensIdsBeforeItLeavesOutTheRoom) {
  EXPECT_EQ(Connections(80),
            "ID            VIEWER          AGE  IDLE   QUEUED  MSGS-IN  MSGS-OUT  ROOM\n"
            "7c9e6679-74…  203.0.113.9    5h3m  1m1s  2.0 KiB       12      3400  planning-2…\n"
            "b5a7e6fa-00…  198.51.100.20    2s     -      0 B        0         0  -\n");
  EXPECT_EQ(
      Connections(120),
      "ID              VIEWER          AGE  IDLE   QUEUED  MSGS-IN  MSGS-OUT  BYTES-IN  BYTES-OUT  ROOM           "
      "USER-AGENT\n"
      "7c9e6679-7425…  203.0.113.9    5h3m  1m1s  2.0 KiB       12      3400   1.2 KiB    5.0 MiB  planning-2026  "
      "Mozilla/5.0 …\n"
      "b5a7e6fa-0000…  198.51.100.20    2s     -      0 B        0         0       0 B        0 B  -              -\n");
  EXPECT_EQ(Connections(200),
            "ID                                    VIEWER          AGE  IDLE   QUEUED  MSGS-IN  MSGS-OUT  BYTES-IN  "
            "BYTES-OUT  ROOM           USER-AGENT\n"
            "7c9e6679-7425-40de-944b-e07fc1f90ae7  203.0.113.9    5h3m  1m1s  2.0 KiB       12      3400   1.2 KiB    "
            "5.0 MiB  planning-2026  Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0\n"
            "b5a7e6fa-0000-4000-8000-000000000003  198.51.100.20    2s     -      0 B        0         0       0 B     "
            "   0 B  -              -\n");
}

TEST(WidthsTest, AListOfTunnelsKeepsRoomAndState) {
  EXPECT_EQ(Tunnels(80),
            "TUNNEL         VIEWER                         AGE  IDLE  ROOM           STATE\n"
            "3f09a1c2-0-17  2001:db8:85a3::8a2e:370:7334  5h3m  1m1s  planning-2026  drain\n");
  EXPECT_EQ(Tunnels(120),
            "TUNNEL         VIEWER                         AGE  IDLE  FRAMES-IN  FRAMES-OUT  BYTES-IN  PATH        "
            "ROOM         STATE\n"
            "3f09a1c2-0-17  2001:db8:85a3::8a2e:370:7334  5h3m  1m1s         12           0   1.2 KiB  /websocket  "
            "planning-2…  drain\n");
  EXPECT_EQ(Tunnels(200),
            "TUNNEL         VIEWER                         AGE  IDLE  FRAMES-IN  FRAMES-OUT  BYTES-IN  BYTES-OUT  PATH "
            "       ROOM           STATE\n"
            "3f09a1c2-0-17  2001:db8:85a3::8a2e:370:7334  5h3m  1m1s         12           0   1.2 KiB        0 B  "
            "/websocket  planning-2026  drain\n");
}

TEST(WidthsTest, ExplainWrapsFacts) {
  EXPECT_EQ(Denied(80),
            "verdict         403 denied: via_not_cloudfront\n"
            "viewer address  203.0.113.7\n"
            "edge address    -\n"
            "secret          -\n"
            "\n"
            "CHECK         RESULT  REASON              FACTS\n"
            "trusted_peer  passed  -                   peer 10.0.8.12 is in 10.0.0.0/8\n"
            "via           denied  via_not_cloudfront  last hop \"1.1 proxy.example.net\n"
            "                                          (squid)\" does not name cloudfront.net\n");
  EXPECT_EQ(Denied(120),
            "verdict         403 denied: via_not_cloudfront\n"
            "viewer address  203.0.113.7\n"
            "edge address    -\n"
            "secret          -\n"
            "\n"
            "CHECK         RESULT  REASON              FACTS\n"
            "trusted_peer  passed  -                   peer 10.0.8.12 is in 10.0.0.0/8\n"
            "via           denied  via_not_cloudfront  last hop \"1.1 proxy.example.net (squid)\" does not name "
            "cloudfront.net\n");
  EXPECT_EQ(Denied(200),
            "verdict         403 denied: via_not_cloudfront\n"
            "viewer address  203.0.113.7\n"
            "edge address    -\n"
            "secret          -\n"
            "\n"
            "CHECK         RESULT  REASON              FACTS\n"
            "trusted_peer  passed  -                   peer 10.0.8.12 is in 10.0.0.0/8\n"
            "via           denied  via_not_cloudfront  last hop \"1.1 proxy.example.net (squid)\" does not name "
            "cloudfront.net\n");
}

TEST(WidthsTest, TheLadderKeepsTheFix) {
  EXPECT_EQ(Ladder(80),
            "STATE  RUNG\n"
            "ok     keep_alive_over_alb_idle\n"
            "    MUST-BE-SHORTER  environment.alb_idle_timeout 1m0s\n"
            "    THAN             timeouts.keep_alive_timeout 1m15s\n"
            "wrong  drain_under_stop_timeout\n"
            "    MUST-BE-SHORTER  drain.timeout 40s\n"
            "    THAN             environment.ecs_stop_timeout 30s\n"
            "    FIX              lower drain.timeout to at most 28s, or raise the task\n"
            "                     definition's stopTimeout above 42s\n");
  EXPECT_EQ(Ladder(120),
            "STATE  RUNG                      MUST-BE-SHORTER                    THAN\n"
            "ok     keep_alive_over_alb_idle  environment.alb_idle_timeout 1m0s  timeouts.keep_alive_timeout 1m15s\n"
            "wrong  drain_under_stop_timeout  drain.timeout 40s                  environment.ecs_stop_timeout 30s\n"
            "    FIX  lower drain.timeout to at most 28s, or raise the task definition's stopTimeout above 42s\n");
  EXPECT_EQ(
      Ladder(200),
      "STATE  RUNG                      MUST-BE-SHORTER                    THAN                               FIX\n"
      "ok     keep_alive_over_alb_idle  environment.alb_idle_timeout 1m0s  timeouts.keep_alive_timeout 1m15s  -\n"
      "wrong  drain_under_stop_timeout  drain.timeout 40s                  environment.ecs_stop_timeout 30s   lower "
      "drain.timeout to at most 28s, or raise the task definition's stopTimeout above 42s\n");
}

}  // namespace
}  // namespace viaduct::ctl
