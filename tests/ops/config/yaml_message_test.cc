#include "ops/config/yaml_message.h"

#include <google/protobuf/dynamic_message.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/ops/config/config_sample.pb.h"

namespace viaduct::ops {
namespace {

using ops_test::Sample;

TEST(YamlMessageTest, NotesThePositionOfEveryField) {
  const auto tree = YamlTree::Parse("t", "text: a\ninner:\n  items: [b]\nlabels: {k: v}\npause:\n");
  ASSERT_TRUE(tree.ok());
  Sample sample;
  FieldPositions positions;
  ASSERT_TRUE(ReadMessage("t", tree->root(), &sample, &positions).ok());
  std::vector<std::string> shown;
  for (const auto& [path, at] : positions) {
    shown.push_back(path + "@" + std::to_string(at.line) + ":" + std::to_string(at.column));
  }
  EXPECT_EQ(shown, (std::vector<std::string>{"@1:1", "inner@2:1", "inner.items@3:3", "inner.items[0]@3:11",
                                             "labels@4:1", "labels[\"k\"]@4:13", "pause@5:1", "text@1:7"}));
}

TEST(YamlMessageTest, FillsADynamicMessageToo) {
  const auto tree = YamlTree::Parse("t", "pause: 90s\nby_flag: {true: 1ms}\n");
  ASSERT_TRUE(tree.ok());
  google::protobuf::DynamicMessageFactory factory;
  const std::unique_ptr<google::protobuf::Message> message(factory.GetPrototype(Sample::descriptor())->New());
  FieldPositions positions;
  ASSERT_TRUE(ReadMessage("t", tree->root(), message.get(), &positions).ok());
  Sample sample;
  ASSERT_TRUE(sample.ParseFromString(message->SerializeAsString()));
  EXPECT_EQ(sample.pause().seconds(), 90);
  EXPECT_EQ(sample.by_flag().at(true).nanos(), 1'000'000);
}

}  // namespace
}  // namespace viaduct::ops
