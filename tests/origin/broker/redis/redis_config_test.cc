#include "origin/broker/redis/redis_config.h"

#include <google/protobuf/text_format.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <string>

#include "ops/config/field_rules.h"
#include "tests/support/test_certificates.h"

namespace viaduct::origin {
namespace {

absl::StatusOr<RedisBrokerSettings> Read(const std::string& text) {
  origin::v1::Redis proto;
  EXPECT_TRUE(google::protobuf::TextFormat::ParseFromString(text, &proto)) << text;
  if (absl::Status status = ops::ApplyFieldRules("broker.redis", &proto); !status.ok()) return status;
  return ReadRedisConfig(&proto);
}

std::string File(const std::string& name, const std::string& content) {
  const std::string path = testing::TempDir() + "/" + name;
  std::ofstream(path) << content;
  return path;
}

TEST(RedisConfigTest, AnAddressIsEnough) {
  const auto settings = Read("address: 'cache.example.com:6380'");
  ASSERT_TRUE(settings.ok()) << settings.status();
  EXPECT_EQ(settings->endpoint.host, "cache.example.com");
  EXPECT_EQ(settings->endpoint.port, 6380);
  EXPECT_EQ(settings->endpoint.tls, nullptr);
  EXPECT_EQ(settings->endpoint.password, "");
  EXPECT_EQ(settings->endpoint.command_timeout, std::chrono::seconds(2));
  EXPECT_EQ(settings->key_prefix, "viaduct");
  for (const std::string address : {"10.0.0.5:6379", "[::1]:6379", "unix:/run/redis.sock", "cache:1"}) {
    const auto other = Read("address: '" + address + "'");
    ASSERT_TRUE(other.ok()) << other.status();
    EXPECT_EQ(other->endpoint.ToString(), address);
  }
}

TEST(RedisConfigTest, ReadsThePasswordFromAFileOrAVariable) {
  const std::string path = File("password", "s3cret\n");
  const auto from_file = Read("address: 'c:1' username: 'chat' password_file: '" + path + "'");
  ASSERT_TRUE(from_file.ok()) << from_file.status();
  EXPECT_EQ(from_file->endpoint.password, "s3cret");
  EXPECT_EQ(from_file->endpoint.username, "chat");
  ::setenv("REDIS_PASSWORD", "other", 1);
  EXPECT_EQ(Read("address: 'c:1' password_env: 'REDIS_PASSWORD'")->endpoint.password, "other");
}

TEST(RedisConfigTest, SpeaksTlsWithTheHostOfTheAddressOrWhoIsNamed) {
  const std::string authority = File("ca.pem", TestAuthority("ca").certificate());
  for (const std::string more : {"", " server_name: 'redis.internal'"}) {
    const auto settings = Read("address: '127.0.0.1:6379' tls: true ca_file: '" + authority + "'" + more);
    ASSERT_TRUE(settings.ok()) << settings.status();
    EXPECT_NE(settings->endpoint.tls, nullptr);
  }
}

TEST(RedisConfigTest, SaysWhichFieldBreaksWhichRule) {
  const std::string junk = File("junk.pem", "junk");
  const std::string empty = File("empty", "\n");
  const std::string address_rule = "must be \"HOST:PORT\", \"[IPV6]:PORT\" or \"unix:PATH\"";
  const struct {
    std::string text;
    std::string error;
  } kRows[] = {
      {"", "address: required"},
      {"address: 'redis'", "address: " + address_rule},
      {"address: 're dis:1'", "address: " + address_rule},
      {"address: ':1'", "address: " + address_rule},
      {"address: 'c:65536'", "address: " + address_rule},
      {"address: 'c:0'", "address: the port must be above 0"},
      {"address: 'redis://:s3cret'", "address: is a URL; write \"HOST:PORT\", and use tls, username and password_file"},
      {"address: 'c:1' ca_file: 'x'", "ca_file: needs tls: true"},
      {"address: 'c:1' tls: true ca_file: 's3cret'", "ca_file: cannot be read: No such file or directory"},
      {"address: 'c:1' server_name: 'x'", "server_name: needs tls: true"},
      {"address: 'unix:/x' tls: true", "tls: not over a Unix socket"},
      {"address: 'c:1' tls: true ca_file: '" + junk + "'",
       "ca_file: \"" + junk + "\": is not a list of PEM certificates"},
      {"address: 'c:1' username: 'u'", "username: needs a password"},
      {"address: 'c:1' password_file: 'a' password_env: 'b'", "password_env: not together with password_file"},
      {"address: 'c:1' password_env: 'NO_SUCH'", "password_env: no such variable is set in the environment"},
      {"address: 'c:1' password_file: '" + empty + "'", "password_file: \"" + empty + "\": contains no password"},
      {"address: 'c:1' database: 65536", "database: \"65536\": must be at most 65535"},
      {"address: 'c:1' key_prefix: 'a{b}'", "key_prefix: \"a{b}\": must be 1 to 64 of [A-Za-z0-9._-]"},
      {"address: 'c:1' command_timeout { nanos: 49000000 }", "command_timeout: \"49ms\": must be 50ms to 1h"},
      {"address: 'c:1' command_timeout { seconds: 3601 }", "command_timeout: \"1h1s\": must be 50ms to 1h"},
      {"address: 'c:1' back_off_last { nanos: 99000000 }",
       "back_off_last: \"99ms\": must be at least 100ms, back_off_first"},
      {"address: 'c:1' presence_ttl { nanos: 1 }", "presence_ttl: \"1ns\": must be 1s to 1h"},
      {"address: 'c:1' max_outbox_bytes: 1048575", "max_outbox_bytes: \"1048575\": must be at least 1048576"},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(std::string(Read(row.text).status().message()), "broker.redis." + row.error) << row.text;
  }
}

TEST(RedisConfigTest, CredentialsCanBeLeftUnread) {
  origin::v1::Redis proto;
  proto.set_address("c:1");
  proto.set_tls(true);
  proto.set_ca_file("/no/such/file");
  proto.set_password_env("NO_SUCH");
  ASSERT_TRUE(ops::ApplyFieldRules("broker.redis", &proto).ok());
  EXPECT_TRUE(ReadRedisConfig(&proto, ops::Credentials::kLeft).ok());
  EXPECT_FALSE(ReadRedisConfig(&proto).ok());
}

TEST(RedisConfigTest, TheServersNameIsWrittenOutWithTls) {
  origin::v1::Redis proto;
  proto.set_address("127.0.0.1:6379");
  ASSERT_TRUE(ops::ApplyFieldRules("broker.redis", &proto).ok());
  ASSERT_TRUE(ReadRedisConfig(&proto).ok());
  EXPECT_EQ(proto.server_name(), "");
  EXPECT_EQ(proto.key_prefix(), "viaduct");
  EXPECT_EQ(proto.command_timeout().seconds(), 2);
  EXPECT_EQ(proto.max_outbox_bytes(), 67108864u);
  proto.set_tls(true);
  ASSERT_TRUE(ReadRedisConfig(&proto).ok());
  EXPECT_EQ(proto.server_name(), "127.0.0.1");
}

}  // namespace
}  // namespace viaduct::origin
