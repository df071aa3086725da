#include "ctl/output/json.h"

#include <gtest/gtest.h>

#include <string>

#include "api/admin/v1/chat_admin.pb.h"

namespace viaduct::ctl {
namespace {

TEST(JsonTest, NamesAreTheProtosAndDefaultsAreIncluded) {
  admin::v1::BroadcastResponse response;
  EXPECT_EQ(*ToJson(response), R"({"recipient_count":0,"unanswered":[]})");
  EXPECT_EQ(*ToJson(admin::v1::SendMessageResponse()), "{}");
}

TEST(JsonTest, NumbersOf64BitsTimesAndMapsFollowProtobufsMapping) {
  admin::v1::GetStatsResponse stats;
  stats.mutable_start_time()->set_seconds(1'793'695'545);
  stats.mutable_uptime()->set_seconds(90);
  stats.set_connections_open(12);
  (*stats.mutable_closes())[1006] = 3;
  stats.set_version("0.1.0");
  EXPECT_EQ(*ToJson(stats),
            R"({"connections_open":"12","connections_total":"0","messages_received":"0","messages_delivered":"0",)"
            R"("bytes_received":"0","bytes_delivered":"0","slow_consumers":"0","closes":{"1006":"3"},)"
            R"("version":"0.1.0","draining":false,"closes_pending":"0","rooms_open":"0","rooms":[],"tasks":[],)"
            R"("unanswered":[],"start_time":"2026-11-03T08:45:45Z","uptime":"90s"})");
}

TEST(JsonTest, TerminalCommandsAreEscaped) {
  admin::v1::Connection connection;
  connection.set_user_agent("\x1b[2J\n\u202E\u009B");
  EXPECT_NE(ToJson(connection)->find(R"("user_agent":"\u001b[2J\n\u202e\u009b")"), std::string::npos)
      << *ToJson(connection);
}

TEST(JsonTest, AnImpossibleTimeIsAnErrorAndNoCrash) {
  admin::v1::Connection connection;
  connection.mutable_connect_time()->set_seconds(400'000'000'000);
  EXPECT_TRUE(absl::IsDataLoss(ToJson(connection).status()));
}

}  // namespace
}  // namespace viaduct::ctl
