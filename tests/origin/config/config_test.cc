#include "origin/config/config.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "net/worker_pool.h"
#include "websocket/inflater.h"

namespace viaduct::origin {
namespace {

origin::v1::OriginConfig Proto(const std::string& text) {
  origin::v1::OriginConfig proto;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &proto)) << text;
  return proto;
}

absl::StatusOr<OriginConfig> Create(const std::string& text) {
  origin::v1::OriginConfig proto = Proto(text);
  return OriginConfig::Create(&proto);
}

std::string ErrorOf(const std::string& text) {
  const auto config = Create(text);
  return config.ok() ? "" : std::string(config.status().message());
}

TEST(OriginConfigTest, EveryDefaultIsAsTheSchemaSays) {
  const auto config = Create("listen: '127.0.0.1:0'");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->listen.ToString(), "127.0.0.1:0");
  EXPECT_EQ(config->ops_listen.ToString(), "127.0.0.1:9082");
  EXPECT_EQ(config->workers, net::UsableCpus());
  EXPECT_EQ(config->max_message_bytes, 31744u);
  EXPECT_EQ(config->max_fragments, 4096u);
  EXPECT_EQ(config->max_outbound_bytes, 4194304u);
  EXPECT_EQ(config->max_connections, 20000);
  EXPECT_EQ(config->request_head_timeout, std::chrono::seconds(10));
  EXPECT_EQ(config->keep_alive_timeout, std::chrono::seconds(10));
  EXPECT_EQ(config->close_timeout, std::chrono::seconds(5));
  EXPECT_EQ(config->message_timeout, std::chrono::seconds(30));
  EXPECT_EQ(config->drain_timeout, std::chrono::seconds(10));
  EXPECT_FALSE(config->admin.unix_socket.has_value());
  EXPECT_FALSE(config->admin.tcp.has_value());
}

TEST(OriginConfigTest, EveryFieldIsTaken) {
  const auto config = Create(R"pb(
    listen: "unix:/tmp/chat.sock"
    ops_listen: "[::1]:9000"
    workers: 3
    limits { max_message_bytes: 1000 max_fragments: 7 max_outbound_bytes: 5000 max_connections: 9 }
    timeouts {
      request_head_timeout { seconds: 1 }
      keep_alive_timeout { nanos: 250000000 }
      close_timeout { seconds: 2 }
      message_timeout { seconds: 3 }
      drain_timeout { seconds: 86400 }
    }
    admin { unix_socket: "/tmp/admin.sock" }
  )pb");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->listen.ToString(), "unix:/tmp/chat.sock");
  EXPECT_EQ(config->ops_listen.ToString(), "[::1]:9000");
  EXPECT_EQ(config->workers, 3);
  EXPECT_EQ(config->max_message_bytes, 1000u);
  EXPECT_EQ(config->max_fragments, 7u);
  EXPECT_EQ(config->max_outbound_bytes, 5000u);
  EXPECT_EQ(config->max_connections, 9);
  EXPECT_EQ(config->request_head_timeout, std::chrono::seconds(1));
  EXPECT_EQ(config->keep_alive_timeout, std::chrono::milliseconds(250));
  EXPECT_EQ(config->close_timeout, std::chrono::seconds(2));
  EXPECT_EQ(config->message_timeout, std::chrono::seconds(3));
  EXPECT_EQ(config->drain_timeout, std::chrono::hours(24));
  EXPECT_EQ(config->admin.unix_socket->path(), "/tmp/admin.sock");
}

TEST(OriginConfigTest, TheOutboundDefaultFollowsTheMessageLimit) {
  const auto config = Create("listen: '127.0.0.1:0' limits { max_message_bytes: 67108864 }");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->max_outbound_bytes, 134217728u);
}

TEST(OriginConfigTest, TheBrokerFollowsTheLimitsAndTheHistory) {
  EXPECT_FALSE(Create("listen: '127.0.0.1:0'")->redis.has_value());
  const auto config = Create(
      "listen: '127.0.0.1:0' limits { max_message_bytes: 67108864 } history { max_messages: 10 max_age { seconds: 9 } }"
      "broker { redis { address: 'cache:6379' required: true } }");
  ASSERT_TRUE(config.ok()) << config.status();
  ASSERT_TRUE(config->redis.has_value());
  EXPECT_EQ(config->redis->outbox_bytes, 134217728u);
  EXPECT_EQ(config->redis->endpoint.max_reply_bytes, 134217728u);
  EXPECT_EQ(config->redis->history_messages, 10u);
  EXPECT_EQ(config->redis->stream_messages, 1000u);  // enough to fill holes with
  EXPECT_EQ(config->redis->history_age, std::chrono::seconds(9));
  EXPECT_TRUE(config->redis_required);
}

struct Row {
  std::string text;
  std::string error;
};

TEST(OriginConfigTest, EachErrorNamesFieldValueAndRule) {
  const std::string at = "listen: '127.0.0.1:0' ";
  for (const Row& row : std::vector<Row>{
           {"", "listen: required"},
           {"listen: 'localhost:80'",
            "listen: \"localhost:80\": \"localhost\" is a name, and names are not resolved; write an IP address, here "
            "\"127.0.0.1:80\""},
           {at + "ops_listen: '9082'",
            "ops_listen: \"9082\": is a port without an address, such as \"0.0.0.0:\" before it"},
           {"listen: '127.0.0.1:9082'",
            "ops_listen: \"127.0.0.1:9082\": listen is \"127.0.0.1:9082\", and each needs an address of its own"},
           {at + "ops_listen: 'unix:/x'", "ops_listen: \"unix:/x\": must be a TCP address"},
           {at + "workers: 257", "workers: \"257\": must be 1 to 256"},
           {at + "limits { max_message_bytes: 67108865 }",
            "limits.max_message_bytes: \"67108865\": must be 1 to 67108864"},
           {at + "limits { max_outbound_bytes: 63487 }",
            "limits.max_outbound_bytes: \"63487\": must be at least 63488, twice max_message_bytes"},
           {at + "limits { max_fragments: 1048577 }", "limits.max_fragments: \"1048577\": must be 1 to 1048576"},
           {at + "limits { max_connections: 10000001 }", "limits.max_connections: \"10000001\": must be 1 to 10000000"},
           {at + "limits { max_connections: 0 }", "limits.max_connections: \"0\": must be 1 to 10000000"},
           {at + "limits { max_message_bytes: 0 }", "limits.max_message_bytes: \"0\": must be 1 to 67108864"},
           {at + "history { max_all_bytes: 0 }", "history.max_all_bytes: \"0\": must be at least 1"},
           {at + "limits { max_rooms: 1000001 }", "limits.max_rooms: \"1000001\": must be 1 to 1000000"},
           {at + "limits { max_message_rate: 1000001 }",
            "limits.max_message_rate: \"1000001\": must be at most 1000000"},
           {at + "limits { max_message_rate: 0 message_burst: 5 }",
            "limits.message_burst: \"5\": needs limits.max_message_rate"},
           {at + "limits { max_byte_rate: 0 byte_burst: 5 }", "limits.byte_burst: \"5\": needs limits.max_byte_rate"},
           {at + "broker { redis { address: '127.0.0.1:9082' } }",
            "broker.redis.address: \"127.0.0.1:9082\": leads back to this program, whose ops_listen is "
            "\"127.0.0.1:9082\""},
           {at + "broker { redis {} }", "broker.redis.address: required"},
           {at + "limits { max_message_bytes: 1048576 } broker { redis { address: 'c:1' max_outbox_bytes: 2000000 } }",
            "broker.redis.max_outbox_bytes: \"2000000\": must be at least 2097152, twice limits.max_message_bytes"},
           {at + "history { max_messages: 1000001 }", "history.max_messages: \"1000001\": must be at most 1000000"},
           {at + "history { max_bytes: 1048577 }",
            "history.max_bytes: \"1048577\": must be at most 1048576, a quarter of limits.max_outbound_bytes"},
           {at + "history { max_age {} }", "history.max_age: must be longer than 0s"},
           {at + "history { max_all_bytes: 1000 }",
            "history.max_all_bytes: \"1000\": must be at least 1048576, history.max_bytes"},
           {at + "timeouts { close_timeout {} }", "timeouts.close_timeout: must be longer than 0s"},
           {at + "timeouts { message_timeout { seconds: -1 } }", "timeouts.message_timeout: must be longer than 0s"},
           {at + "timeouts { keep_alive_timeout { seconds: 86401 } }",
            "timeouts.keep_alive_timeout: \"24h1s\": must be at most 24h"},
           {at + "timeouts { drain_timeout { seconds: 315576000000 } }",
            "timeouts.drain_timeout: \"2562047h47m16s854ms775us807ns\": must be at most 24h"},
           {at + "admin { unix_socket: '" + std::string(108, 'a') + "' }",
            "admin.unix_socket: \"unix:" + std::string(108, 'a') +
                "\": the path of a Unix socket has at most 107 bytes"},
       }) {
    EXPECT_EQ(ErrorOf(row.text), row.error);
  }
}

TEST(OriginConfigTest, WhatIsKeptAndHowFastOneMaySendHaveDefaults) {
  const auto config = Create("listen: '127.0.0.1:5'");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->max_rooms, 10000u);
  EXPECT_EQ(config->max_room_clients, 20000);
  EXPECT_EQ(config->max_connections_per_viewer, 10000);
  EXPECT_EQ(config->max_rooms_per_viewer, 2500);
  EXPECT_EQ(config->max_message_rate, 30);
  EXPECT_EQ(config->message_burst, 120);
  EXPECT_EQ(config->max_byte_rate, 65536);
  EXPECT_EQ(config->byte_burst, 262144);
  EXPECT_EQ(config->history.max_messages, 1000u);
  EXPECT_EQ(config->history.max_bytes, 1u << 20);
  EXPECT_EQ(config->history.max_age, std::chrono::minutes(10));
  EXPECT_EQ(config->max_all_history_bytes, 64u << 20);

  const auto given = Create(
      "listen: '127.0.0.1:5' history { max_messages: 0 } limits { max_connections: 7 max_message_rate: 3 "
      "max_rooms_per_viewer: 0 "
      "max_message_bytes: 1000 max_outbound_bytes: 4000 }");
  ASSERT_TRUE(given.ok()) << given.status();
  EXPECT_EQ(given->history.max_messages, 0u);
  EXPECT_EQ(given->history.max_bytes, 1000u);
  EXPECT_EQ(given->max_room_clients, 7);
  EXPECT_EQ(given->max_connections_per_viewer, 100);
  EXPECT_EQ(given->max_rooms_per_viewer, 0);
  EXPECT_EQ(given->message_burst, 12);
}

TEST(OriginConfigTest, DefaultsAreWrittenIntoTheProtoAndGiveTheSameAgain) {
  origin::v1::OriginConfig full = Proto("listen: '127.0.0.1:5' limits { max_fragments: 9 }");
  ASSERT_TRUE(OriginConfig::Create(&full).ok());
  EXPECT_EQ(full.limits().max_fragments(), 9u);
  EXPECT_EQ(full.timeouts().message_timeout().seconds(), 30);
  origin::v1::OriginConfig again = full;
  ASSERT_TRUE(OriginConfig::Create(&again).ok());
  EXPECT_EQ(again.SerializeAsString(), full.SerializeAsString());
}

TEST(OriginConfigTest, CompressionIsOffAndItsWindowFitsTheMemory) {
  const auto off = Create("listen: '127.0.0.1:0'");
  ASSERT_TRUE(off.ok()) << off.status();
  EXPECT_FALSE(off->compression.enabled);
  EXPECT_EQ(off->compression.policy.server_window_bits, 15);
  EXPECT_EQ(off->compression.policy.client_context, websocket::DeflateContext::kNone);
  EXPECT_EQ(off->compression.min_message_bytes, 256u);

  const auto on = Create(R"pb(
    listen: "127.0.0.1:0"
    compression {
      enabled: true
      server_max_window_bits: 11
      client_context_takeover: true
      session_memory_bytes: 16000
      min_message_bytes: 1
    }
  )pb");
  ASSERT_TRUE(on.ok()) << on.status();
  EXPECT_TRUE(on->compression.enabled);
  EXPECT_EQ(on->compression.policy.server_window_bits, 11);
  EXPECT_EQ(on->compression.policy.client_context, websocket::DeflateContext::kTakenOver);
  EXPECT_EQ(on->compression.policy.client_window_bits, 12);
  EXPECT_EQ(on->compression.min_message_bytes, 1u);

  const auto largest = Create("listen: '127.0.0.1:0' compression { client_context_takeover: true }");
  ASSERT_TRUE(largest.ok()) << largest.status();
  EXPECT_EQ(largest->compression.policy.client_window_bits, 15);
}

TEST(OriginConfigTest, WrongCompressionIsNamed) {
  EXPECT_EQ(ErrorOf("listen: '127.0.0.1:0' compression { server_max_window_bits: 8 }"),
            "compression.server_max_window_bits: \"8\": must be 9 to 15");
  EXPECT_EQ(ErrorOf("listen: '127.0.0.1:0' compression { server_max_window_bits: 16 }"),
            "compression.server_max_window_bits: \"16\": must be 9 to 15");
  EXPECT_EQ(ErrorOf("listen: '127.0.0.1:0' compression { client_context_takeover: true session_memory_bytes: 8703 }"),
            "compression.session_memory_bytes: \"8703\": must be at least 8704, the smallest context");
}

}  // namespace
}  // namespace viaduct::origin
