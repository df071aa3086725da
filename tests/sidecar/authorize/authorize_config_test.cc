#include "sidecar/authorize/authorize_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "absl/status/statusor.h"
#include "api/sidecar/v1/sidecar.pb.h"
#include "net/address.h"
#include "ops/config/config_file.h"
#include "sidecar/config/config.h"

namespace viaduct::sidecar {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

net::SocketAddress Address(const char* text) { return net::SocketAddress::Parse(text).value(); }

absl::StatusOr<SidecarConfig> Create(const std::string& authorize, const std::string& vpc_origin,
                                     sidecar::v1::SidecarConfig* proto) {
  const std::string text = "listen: 0.0.0.0:8080\nupstream: {address: '127.0.0.1:8082'}\nvpc_origin: {" + vpc_origin +
                           "}\nauthorize: {" + authorize + "}\n";
  const absl::StatusOr<ops::ConfigFile> file = ops::ConfigFile::Parse("c.yaml", text, proto);
  if (!file.ok()) return file.status();
  absl::StatusOr<SidecarConfig> config = SidecarConfig::Create(proto);
  if (!config.ok()) return file->Locate(config.status());
  return config;
}

constexpr char kAlb[] = "mode: ALB, trusted_peers: [10.0.0.0/8]";

SidecarConfig Config(const std::string& authorize, const std::string& vpc_origin = kAlb) {
  sidecar::v1::SidecarConfig proto;
  return Create(authorize, vpc_origin, &proto).value();
}

std::string ErrorOf(const std::string& authorize, const std::string& vpc_origin = kAlb) {
  sidecar::v1::SidecarConfig proto;
  return std::string(Create(authorize, vpc_origin, &proto).status().message());
}

TEST(AuthorizeConfigTest, ThePeerHasAFieldOfItsOwnAndLoopbackMayAsk) {
  sidecar::v1::SidecarConfig proto;
  const SidecarConfig config = Create("listen: '127.0.0.1:1', proxy: NGINX", kAlb, &proto).value();
  EXPECT_EQ(config.authorize->listen->ToString(), "127.0.0.1:1");
  EXPECT_FALSE(config.authorize->grpc_listen.has_value());
  EXPECT_EQ(config.authorize->peer_field, "x-viaduct-peer");
  EXPECT_EQ(proto.authorize().peer_field(), "x-viaduct-peer");
  EXPECT_THAT(proto.authorize().trusted_proxies(), ElementsAre("127.0.0.0/8", "::1/128"));
  EXPECT_TRUE(config.authorize->Trusts(Address("127.9.9.9:1")));
  EXPECT_TRUE(config.authorize->Trusts(Address("[::1]:1")));
  EXPECT_TRUE(config.authorize->Trusts(Address("unix:/a")));
  EXPECT_FALSE(config.authorize->Trusts(Address("10.0.0.1:1")));
}

TEST(AuthorizeConfigTest, WhatIsGivenReplacesTheDefaults) {
  const SidecarConfig config =
      Config("listen: 'unix:/a', proxy: CADDY, peer_field: X-Peer, trusted_proxies: [10.1.0.0/16]");
  EXPECT_EQ(config.authorize->peer_field, "x-peer");
  EXPECT_TRUE(config.authorize->Trusts(Address("10.1.2.3:1")));
  EXPECT_FALSE(config.authorize->Trusts(Address("127.0.0.1:1")));
}

TEST(AuthorizeConfigTest, GrpcNeedsNoProxy) {
  const SidecarConfig config = Config("grpc_listen: '127.0.0.1:1'");
  EXPECT_EQ(config.authorize->grpc_listen->ToString(), "127.0.0.1:1");
  EXPECT_FALSE(config.authorize->listen.has_value());
}

TEST(AuthorizeConfigTest, TraefikSaysItsPeerInXForwardedFor) {
  EXPECT_EQ(Config("listen: '127.0.0.1:1', proxy: TRAEFIK").authorize->peer_field, "");
  EXPECT_THAT(ErrorOf("listen: '127.0.0.1:1', proxy: TRAEFIK, peer_field: x-peer"),
              HasSubstr("authorize.peer_field: must not be set for TRAEFIK"));
}

TEST(AuthorizeConfigTest, HostsCannotBeCheckedBehindTraefik) {
  const std::string traefik = "listen: '127.0.0.1:1', proxy: TRAEFIK";
  const std::string alb = kAlb;
  EXPECT_THAT(ErrorOf(traefik, alb + ", hosts: [a.example.com]"),
              HasSubstr("authorize.proxy: \"TRAEFIK\": does not pass on the viewer's Host"));
  EXPECT_THAT(ErrorOf(traefik, alb + ", hosts: [a.example.com], host: MONITOR"), HasSubstr("vpc_origin.hosts"));
  EXPECT_EQ(ErrorOf(traefik, alb + ", hosts: [a.example.com], host: OFF"), "");
  EXPECT_THAT(ErrorOf(traefik, alb + ", origins: [same-host]"), HasSubstr("the origin \"same-host\""));
  EXPECT_EQ(ErrorOf(traefik, alb + ", origins: ['https://a.example.com']"), "");
}

TEST(AuthorizeConfigTest, NothingIsGuessed) {
  EXPECT_THAT(ErrorOf(""), HasSubstr("authorize: must have listen, grpc_listen or both"));
  EXPECT_THAT(ErrorOf("listen: '127.0.0.1:1'"), HasSubstr("authorize.proxy: must be set, since listen is"));
  EXPECT_THAT(ErrorOf("grpc_listen: '127.0.0.1:1', proxy: ENVOY"),
              HasSubstr("authorize.proxy: must not be set without listen"));
  EXPECT_THAT(ErrorOf("grpc_listen: '127.0.0.1:1', peer_field: x-peer"),
              HasSubstr("authorize.peer_field: must not be set without listen"));
}

TEST(AuthorizeConfigTest, ModeNlbIsRefused) {
  EXPECT_THAT(ErrorOf("grpc_listen: '127.0.0.1:1'", "mode: NLB, trusted_peers: [10.0.0.0/8]"),
              HasSubstr("authorize: is not for vpc_origin.mode \"NLB\""));
  EXPECT_EQ(ErrorOf("grpc_listen: '127.0.0.1:1'", "mode: DIRECT"), "");
}

TEST(AuthorizeConfigTest, ThePeersFieldIsNoneThatTheChecksRead) {
  const std::string secret = std::string(kAlb) + ", secret: {header: x-key, sources: [{name: a, environment: PATH}]}";
  for (const char* field : {"via", "X-Forwarded-For", "host", "x-amz-cf-id", "connection", "upgrade",
                            "x-viaduct-viewer-address", "x-key"}) {
    EXPECT_THAT(ErrorOf("listen: '127.0.0.1:1', proxy: NGINX, peer_field: " + std::string(field), secret),
                HasSubstr("authorize.peer_field: \"" + std::string(field) + "\": must be a field of its own"));
  }
  EXPECT_THAT(ErrorOf("listen: '127.0.0.1:1', proxy: NGINX, peer_field: x_peer"),
              HasSubstr("must have 1 to 64 letters, digits and \"-\""));
}

TEST(AuthorizeConfigTest, ErrorsNameThePrefixAndTheAddressAtFault) {
  EXPECT_THAT(ErrorOf("grpc_listen: '127.0.0.1:1', trusted_proxies: [10.0.0.0/8, 10.0.0.1/8]"),
              HasSubstr("authorize.trusted_proxies[1]: \"10.0.0.1/8\""));
  EXPECT_THAT(ErrorOf("grpc_listen: '127.0.0.1:8080'"), HasSubstr("authorize.grpc_listen: \"127.0.0.1:8080\": listen"));
  EXPECT_THAT(ErrorOf("listen: '127.0.0.1:8082', proxy: ENVOY"),
              HasSubstr("upstream.address: \"127.0.0.1:8082\": leads back to this program"));
}

TEST(AuthorizeConfigTest, OtherAddressesNeedARestartAndTheRestDoesNot) {
  const SidecarConfig running = Config("listen: '127.0.0.1:1', proxy: NGINX");
  EXPECT_TRUE(Config("listen: '127.0.0.1:1', proxy: CADDY, trusted_proxies: [10.0.0.0/8]").CheckReplaces(running).ok());
  EXPECT_THAT(std::string(Config("grpc_listen: '127.0.0.1:1'").CheckReplaces(running).message()),
              StartsWith("authorize.listen: \"\": needs a restart"));
}

}  // namespace
}  // namespace viaduct::sidecar
