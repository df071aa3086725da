#include "ctl/output/json.h"

#include <gtest/gtest.h>

#include <string>

#include "api/admin/v1/chat_admin.pb.h"
#include "ctl/output/yaml.h"

namespace viaduct::ctl {
namespace {

std::string JsonOf(const google::protobuf::Message& message) { return ToJson(*ValueOf(message)); }

admin::v1::GetStatsResponse SomeStats() {
  admin::v1::GetStatsResponse stats;
  stats.mutable_start_time()->set_seconds(1'793'695'545);
  stats.mutable_uptime()->set_seconds(90);
  stats.set_connections_open(12);
  (*stats.mutable_closes())[1006] = 3;
  (*stats.mutable_closes())[1000] = 1;
  stats.set_version("0.1.0");
  admin::v1::GetStatsResponse::RoomStats& room = *stats.add_rooms();
  room.set_room("yes");
  room.set_client_count(2);
  stats.add_tasks("a");
  return stats;
}

TEST(JsonTest, NamesAreTheProtosAndDefaultsAreIncluded) {
  admin::v1::BroadcastResponse response;
  EXPECT_EQ(JsonOf(response), R"({"recipient_count":0,"unanswered":[]})");
  EXPECT_EQ(JsonOf(admin::v1::SendMessageResponse()), "{}");
}

TEST(JsonTest, FieldsStandInTheProtosOrderAndNumbersAreNumbers) {
  EXPECT_EQ(JsonOf(SomeStats()),
            R"({"start_time":"2026-11-03T08:45:45Z","uptime":"90s","connections_open":12,"connections_total":0,)"
            R"("messages_received":0,"messages_delivered":0,"bytes_received":0,"bytes_delivered":0,"slow_consumers":0,)"
            R"("closes":{"1000":1,"1006":3},"version":"0.1.0","draining":false,"closes_pending":0,"rooms_open":0,)"
            R"("rooms":[{"room":"yes","client_count":2}],"tasks":["a"],"unanswered":[]})");
}

TEST(JsonTest, NumbersThatADoubleWouldRoundAreStrings) {
  admin::v1::Connection connection;
  connection.set_queued_bytes(9'007'199'254'740'991);
  connection.set_bytes_sent(9'007'199'254'740'992);
  connection.set_bytes_received(-9'007'199'254'740'992);
  const std::string json = JsonOf(connection);
  EXPECT_NE(json.find(R"("queued_bytes":9007199254740991,)"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("bytes_sent":"9007199254740992")"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("bytes_received":"-9007199254740992")"), std::string::npos) << json;
}

TEST(JsonTest, WhatIsNotSetIsLeftOutAndEnumsAreNames) {
  admin::v1::WatchEventsResponse update;
  update.set_dropped(42);
  EXPECT_EQ(JsonOf(update), R"({"dropped":42})");
  update.mutable_event()->set_kind(admin::v1::Event::DISCONNECTED);
  EXPECT_NE(JsonOf(update).find(R"("kind":"DISCONNECTED")"), std::string::npos);
}

TEST(JsonTest, TerminalCommandsAreEscaped) {
  admin::v1::Connection connection;
  connection.set_user_agent("\x1b[2J\n\"\\\u202E\u009B\U000E0041é");
  const std::string json = JsonOf(connection);
  EXPECT_NE(json.find(R"("user_agent":"\u001b[2J\n\"\\\u202e\u009b\udb40\udc41é")"), std::string::npos) << json;
}

TEST(JsonTest, AnImpossibleTimeIsAnErrorAndNoCrash) {
  admin::v1::Connection connection;
  connection.mutable_connect_time()->set_seconds(400'000'000'000);
  EXPECT_TRUE(absl::IsDataLoss(ValueOf(connection).status()));
}

TEST(YamlTest, StringsAreQuotedAndNumbersAreNot) {
  EXPECT_EQ(ToYaml(*ValueOf(SomeStats())),
            "start_time: \"2026-11-03T08:45:45Z\"\n"
            "uptime: \"90s\"\n"
            "connections_open: 12\n"
            "connections_total: 0\n"
            "messages_received: 0\n"
            "messages_delivered: 0\n"
            "bytes_received: 0\n"
            "bytes_delivered: 0\n"
            "slow_consumers: 0\n"
            "closes:\n"
            "  \"1000\": 1\n"
            "  \"1006\": 3\n"
            "version: \"0.1.0\"\n"
            "draining: false\n"
            "closes_pending: 0\n"
            "rooms_open: 0\n"
            "rooms:\n"
            "  - room: \"yes\"\n"
            "    client_count: 2\n"
            "tasks:\n"
            "  - \"a\"\n"
            "unanswered: []\n");
  EXPECT_EQ(ToYaml(*ValueOf(admin::v1::SendMessageResponse())), "{}\n");
  Value list{.kind = Value::Kind::kList};
  list.items = {Value::Object({{"n", Value::Number(1)}, {"b", Value::Bool(true)}}), Value::Object({})};
  EXPECT_EQ(ToYaml(list), "- \"n\": 1\n  b: true\n- {}\n");
}

}  // namespace
}  // namespace viaduct::ctl
