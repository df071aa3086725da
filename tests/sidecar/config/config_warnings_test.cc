#include "sidecar/config/config_warnings.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "ops/config/config_file.h"
#include "ops/config/credentials.h"
#include "sidecar/config/config.h"

namespace viaduct::sidecar {
namespace {

// `filter` are further members of vpc_origin.
SidecarConfig ConfigWith(const std::string& filter) {
  const std::string yaml =
      "listen: 0.0.0.0:8080\nupstream: {address: '127.0.0.1:8082'}\nvpc_origin: {mode: ALB, trusted_peers: "
      "[10.0.0.0/8]" +
      filter + "}\n";
  sidecar::v1::SidecarConfig proto;
  EXPECT_TRUE(ops::ConfigFile::Parse("c.yaml", yaml, &proto).ok());
  return SidecarConfig::Create(&proto, ConfigReaders::Of(ops::Credentials::kLeft)).value();
}

TEST(ConfigWarningsTest, AnybodyComesInWithoutHostsOriginsAndSecret) {
  const std::vector<std::string> warnings = ConfigWarnings(ConfigWith(""));
  ASSERT_EQ(warnings.size(), 1u);
  EXPECT_EQ(warnings[0].find("vpc_origin: "), 0u);
  EXPECT_NE(warnings[0].find("any CloudFront customer, any page"), std::string::npos);
  for (const std::string filter :
       {", hosts: [a.example]", ", origins: [same-host]", ", secret: {sources: [{name: a, file: /x}]}"}) {
    EXPECT_TRUE(ConfigWarnings(ConfigWith(filter)).empty()) << filter;
  }
}

TEST(ConfigWarningsTest, ACheckThatIsNotEnforcedKeepsNobodyOut) {
  EXPECT_EQ(ConfigWarnings(ConfigWith(", hosts: [a.example], host: MONITOR")).size(), 1u);
  EXPECT_EQ(ConfigWarnings(ConfigWith(", origins: [same-host], origin: 'OFF'")).size(), 1u);
  EXPECT_EQ(
      ConfigWarnings(ConfigWith(", secret: {sources: [{name: a, file: /x}]}, secret_enforcement: MONITOR")).size(), 1u);
}

TEST(ConfigWarningsTest, ARangeThatIsWiderThanAnyNetworkIsNamed) {
  const auto warnings = [](const std::string& mode, const std::string& peers, const std::string& extra) {
    const std::string yaml = "listen: 0.0.0.0:8080\nupstream: {address: '127.0.0.1:8082'}\nvpc_origin: {mode: " + mode +
                             ", hosts: [a.example], trusted_peers: [" + peers + "], edge_ranges: {extra: [" + extra +
                             "]}}\n";
    sidecar::v1::SidecarConfig proto;
    EXPECT_TRUE(ops::ConfigFile::Parse("c.yaml", yaml, &proto).ok());
    return ConfigWarnings(SidecarConfig::Create(&proto, ConfigReaders::Of(ops::Credentials::kLeft)).value());
  };
  EXPECT_TRUE(warnings("ALB", "10.0.0.0/8, '2600::/19'", "203.0.113.0/24").empty());
  const std::vector<std::string> wide = warnings("ALB", "10.0.0.0/8, 0.0.0.0/0", "'::/0'");
  ASSERT_EQ(wide.size(), 2u);
  EXPECT_EQ(
      wide[0],
      "vpc_origin.trusted_peers[1]: \"0.0.0.0/0\": is wider than any balancer's subnet; whoever connects from it is "
      "taken for the balancer and can state any edge and viewer");
  EXPECT_EQ(wide[1],
            "vpc_origin.edge_ranges.extra[0]: \"::/0\": is wider than any of CloudFront's ranges; all of it counts as "
            "CloudFront's edges");
  const std::vector<std::string> direct = warnings("DIRECT", "0.0.0.0/1, 128.0.0.0/1", "");
  ASSERT_EQ(direct.size(), 2u);
  EXPECT_NE(direct[0].find("may request the health path"), std::string::npos);
}

}  // namespace
}  // namespace viaduct::sidecar
