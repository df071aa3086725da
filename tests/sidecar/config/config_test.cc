#include "sidecar/config/config.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "ops/config/config_file.h"
#include "tests/support/test_certificates.h"

namespace viaduct::sidecar {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr char kLeast[] =
    "listen: 0.0.0.0:8080\n"
    "vpc_origin: {mode: ALB, trusted_peers: [10.0.0.0/8]}\n"
    "upstream: {address: '127.0.0.1:8082'}\n";

absl::StatusOr<SidecarConfig> Create(const std::string& yaml, sidecar::v1::SidecarConfig* proto) {
  const absl::StatusOr<ops::ConfigFile> file = ops::ConfigFile::Parse("c.yaml", yaml, proto);
  if (!file.ok()) return file.status();
  absl::StatusOr<SidecarConfig> config = SidecarConfig::Create(proto);
  if (!config.ok()) return file->Locate(config.status());
  return config;
}

std::string ErrorOf(const std::string& yaml) {
  sidecar::v1::SidecarConfig proto;
  return std::string(Create(yaml, &proto).status().message());
}

// With files that are there.
std::string ListenerTlsYaml() {
  const TestIdentity identity = TestAuthority("ca").Issue("sidecar");
  const std::string certificate = testing::TempDir() + "/config_certificate";
  const std::string key = testing::TempDir() + "/config_key";
  std::ofstream(certificate) << identity.certificate;
  std::ofstream(key) << identity.private_key;
  return "listener_tls: {certificate_file: " + certificate + ", private_key_file: " + key + "}\n";
}

TEST(SidecarConfigTest, TheLeastConfigHasEveryDefault) {
  sidecar::v1::SidecarConfig proto;
  const absl::StatusOr<SidecarConfig> config = Create(kLeast, &proto);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->listen.ToString(), "0.0.0.0:8080");
  EXPECT_EQ(config->ops_listen.ToString(), "127.0.0.1:9081");
  EXPECT_GE(config->workers, 1);
  EXPECT_TRUE(config->policy->TrustsPeer(*ip::IpAddress::Parse("10.1.2.3")));
  ASSERT_EQ(config->routes.upstreams().size(), 1u);
  const Upstream& upstream = config->routes.upstreams()[0];
  EXPECT_EQ(upstream.name, "127.0.0.1:8082");
  EXPECT_EQ(upstream.connect_timeout, seconds(1));
  EXPECT_EQ(upstream.max_idle_connections, 32u);
  EXPECT_EQ(upstream.idle_timeout, seconds(4));
  EXPECT_EQ(config->health_path, "/healthz");
  EXPECT_EQ(config->head_limits.max_head_bytes, 32768u);
  EXPECT_EQ(config->head_limits.max_target_bytes, 8192u);
  EXPECT_EQ(config->head_limits.max_fields, 200u);
  EXPECT_EQ(config->max_sessions, 20000);
  EXPECT_EQ(config->max_tunnels_per_viewer, 10000);
  EXPECT_EQ(config->max_requests_per_viewer, 5000);
  EXPECT_EQ(config->max_control_frames_per_second, 0u);
  EXPECT_EQ(config->min_body_rate, 100u);
  EXPECT_EQ(config->request_head_timeout, seconds(10));
  EXPECT_EQ(config->keep_alive_timeout, seconds(65));
  EXPECT_EQ(config->timeouts.response_timeout, seconds(28));
  EXPECT_EQ(config->timeouts.body_timeout, seconds(60));
  EXPECT_EQ(config->timeouts.upgrade_timeout, seconds(10));
  EXPECT_EQ(config->timeouts.idle_timeout, std::nullopt);
  EXPECT_EQ(config->ping_interval, seconds(25));
  EXPECT_EQ(config->pong_timeout, seconds(20));
  EXPECT_EQ(config->max_unanswered_pings, 3u);
  EXPECT_EQ(config->accept_window, seconds(2));
  EXPECT_EQ(config->drain_spread, seconds(5));
  EXPECT_EQ(config->close_wait, seconds(5));
  EXPECT_EQ(config->drain_timeout, seconds(25));
  EXPECT_EQ(config->drain_close_code, 1012);
}

TEST(SidecarConfigTest, DefaultsAreWrittenIntoTheProtoAndGiveTheSameAgain) {
  sidecar::v1::SidecarConfig proto;
  ASSERT_TRUE(Create(kLeast + ListenerTlsYaml(), &proto).ok());
  EXPECT_EQ(proto.listener_tls().handshake_timeout().seconds(), 5);
  EXPECT_EQ(proto.upstream().health().timeout().seconds(), 1);
  EXPECT_EQ(proto.environment().deregistration_delay().seconds(), 300);
  EXPECT_TRUE(proto.has_strict_ladder());
  sidecar::v1::SidecarConfig again = proto;
  ASSERT_TRUE(SidecarConfig::Create(&again).ok());
  EXPECT_EQ(again.SerializeAsString(), proto.SerializeAsString());
}

TEST(SidecarConfigTest, EverythingCanBeSet) {
  sidecar::v1::SidecarConfig proto;
  const absl::StatusOr<SidecarConfig> config = Create(R"(
listen: "[::1]:80"
ops_listen: 127.0.0.1:0
workers: 3
vpc_origin: {mode: ALB, trusted_peers: [10.0.0.0/8]}
upstream: {address: "unix:/run/chat.sock", connect_timeout: 2s, max_idle_connections: 0, idle_timeout: 3s}
health_path: /up
limits: {max_head_bytes: 65536, max_target_bytes: 65536, max_fields: 256, max_sessions: 7, max_tunnels_per_viewer: 0}
timeouts:
  request_head_timeout: 1ms
  keep_alive_timeout: 1s500ms
  response_timeout: 4s
  body_timeout: 5s
  upgrade_timeout: 6s
  idle_timeout: 10m
keepalive: {ping_interval: 0s, pong_timeout: 0s}
drain: {accept_window: 0s, spread: 0s, close_wait: 1s, timeout: 1s}
)",
                                                      &proto);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->listen.ToString(), "[::1]:80");
  EXPECT_EQ(config->ops_listen.port(), 0);
  EXPECT_EQ(config->workers, 3);
  ASSERT_EQ(config->routes.upstreams().size(), 1u);
  const Upstream& upstream = config->routes.upstreams()[0];
  EXPECT_EQ(upstream.name, "unix:/run/chat.sock");
  EXPECT_EQ(upstream.connect_timeout, seconds(2));
  EXPECT_EQ(upstream.max_idle_connections, 0u);
  EXPECT_EQ(upstream.idle_timeout, seconds(3));
  EXPECT_EQ(config->health_path, "/up");
  EXPECT_EQ(config->head_limits.max_head_bytes, 65536u);
  EXPECT_EQ(config->head_limits.max_target_bytes, 65536u);
  EXPECT_EQ(config->head_limits.max_fields, 256u);
  EXPECT_EQ(config->max_sessions, 7);
  EXPECT_EQ(config->max_tunnels_per_viewer, 0);
  EXPECT_EQ(config->max_requests_per_viewer, 100);
  EXPECT_EQ(config->request_head_timeout, milliseconds(1));
  EXPECT_EQ(config->keep_alive_timeout, milliseconds(1500));
  EXPECT_EQ(config->timeouts.response_timeout, seconds(4));
  EXPECT_EQ(config->timeouts.body_timeout, seconds(5));
  EXPECT_EQ(config->timeouts.upgrade_timeout, seconds(6));
  EXPECT_EQ(config->timeouts.idle_timeout, std::chrono::minutes(10));
  EXPECT_EQ(config->ping_interval, std::nullopt);
  EXPECT_EQ(config->pong_timeout, std::nullopt);
  EXPECT_EQ(config->accept_window, milliseconds(0));
  EXPECT_EQ(config->drain_spread, milliseconds(0));
  EXPECT_EQ(config->close_wait, seconds(1));
  EXPECT_EQ(config->drain_timeout, seconds(1));
}

TEST(SidecarConfigTest, AnErrorNamesPlaceFieldValueAndRule) {
  const std::string least(kLeast);
  const std::string no_listen = least.substr(least.find('\n') + 1);
  const struct {
    std::string yaml;
    const char* error;
  } kTable[] = {
      {"workers: 1\n", "c.yaml:1:1: listen: required"},
      {"listen: localhost:80\n",
       "c.yaml:1:9: listen: \"localhost:80\": \"localhost\" is a name, and names are not resolved; write an IP "
       "address, here \"127.0.0.1:80\""},
      {"listen: 0.0.0.0\n", "c.yaml:1:9: listen: \"0.0.0.0\": has no port; add one, such as \":8080\""},
      {"listen: 0.0.0.0:70000\n", "c.yaml:1:9: listen: \"0.0.0.0:70000\": the port must be a number from 0 to 65535"},
      {least + "ops_listen: 0.0.0.0:8080\n",
       "c.yaml:4:13: ops_listen: \"0.0.0.0:8080\": listen is \"0.0.0.0:8080\", and each needs an address of its own"},
      {"listen: unix:/x\n", "c.yaml:1:9: listen: \"unix:/x\": must be a TCP address"},
      {least + "ops_listen: x\n",
       "c.yaml:4:13: ops_listen: \"x\": must be \"ADDRESS:PORT\", \"[IPV6]:PORT\" or \"unix:PATH\""},
      {least + "ops_listen: unix:/x\n", "c.yaml:4:13: ops_listen: \"unix:/x\": must be a TCP address"},
      {least + "admin: {tcp: {listen: '10.0.0.1:1'}}\n",
       "c.yaml:4:9: admin.tcp: bearer_token_file or client_ca_file must be set: the admin API is never open"},
      {least + "workers: 1025\n", "c.yaml:4:10: workers: \"1025\": must be 1 to 1024"},
      {least + "workers: 0\n", "c.yaml:4:10: workers: \"0\": must be 1 to 1024"},
      {least + "limits: {max_sessions: 0}\n", "c.yaml:4:24: limits.max_sessions: \"0\": must be 1 to 10000000"},
      {least + "keepalive: {max_unanswered_pings: 0}\n",
       "c.yaml:4:35: keepalive.max_unanswered_pings: \"0\": must be 1 to 100"},
      {least + "drain: {close_code: 0}\n", "c.yaml:4:21: drain.close_code: \"0\": must be 1001 to 4999"},
      {least + "health_path: ''\n",
       "c.yaml:4:14: health_path: \"\": must begin with \"/\" and have no query or fragment"},
      {"listen: 0.0.0.0:80\nupstream: {address: '127.0.0.1:1'}\n", "c.yaml:1:1: vpc_origin: required"},
      {"listen: 0.0.0.0:80\nvpc_origin: {mode: ALB, trusted_peers: [10.0.0.0/8]}\n",
       "c.yaml:1:1: upstream.address: required"},
      {"listen: 0.0.0.0:80\nupstream: {address: '127.0.0.1:1'}\nvpc_origin: {trusted_peers: [10.0.0.0/8]}\n",
       "c.yaml:3:1: vpc_origin.mode: is required: ALB, NLB or DIRECT; it decides which bytes are believed"},
      {"listen: 0.0.0.0:80\nupstream: {address: '127.0.0.1:1'}\nvpc_origin: {mode: ALB}\n",
       "c.yaml:3:1: vpc_origin.trusted_peers: at least one prefix is required: the balancer's subnets"},
      {no_listen + "listen: 0.0.0.0:80\nhealth_path: up\n",
       "c.yaml:4:14: health_path: \"up\": must begin with \"/\" and have no query or fragment"},
      {least + "health_path: /up?x\n",
       "c.yaml:4:14: health_path: \"/up?x\": must begin with \"/\" and have no query or fragment"},
      {least + "limits: {max_head_bytes: 20479}\n",
       "c.yaml:4:26: limits.max_head_bytes: \"20479\": must be 20480 to 65536"},
      {least + "limits: {max_head_bytes: 65537}\n",
       "c.yaml:4:26: limits.max_head_bytes: \"65537\": must be 20480 to 65536"},
      {least + "drain: {close_code: 1005}\n",
       "c.yaml:4:21: drain.close_code: \"1005\": must be 1001, 1012 or 3000 to 4999"},
      {least + "keepalive: {max_unanswered_pings: 101}\n",
       "c.yaml:4:35: keepalive.max_unanswered_pings: \"101\": must be 1 to 100"},
      {least + "limits: {max_control_frames_per_second: 9}\n",
       "c.yaml:4:41: limits.max_control_frames_per_second: \"9\": must be 10 to 1000000"},
      {least + "limits: {max_target_bytes: 32769}\n",
       "c.yaml:4:28: limits.max_target_bytes: \"32769\": must be 1 to 32768"},
      {least + "limits: {max_fields: 257}\n", "c.yaml:4:22: limits.max_fields: \"257\": must be 1 to 256"},
      {least + "limits: {max_sessions: 10000001}\n",
       "c.yaml:4:24: limits.max_sessions: \"10000001\": must be 1 to 10000000"},
      {least + "drain: {accept_window: 10s, spread: 10s, close_wait: 10s, timeout: 29s}\n",
       "c.yaml:4:68: drain.timeout: must be at least accept_window + spread + close_wait, or tunnels are cut before "
       "their viewers could answer"},
      {least + "ecs: {metadata_uri: 'https://a/'}\n",
       "c.yaml:4:21: ecs.metadata_uri: \"https://a/\": must be http://ADDRESS[:PORT]/PATH"},
      {least + "ecs: {task_protection: {expires_after: 90s}}\n",
       "c.yaml:4:40: ecs.task_protection.expires_after: \"1m30s\": must be whole minutes"},
      {least + "ecs: {task_protection: {expires_after: 48h1m}}\n",
       "c.yaml:4:40: ecs.task_protection.expires_after: \"48h1m\": must be 1m to 48h"},
      {least + "ecs: {task_protection: {expires_after: 1m, renew_interval: 60s}}\n",
       "c.yaml:4:60: ecs.task_protection.renew_interval: must be shorter than expires_after"},
      {least + "routes: [{path_prefix: /a, upstream: {address: '0.0.0.0:8080'}}]\n",
       "c.yaml:4:48: routes[0].upstream.address: \"0.0.0.0:8080\": leads back to this program, whose listen is "
       "\"0.0.0.0:8080\""},
      {"listen: 0.0.0.0:80\nvpc_origin: {mode: ALB, trusted_peers: [10.0.0.0/8]}\nupstream: {address: "
       "'127.0.0.1:9081'}\n",
       "c.yaml:3:21: upstream.address: \"127.0.0.1:9081\": leads back to this program, whose ops_listen is "
       "\"127.0.0.1:9081\""},
      {"listen: 0.0.0.0:80\nvpc_origin: {mode: ALB, trusted_peers: [10.0.0.0/8]}\nupstream: {address: '127.0.0.1:0'}\n",
       "c.yaml:3:21: upstream.address: \"127.0.0.1:0\": the port must be a number from 1 to 65535"},
      {least + "timeouts: {idle_timeout: 8761h}\n",
       "c.yaml:4:26: timeouts.idle_timeout: \"8761h\": must be at most 8760h"},
      {least + "timeouts: {idle_timeout: 999us}\n",
       "c.yaml:4:26: timeouts.idle_timeout: \"999us\": must be at least 1ms"},
  };
  for (const auto& row : kTable) EXPECT_EQ(ErrorOf(row.yaml), row.error) << row.yaml;
}

TEST(SidecarConfigTest, TheEnforcementsInForceAreWrittenIntoTheMessage) {
  sidecar::v1::SidecarConfig proto;
  ASSERT_TRUE(Create(kLeast, &proto).ok());
  const filter::v1::VpcOrigin& origin = proto.vpc_origin();
  for (const filter::v1::Enforcement enforcement :
       {origin.trusted_peer(), origin.edge_range(), origin.via(), origin.cf_id(), origin.host(), origin.origin()}) {
    EXPECT_EQ(enforcement, filter::v1::ENFORCE);
  }
  EXPECT_EQ(origin.secret_enforcement(), filter::v1::ENFORCEMENT_UNSPECIFIED) << "there is no secret";
}

TEST(SidecarConfigTest, WithoutCredentialsOnlyTheRulesOfTheirFieldsAreChecked) {
  const std::string yaml =
      "listen: 0.0.0.0:8080\n"
      "upstream: {address: '127.0.0.1:8082'}\n"
      "listener_tls: {certificate_file: /no/certificate, private_key_file: /no/key}\n"
      "admin: {tcp: {listen: '127.0.0.1:0', bearer_token_file: /no/token}}\n"
      "vpc_origin:\n"
      "  mode: ALB\n"
      "  trusted_peers: [10.0.0.0/8]\n"
      "  secret: {sources: [{name: a, environment: NO_SUCH_VARIABLE}, {name: ";
  const auto error_of = [&](const std::string& rest) {
    sidecar::v1::SidecarConfig proto;
    const ops::ConfigFile file = ops::ConfigFile::Parse("c.yaml", yaml + rest, &proto).value();
    const absl::StatusOr<SidecarConfig> config =
        SidecarConfig::Create(&proto, ConfigReaders::Of(ops::Credentials::kLeft));
    return std::string(file.Locate(config.status()).message());
  };
  EXPECT_EQ(error_of("b, file: /no/secret}]}\n"), "");
  EXPECT_EQ(error_of("a, file: /no/secret}]}\n"),
            "c.yaml:8:12: vpc_origin.secret.sources: \"a\": is the name of two values");
  EXPECT_EQ(error_of("b}]}\n"), "c.yaml:8:64: vpc_origin.secret.sources[1].file: is required, or environment");
}

TEST(SidecarConfigTest, AStrictLadderMakesAWrongRungAnErrorAtTheFieldAtFault) {
  const std::string wrong = std::string(kLeast) + "timeouts: {keep_alive_timeout: 60s}\n";
  EXPECT_EQ(ErrorOf(wrong), "");
  EXPECT_EQ(ErrorOf(wrong + "strict_ladder: false\n"), "");
  EXPECT_EQ(ErrorOf(wrong + "strict_ladder: true\n"),
            "c.yaml:4:32: timeouts.keep_alive_timeout: keep_alive_over_alb_idle: requests are sent on a connection "
            "that is just being closed: 502; set timeouts.keep_alive_timeout to 1m5s or more");
  EXPECT_EQ(
      ErrorOf(std::string(kLeast) + "strict_ladder: true\nenvironment: {alb_idle_timeout: 4000s}\n").substr(0, 50),
      "c.yaml:1:1: timeouts.keep_alive_timeout: keep_aliv");
  // Advice is no error: AWS's own deregistration delay is longer than its stopTimeout.
  EXPECT_EQ(ErrorOf(std::string(kLeast) + "strict_ladder: true\n"), "");
}

TEST(SidecarConfigTest, TaskProtectionIsOffUntilItIsEnabled) {
  sidecar::v1::SidecarConfig proto;
  EXPECT_FALSE(Create(kLeast, &proto)->ecs.protection.has_value());
  const absl::StatusOr<SidecarConfig> config = Create(
      std::string(kLeast) + "ecs: {agent_uri: 'http://127.0.0.1/api', task_protection: {enabled: true}}\n", &proto);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->ecs.agent_uri, "http://127.0.0.1/api");
  ASSERT_TRUE(config->ecs.protection.has_value());
  EXPECT_EQ(config->ecs.protection->expires_after, std::chrono::minutes(10));
  EXPECT_EQ(config->ecs.protection->renew_interval, std::chrono::minutes(5));
  EXPECT_EQ(config->ecs.protection->idle_hold, seconds(10));
}

TEST(SidecarConfigTest, WhatTheTaskIsNeedsARestart) {
  sidecar::v1::SidecarConfig proto;
  const absl::StatusOr<SidecarConfig> running = Create(kLeast, &proto);
  const auto replaces = [&](const std::string& ecs) {
    return std::string(Create(kLeast + ecs, &proto)->CheckReplaces(*running).message());
  };
  EXPECT_EQ(replaces(""), "");
  EXPECT_EQ(replaces("ecs: {task_protection: {idle_hold: 1s}}\n"), "") << "of what is off";
  EXPECT_EQ(replaces("ecs: {agent_uri: 'http://127.0.0.1/'}\n"),
            "ecs.agent_uri: \"http://127.0.0.1/\": needs a restart, as it is \"\" now");
  EXPECT_EQ(replaces("ecs: {task_protection: {enabled: true}}\n"),
            "ecs.task_protection: \"for 10m, renewed after 5m, held for 10s\": needs a restart, as it is \"off\" now");
}

TEST(SidecarConfigTest, TheLadderIsOfTheModeInFront) {
  sidecar::v1::SidecarConfig proto;
  const std::string rest = "listen: 0.0.0.0:8080\nupstream: {address: '127.0.0.1:8082'}\n";
  EXPECT_EQ(Create(rest + "vpc_origin: {mode: NLB, trusted_peers: [10.0.0.0/8]}\n", &proto)->ladder.size(), 11u);
  EXPECT_EQ(Create(rest + "vpc_origin: {mode: DIRECT}\n", &proto)->ladder.size(), 8u);
}

TEST(SidecarConfigTest, TheLadderIsPartOfTheConfig) {
  sidecar::v1::SidecarConfig proto;
  const absl::StatusOr<SidecarConfig> config = Create(kLeast, &proto);
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->ladder.size(), 14u);
}

TEST(SidecarConfigTest, TimeoutsThatCannotBeSwitchedOffMustBePositive) {
  const struct {
    const char* section;
    const char* field;
  } kTable[] = {
      {"timeouts", "request_head_timeout"},
      {"timeouts", "keep_alive_timeout"},
      {"timeouts", "response_timeout"},
      {"timeouts", "body_timeout"},
      {"timeouts", "upgrade_timeout"},
      {"drain", "close_wait"},
      {"drain", "timeout"},
      {"environment", "alb_idle_timeout"},
      {"environment", "alb_client_keep_alive"},
      {"environment", "nlb_idle_timeout"},
      {"environment", "cloudfront_response_timeout"},
      {"environment", "cloudfront_keep_alive_timeout"},
      {"environment", "cloudfront_response_completion_timeout"},
      {"environment", "ecs_stop_timeout"},
      {"environment", "application_keep_alive_timeout"},
  };
  for (const auto& row : kTable) {
    const std::string path = std::string(row.section) + "." + row.field;
    const std::string yaml = std::string(kLeast) + row.section + ":\n  " + row.field + ": 0s\n";
    EXPECT_EQ(ErrorOf(yaml), "c.yaml:5:" + std::to_string(std::string(row.field).size() + 5) + ": " + path +
                                 ": must be longer than 0s");
  }
  const std::string upstream =
      "listen: 0.0.0.0:80\nvpc_origin: {mode: ALB, trusted_peers: [10.0.0.0/8]}\nupstream:\n  address: 127.0.0.1:1\n";
  EXPECT_EQ(ErrorOf(upstream + "  connect_timeout: 0s\n"),
            "c.yaml:5:20: upstream.connect_timeout: must be longer than 0s");
  EXPECT_EQ(ErrorOf(upstream + "  idle_timeout: 0s\n"), "c.yaml:5:17: upstream.idle_timeout: must be longer than 0s");
  EXPECT_EQ(ErrorOf(upstream + "  max_idle_connections: 1025\n"),
            "c.yaml:5:25: upstream.max_idle_connections: \"1025\": must be at most 1024");
}

}  // namespace
}  // namespace viaduct::sidecar
