#include "sidecar/config/secrets/secret_source.h"

#include <gtest/gtest.h>

#include <fstream>
#include <optional>
#include <string>

#include "absl/status/statusor.h"

namespace viaduct::sidecar {
namespace {

filter::v1::SecretSource FileWith(const std::string& text) {
  filter::v1::SecretSource source;
  source.set_file(testing::TempDir() + "secret_source");
  std::ofstream(source.file(), std::ios::binary) << text;
  return source;
}

TEST(SecretSourceTest, AJsonKeyNamesTheValueAndHasADefault) {
  filter::v1::SecretSource source = FileWith(R"({"HEADERVALUE": "one", "other": "two"})");
  source.set_format(filter::v1::SECRETS_MANAGER_JSON);
  EXPECT_EQ(ReadSecretSource(source).value(), "one");
  source.set_json_key("other");
  EXPECT_EQ(ReadSecretSource(source).value(), "two");
  source.clear_format();
  EXPECT_EQ(ReadSecretSource(source).value(), "two");
}

TEST(SecretSourceTest, AMemberMayBeAbsentAsAFileMay) {
  filter::v1::SecretSource source = FileWith(R"({"empty": ""})");
  for (const char* key : {"missing", "empty"}) {
    source.set_json_key(key);
    source.set_may_be_absent(true);
    EXPECT_EQ(ReadSecretSource(source).value(), std::nullopt) << key;
  }
  source.set_json_key("missing");
  source.set_may_be_absent(false);
  EXPECT_EQ(ReadSecretSource(source).status().message(), "file: \"" + source.file() + "\": has no member \"missing\"");
}

TEST(SecretSourceTest, OnlyTheMessageIsChecked) {
  filter::v1::SecretSource source;
  EXPECT_EQ(AtSecretSource(2, CheckSecretSource(source)).message(),
            "secret.sources[2].file: is required, or environment");
  source.set_file("/no/such/file");
  EXPECT_TRUE(CheckSecretSource(source).ok());
}

}  // namespace
}  // namespace viaduct::sidecar
