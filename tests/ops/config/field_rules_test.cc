#include "ops/config/field_rules.h"

#include <gtest/gtest.h>

#include <string>

#include "absl/status/statusor.h"
#include "ops/config/config_file.h"
#include "ops/config/yaml_text.h"
#include "tests/ops/config/rules_sample.pb.h"

namespace viaduct::ops {
namespace {

using ops_test::Needy;
using ops_test::Ruled;

template <typename Message>
std::string ErrorOf(const std::string& yaml, Message* message) {
  const absl::StatusOr<ConfigFile> file = ConfigFile::Parse("c", yaml, message);
  EXPECT_TRUE(file.ok()) << file.status();
  return std::string(ApplyFieldRules("", message).message());
}

std::string ErrorOf(const std::string& yaml) {
  Ruled message;
  return ErrorOf(yaml, &message);
}

constexpr char kDefaults[] =
    "word: \"hello\"\n"
    "address: \"127.0.0.1:80\"\n"
    "count: 7\n"
    "kept: 5\n"
    "flag: true\n"
    "answer: NO\n"
    "timeout: 1m30s\n"
    "pause: 0s\n"
    "group:\n"
    "  size: 1\n";

TEST(FieldRulesTest, AbsentFieldsGetTheirDefaultsAndOthersStayAbsent) {
  Ruled message;
  EXPECT_EQ(ErrorOf("", &message), "");
  EXPECT_EQ(ToYaml(message), kDefaults);
}

TEST(FieldRulesTest, DefaultsKeepTheRulesThemselves) {
  Ruled message;
  EXPECT_EQ(ErrorOf(kDefaults, &message), "");
  EXPECT_EQ(ToYaml(message), kDefaults);
}

TEST(FieldRulesTest, WhatIsGivenStays) {
  const std::string given =
      "plain: \"x\"\n"
      "word: \"bye\"\n"
      "address: \"unix:/s\"\n"
      "tcp: \"[::1]:1\"\n"
      "count: 2\n"
      "kept: 0\n"
      "at_least: 3\n"
      "rate: 0\n"
      "flag: false\n"
      "silent: false\n"
      "answer: YES\n"
      "timeout: 1ms\n"
      "pause: 8760h\n"
      "lease: 50ms\n"
      "group:\n"
      "  size: 9\n"
      "feature:\n"
      "  size: 1\n"
      "  leaf:\n"
      "    name: \"a\"\n"
      "    age: 1s\n"
      "list:\n"
      "  -\n"
      "    size: 1\n";
  Ruled message;
  EXPECT_EQ(ErrorOf(given, &message), "");
  EXPECT_EQ(ToYaml(message), given);
}

TEST(FieldRulesTest, DefaultsAreSetInMessagesThatAreGiven) {
  Ruled message;
  EXPECT_EQ(ErrorOf("feature: {leaf: {name: a}}\nlist: [{}, {size: 3}]\n", &message), "");
  EXPECT_EQ(message.feature().size(), 1u);
  EXPECT_EQ(message.feature().leaf().age().seconds(), 1);
  EXPECT_EQ(message.list(0).size(), 1u);
  EXPECT_EQ(message.list(1).size(), 3u);
}

TEST(FieldRulesTest, ZeroOfANumberWithoutPresenceIsAbsent) {
  Ruled message;
  EXPECT_EQ(ErrorOf("count: 0\nat_least: 0\nword: ''\n", &message), "");
  EXPECT_EQ(message.count(), 7u);
  EXPECT_EQ(message.at_least(), 0u);
  EXPECT_EQ(message.word(), "hello");
}

TEST(FieldRulesTest, AnErrorNamesFieldValueAndRule) {
  const struct {
    const char* yaml;
    const char* error;
  } kTable[] = {
      {"word: A", "word: \"A\": must be small letters"},
      {"word: 'a\"b'", "word: \"a\\\"b\": must be small letters"},
      {"address: x", "address: \"x\": must be \"ADDRESS:PORT\", \"[IPV6]:PORT\" or \"unix:PATH\""},
      {"tcp: unix:/s", "tcp: \"unix:/s\": must be a TCP address"},
      {"peer: '127.0.0.1:0'", "peer: \"127.0.0.1:0\": the port must be a number from 1 to 65535"},
      {"count: 1", "count: \"1\": must be 2 to 9"},
      {"count: 10", "count: \"10\": must be 2 to 9"},
      {"kept: 10", "kept: \"10\": must be at most 9"},
      {"at_least: 2", "at_least: \"2\": must be at least 3"},
      {"rate: 2", "rate: \"2\": must be at least 3"},
      {"timeout: 0s", "timeout: must be longer than 0s"},
      {"timeout: 999us", "timeout: \"999us\": must be at least 1ms"},
      {"timeout: 8760h1ms", "timeout: \"8760h1ms\": must be at most 8760h"},
      {"pause: 999us", "pause: \"999us\": must be at least 1ms"},
      {"lease: 0s", "lease: \"0s\": must be 50ms to 1h"},
      {"lease: 49ms", "lease: \"49ms\": must be 50ms to 1h"},
      {"lease: 1h1s", "lease: \"1h1s\": must be 50ms to 1h"},
      {"group: {size: 10}", "group.size: \"10\": must be at most 9"},
      {"feature: {leaf: {}}", "feature.leaf.name: required"},
      {"list: [{}, {size: 10}]", "list[1].size: \"10\": must be at most 9"},
      {"list: [{}, {}, {}]", "list: must have at most 2 items"},
      {"names: [a, b, c]", "names: must have at most 2 items"},
  };
  for (const auto& row : kTable) EXPECT_EQ(ErrorOf(row.yaml), row.error) << row.yaml;
}

TEST(FieldRulesTest, TheFirstBrokenRuleInTheSchemasOrderIsTold) {
  EXPECT_EQ(ErrorOf("lease: 1s\ntimeout: 0s\ncount: 10\n"), "count: \"10\": must be 2 to 9");
}

TEST(FieldRulesTest, DurationsThatOnlyAProtoCanSayAreJudgedToo) {
  Ruled message;
  message.mutable_timeout()->set_seconds(-1);
  EXPECT_EQ(ApplyFieldRules("", &message).message(), "timeout: must be longer than 0s");
  message.mutable_timeout()->set_seconds(315'576'000'000);
  EXPECT_EQ(ApplyFieldRules("", &message).message().substr(0, 10), "timeout: \"");
}

TEST(FieldRulesTest, AMessageMayBeRequired) {
  Needy message;
  EXPECT_EQ(ErrorOf("", &message), "leaf: required");
  EXPECT_EQ(ErrorOf("leaf: {name: a}", &message), "");
}

TEST(FieldRulesTest, PathsBeginWithThatOfTheMessage) {
  Ruled message;
  message.set_count(1);
  EXPECT_EQ(ApplyFieldRules("a[0].b", &message).message(), "a[0].b.count: \"1\": must be 2 to 9");
}

TEST(FieldRulesTest, ADefaultAndABoundCanBeAskedFor) {
  EXPECT_EQ(DefaultOf(*Ruled::descriptor(), "address"), "127.0.0.1:80");
  EXPECT_EQ(DefaultOf(*Ruled::descriptor(), "plain"), "");
  EXPECT_EQ(MaxOf(*Ruled::descriptor(), "count"), 9u);
}

}  // namespace
}  // namespace viaduct::ops
