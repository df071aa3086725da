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

}  // namespace
}  // namespace viaduct::sidecar
