#include "ops/config/log_config.h"

#include <gtest/gtest.h>

#include <string>

namespace viaduct::ops {
namespace {

TEST(LogConfigTest, ListedParametersAreShown) {
  config::v1::Log proto;
  proto.add_shown_query_parameters("room");
  const auto query = ReadLogConfig(proto);
  ASSERT_TRUE(query.ok()) << query.status();
  std::string storage;
  EXPECT_EQ(query->Redact("/?room=a&token=b", &storage), "/?room=a&token=***");
  EXPECT_EQ(*ReadLogConfig(config::v1::Log()), text::QueryRedaction());
}

TEST(LogConfigTest, ANameIsAName) {
  for (const std::string& name : {std::string(), std::string("a=b"), std::string("a&b"), std::string(65, 'a')}) {
    config::v1::Log proto;
    proto.add_shown_query_parameters("room");
    proto.add_shown_query_parameters(name);
    EXPECT_EQ(ReadLogConfig(proto).status().message(),
              "log.shown_query_parameters[1]: \"" + name + "\": must be 1 to 64 of letters, digits and \"._~-\"");
  }
}

}  // namespace
}  // namespace viaduct::ops
