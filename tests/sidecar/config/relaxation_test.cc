#include "sidecar/config/relaxation.h"

#include <gtest/gtest.h>

#include <string>

#include "ops/config/config_file.h"
#include "ops/config/credentials.h"
#include "sidecar/config/config.h"

namespace viaduct::sidecar {
namespace {

// `filter` are further members of vpc_origin, `more` of the config.
SidecarConfig ConfigWith(const std::string& filter, const std::string& more = "") {
  const std::string yaml =
      "listen: 0.0.0.0:8080\nupstream: {address: '127.0.0.1:8082'}\nvpc_origin: {mode: ALB, trusted_peers: "
      "[10.0.0.0/8]" +
      filter + "}\n" + more;
  sidecar::v1::SidecarConfig proto;
  EXPECT_TRUE(ops::ConfigFile::Parse("c.yaml", yaml, &proto).ok());
  return SidecarConfig::Create(&proto, ConfigReaders::Of(ops::Credentials::kLeft)).value();
}

std::string ErrorOf(const SidecarConfig& next, const SidecarConfig& now) {
  return std::string(CheckNotRelaxed(next, now).message());
}

TEST(RelaxationTest, AListOrASecretIsNotRemoved) {
  const SidecarConfig open = ConfigWith("");
  const struct {
    const char* field;
    const char* member;
  } kRows[] = {{"hosts", "[a.example]"}, {"origins", "[same-host]"}, {"secret", "{sources: [{name: a, file: /x}]}"}};
  for (const auto& row : kRows) {
    const SidecarConfig closed = ConfigWith(std::string(", ") + row.field + ": " + row.member);
    EXPECT_EQ(ErrorOf(open, closed), std::string("vpc_origin.") + row.field +
                                         ": is removed; a changed file alone does not do this: SIGHUP or \"viaductctl "
                                         "sidecar reload\" would take it");
    EXPECT_EQ(ErrorOf(closed, open), "");
  }
}

TEST(RelaxationTest, AllThatIsRelaxedIsNamed) {
  const SidecarConfig closed = ConfigWith(", hosts: [a.example], origins: [same-host]");
  EXPECT_EQ(ErrorOf(ConfigWith(", via: MONITOR"), closed)
                .find("vpc_origin.hosts: is removed, vpc_origin.origins is removed, vpc_origin.via is relaxed; "),
            0u);
}

TEST(RelaxationTest, TheEntriesOfAListMayChange) {
  const SidecarConfig now = ConfigWith(", hosts: [a.example, b.example]");
  EXPECT_EQ(ErrorOf(ConfigWith(", hosts: [c.example]"), now), "");
}

TEST(RelaxationTest, NoEnforcementIsRelaxed) {
  const std::string secret = ", secret: {sources: [{name: a, file: /x}]}, ";
  for (const std::string field :
       {"trusted_peer", "edge_range", "via", "cf_id", "host", "origin", "secret_enforcement"}) {
    const SidecarConfig enforced = ConfigWith(secret + field + ": ENFORCE");
    const SidecarConfig monitored = ConfigWith(secret + field + ": MONITOR");
    const SidecarConfig off = ConfigWith(secret + field + ": 'OFF'");
    EXPECT_EQ(ErrorOf(monitored, enforced).find("vpc_origin." + field + ": is relaxed; "), 0u) << field;
    EXPECT_NE(ErrorOf(off, monitored), "") << field;
    EXPECT_EQ(ErrorOf(enforced, off), "") << field;
  }
}

TEST(RelaxationTest, TlsStays) {
  const SidecarConfig tls = ConfigWith("", "listener_tls: {certificate_file: /c, private_key_file: /k}\n");
  EXPECT_EQ(ErrorOf(ConfigWith(""), tls).find("listener_tls: is removed; "), 0u);
}

TEST(RelaxationTest, WhatARouteRefusesStaysRefused) {
  const auto with = [](const std::string& routes) { return ConfigWith("", "routes: [" + routes + "]\n"); };
  const SidecarConfig now = with("{path_prefix: /a, http: REFUSE}, {path_prefix: /b}");
  EXPECT_EQ(ErrorOf(with("{path_prefix: /a, http: REFUSE, websocket: REFUSE}"), now), "");
  EXPECT_EQ(ErrorOf(with("{path_prefix: /a}"), now).find("routes: what \"/a\" refuses is allowed; "), 0u);
  EXPECT_NE(ErrorOf(with("{path_prefix: /a, websocket: REFUSE}"), now), "");
  EXPECT_NE(ErrorOf(ConfigWith(""), now), "");
}

}  // namespace
}  // namespace viaduct::sidecar
