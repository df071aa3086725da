#include "sidecar/config/policy_inputs.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "filter/builtin_ranges.h"

namespace viaduct::sidecar {
namespace {

using filter::v1::VpcOrigin;

constexpr std::string_view kValue = "correct-horse-battery-staple";

std::string ErrorOf(const VpcOrigin& message) { return std::string(ReadPolicyInputs(message).status().message()); }

// Writes a file of this test's own and returns its path.
std::string FileOf(std::string_view name, std::string_view text) {
  const std::string path = testing::TempDir() + std::string(name);
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

filter::v1::SecretSource& AddSource(VpcOrigin& message, std::string_view name) {
  filter::v1::SecretSource& source = *message.mutable_secret()->add_sources();
  source.set_name(std::string(name));
  return source;
}

TEST(ReadPolicyInputsTest, WithoutAFileTheRangesAreTheBuiltInOnes) {
  const absl::StatusOr<filter::PolicyInputs> inputs = ReadPolicyInputs(VpcOrigin());
  ASSERT_TRUE(inputs.ok()) << inputs.status();
  EXPECT_EQ(inputs->edge_ranges.create_date, filter::BuiltinRanges().create_date);
  EXPECT_EQ(inputs->edge_ranges.prefixes.size(), filter::BuiltinRanges().prefixes.size());
  EXPECT_TRUE(inputs->secrets.empty());
}

TEST(ReadPolicyInputsTest, ReadsTheFileOfRanges) {
  VpcOrigin message = VpcOrigin();
  message.mutable_edge_ranges()->set_file("filter/data/ip-ranges-cloudfront.json");
  const absl::StatusOr<filter::PolicyInputs> inputs = ReadPolicyInputs(message);
  ASSERT_TRUE(inputs.ok()) << inputs.status();
  EXPECT_EQ(inputs->edge_ranges.prefixes.size(), 49u);
}

TEST(ReadPolicyInputsTest, ABadFileOfRangesIsAnErrorAndNeverTheBuiltInList) {
  VpcOrigin message = VpcOrigin();
  const auto error_with = [&](const std::string& path) {
    message.mutable_edge_ranges()->set_file(path);
    return ErrorOf(message);
  };
  EXPECT_EQ(error_with("no/such/file"),
            R"(edge_ranges.file: "no/such/file": cannot be read: No such file or directory)");
  EXPECT_EQ(error_with("/"), R"(edge_ranges.file: "/": is not a regular file)");
  EXPECT_EQ(error_with("/dev/zero"), R"(edge_ranges.file: "/dev/zero": is not a regular file)");

  const std::string empty = FileOf("empty.json", "");
  EXPECT_EQ(error_with(empty).find("edge_ranges.file: \"" + empty + "\": line 1, column 1: not JSON: "), 0u)
      << error_with(empty);
  const std::string wrong = FileOf("wrong.json", "{\n  \"prefixes\": 7\n}");
  EXPECT_EQ(error_with(wrong),
            "edge_ranges.file: \"" + wrong + "\": line 2, column 15: \"prefixes\" must be an array, not a number");
  const std::string large = FileOf("large.json", std::string((std::size_t{52} << 20) + 1, ' '));
  EXPECT_EQ(error_with(large), "edge_ranges.file: \"" + large + "\": is larger than 52 MiB");
}

TEST(ReadPolicyInputsTest, SecretsComeFromFilesAndTheEnvironmentInTheirOrder) {
  ASSERT_EQ(setenv("VIADUCT_TEST_SECRET", R"({"HEADERVALUE": "next-horse-battery-staple"})", 1), 0);
  VpcOrigin message;
  AddSource(message, "current").set_file(FileOf("current", std::string(kValue) + "\n"));
  filter::v1::SecretSource& next = AddSource(message, "next");
  next.set_environment("VIADUCT_TEST_SECRET");
  next.set_format(filter::v1::SECRETS_MANAGER_JSON);
  const absl::StatusOr<filter::PolicyInputs> inputs = ReadPolicyInputs(message);
  ASSERT_TRUE(inputs.ok()) << inputs.status();
  ASSERT_EQ(inputs->secrets.size(), 2u);
  EXPECT_EQ(inputs->secrets[0].name, "current");
  EXPECT_EQ(inputs->secrets[0].value, kValue);
  EXPECT_EQ(inputs->secrets[1].name, "next");
  EXPECT_EQ(inputs->secrets[1].value, "next-horse-battery-staple");
}

TEST(ReadPolicyInputsTest, WhatMayBeAbsentIsLeftOut) {
  VpcOrigin message;
  filter::v1::SecretSource& missing = AddSource(message, "missing");
  missing.set_file("no/such/file");
  filter::v1::SecretSource& empty = AddSource(message, "empty");
  empty.set_file(FileOf("empty", ""));
  filter::v1::SecretSource& unset = AddSource(message, "unset");
  unset.set_environment("VIADUCT_TEST_UNSET");
  AddSource(message, "current").set_file(FileOf("current", kValue));
  for (filter::v1::SecretSource* source : {&missing, &empty, &unset}) source->set_may_be_absent(true);
  const absl::StatusOr<filter::PolicyInputs> inputs = ReadPolicyInputs(message);
  ASSERT_TRUE(inputs.ok()) << inputs.status();
  ASSERT_EQ(inputs->secrets.size(), 1u);
  EXPECT_EQ(inputs->secrets[0].name, "current");

  // A file that exists but is unreadable is a different case.
  missing.set_file("/");
  EXPECT_EQ(ErrorOf(message), R"(secret.sources[0].file: "/": is not a regular file)");
}

TEST(ReadPolicyInputsTest, OneVariableHoldsTwoValues) {
  ASSERT_EQ(setenv("VIADUCT_TEST_TWO", R"({"HEADERVALUE": "old-horse-battery-staple", "NEXTVALUE": ""})", 1), 0);
  VpcOrigin message;
  AddSource(message, "current").set_environment("VIADUCT_TEST_TWO");
  message.mutable_secret()->mutable_sources(0)->set_json_key("HEADERVALUE");
  for (const char* key : {"NEXTVALUE", "NO_SUCH_KEY"}) {
    filter::v1::SecretSource& source = AddSource(message, key);
    source.set_environment("VIADUCT_TEST_TWO");
    source.set_json_key(key);
    source.set_may_be_absent(true);
  }
  const absl::StatusOr<filter::PolicyInputs> inputs = ReadPolicyInputs(message);
  ASSERT_TRUE(inputs.ok()) << inputs.status();
  ASSERT_EQ(inputs->secrets.size(), 1u);
  EXPECT_EQ(inputs->secrets[0].value, "old-horse-battery-staple");
  message.mutable_secret()->mutable_sources(2)->set_may_be_absent(false);
  EXPECT_EQ(ErrorOf(message), R"(secret.sources[2].environment: "VIADUCT_TEST_TWO": has no member "NO_SUCH_KEY")");
}

TEST(PolicyInputsWithoutSecretsTest, EachSourceHasAValueOfItsOwnThatNobodyRead) {
  VpcOrigin message;
  AddSource(message, "a").set_file("no/such/file");
  AddSource(message, "b").set_environment("VIADUCT_TEST_UNSET");
  const absl::StatusOr<filter::PolicyInputs> inputs = PolicyInputsWithoutSecrets(message);
  ASSERT_TRUE(inputs.ok()) << inputs.status();
  ASSERT_EQ(inputs->secrets.size(), 2u);
  EXPECT_NE(inputs->secrets[0].value, inputs->secrets[1].value);
  EXPECT_FALSE(inputs->edge_ranges.prefixes.empty());
  AddSource(message, "c");
  EXPECT_EQ(PolicyInputsWithoutSecrets(message).status().message(),
            "secret.sources[2].file: is required, or environment");
}

TEST(ReadPolicyInputsTest, ASourcesErrorNamesItsPlaceAndNothingOfTheSecret) {
  const auto error_of = [](auto change) {
    VpcOrigin message;
    change(AddSource(message, "current"));
    return ErrorOf(message);
  };
  EXPECT_EQ(error_of([](auto&) {}), "secret.sources[0].file: is required, or environment");
  EXPECT_EQ(error_of([](auto& source) { source.set_file("no/such/file"); }),
            "secret.sources[0].file: cannot be read: No such file or directory");
  EXPECT_EQ(error_of([](auto& source) { source.set_environment("VIADUCT_TEST_UNSET"); }),
            "secret.sources[0].environment: no such variable is set, or it is empty");
  const std::string empty = FileOf("empty", "");
  EXPECT_EQ(error_of([&](auto& source) { source.set_file(empty); }),
            "secret.sources[0].file: \"" + empty + "\": is empty");
  const std::string large = FileOf("large", std::string(65'537, 'x'));
  EXPECT_EQ(error_of([&](auto& source) { source.set_file(large); }),
            "secret.sources[0].file: \"" + large + "\": is larger than 64 KiB");
  EXPECT_EQ(error_of([](auto& source) {
              source.set_file("f");
              source.set_format(static_cast<filter::v1::SecretFormat>(9));
            }),
            R"(secret.sources[0].format: "9": is not TEXT or SECRETS_MANAGER_JSON)");
  EXPECT_EQ(error_of([](auto& source) {
              source.set_file("f");
              source.set_format(filter::v1::TEXT);
              source.set_json_key("k");
            }),
            R"(secret.sources[0].json_key: "k": needs format: SECRETS_MANAGER_JSON)");
  const std::string object = FileOf("object", R"({"HEADERVALUE": "next-horse-battery-staple"})");
  EXPECT_EQ(
      error_of([&](auto& source) { source.set_file(object); }),
      "secret.sources[0].file: \"" + object + "\": is a JSON object; name the member that is the value in json_key");
  const std::string plain = FileOf("plain", kValue);
  EXPECT_EQ(error_of([&](auto& source) {
              source.set_file(plain);
              source.set_format(filter::v1::SECRETS_MANAGER_JSON);
            }),
            "secret.sources[0].file: \"" + plain + "\": is not JSON");
}

}  // namespace
}  // namespace viaduct::sidecar
