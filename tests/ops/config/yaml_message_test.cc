#include "ops/config/yaml_message.h"

#include <google/protobuf/dynamic_message.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/ops/config/config_sample.pb.h"
#include "tests/ops/config/rules_sample.pb.h"

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

TEST(YamlMessageTest, WhatStandsNearASecretIsShownOnlyIfItLooksLikeConfig) {
  const auto error_of = [](const std::string& yaml) {
    const auto tree = YamlTree::Parse("t", yaml);
    EXPECT_TRUE(tree.ok());
    ops_test::Guarded message;
    FieldPositions positions;
    return std::string(ReadMessage("t", tree->root(), &message, &positions).message());
  };
  const std::string fields = "unknown field; expected one of secret_file, answer, count, age";
  const std::string answers = "expected one of YES, NO";
  const struct {
    std::string yaml;
    std::string error;
  } kTable[] = {
      {"zzz: 1", "t:1:1: zzz: " + fields},
      {"S3cret: 1", "t:1:1: " + fields},
      {"'s3cret/+=': 1", "t:1:1: " + fields},
      {"{S3cret: 1, S3cret: 2}", "t:1:2: " + fields},
      {"{count: 1, count: 2}", "t:1:12: count: already given on line 1"},
      {"answer: maybe", "t:1:9: answer: \"maybe\": " + answers},
      {"answer: MAYBE", "t:1:9: answer: \"MAYBE\": " + answers},
      {"answer: S3cret", "t:1:9: answer: " + answers},
      {"answer: Secret", "t:1:9: answer: " + answers},
      {"answer: [S3cret]", "t:1:9: answer: " + answers + ", not a list"},
      {"count: -1", "t:1:8: count: \"-1\": expected a whole number from 0 to 4294967295"},
      {"count: 0123456789abcdef", "t:1:8: count: expected a whole number from 0 to 4294967295"},
      {"age: S3cret",
       "t:1:6: age: expected whole numbers with units, the larger first, such as 250ms, 25s, 10m or 1m30s"},
      {"secret_file: {x: S3cret}", "t:1:14: secret_file: expected text, not a mapping"},
  };
  for (const auto& row : kTable) EXPECT_EQ(error_of(row.yaml), row.error) << row.yaml;
}

}  // namespace
}  // namespace viaduct::ops
