#include "sidecar/config/secrets/known_secrets.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ops/config/watched_files.h"

namespace viaduct::sidecar {
namespace {

using filter::v1::OriginSecret;
using filter::v1::SecretSource;
using How = ops::WatchedFiles::How;

constexpr std::string_view kOld = "old-horse-battery-staple";
constexpr std::string_view kNew = "new-horse-battery-staple";

std::string FileOf(std::string_view name, std::string_view text) {
  const std::string path = testing::TempDir() + std::string(name);
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

SecretSource& AddFile(OriginSecret& message, std::string_view name, const std::string& path) {
  SecretSource& source = *message.add_sources();
  source.set_name(std::string(name));
  source.set_file(path);
  return source;
}

// Returns "name=value" for each.
std::vector<std::string> ValuesOf(const KnownSecrets& secrets) {
  std::vector<std::string> texts;
  for (const filter::NamedSecret& secret : secrets.values()) texts.push_back(secret.name + "=" + secret.value);
  return texts;
}

using Values = std::vector<std::string>;

TEST(KnownSecretsTest, ReadsWhatItDoesNotKnowAndLeavesWhatItKnows) {
  OriginSecret message;
  AddFile(message, "a", FileOf("a", kOld));
  const KnownSecrets before = KnownSecrets().Follow(message).value();
  FileOf("a", kNew);
  AddFile(message, "b", FileOf("b", kNew));
  const KnownSecrets after = before.Follow(message).value();
  EXPECT_EQ(ValuesOf(after), (Values{"a=old-horse-battery-staple", "b=new-horse-battery-staple"}));
  EXPECT_EQ(after.files(), (std::vector<std::string>{testing::TempDir() + "a", testing::TempDir() + "b"}));
}

TEST(KnownSecretsTest, ASourceThatIsNotNamedAnyMoreIsForgotten) {
  OriginSecret both;
  AddFile(both, "a", FileOf("a", kOld));
  AddFile(both, "b", FileOf("b", kNew));
  OriginSecret one;
  AddFile(one, "b", FileOf("b", kNew));
  EXPECT_EQ(ValuesOf(KnownSecrets().Follow(both).value().Follow(one).value()), Values{"b=new-horse-battery-staple"});
}

// A source that must be present is read again: its value from when it could be absent does not count.
TEST(KnownSecretsTest, ASourceUnderAnotherRuleIsReadAgain) {
  OriginSecret message;
  AddFile(message, "a", "no/such/file").set_may_be_absent(true);
  const KnownSecrets absent = KnownSecrets().Follow(message).value();
  EXPECT_EQ(ValuesOf(absent), Values{});
  message.mutable_sources(0)->set_may_be_absent(false);
  EXPECT_EQ(absent.Follow(message).status().message(),
            "secret.sources[0].file: cannot be read: No such file or directory");
}

TEST(KnownSecretsTest, OneBrokenSourceKeepsItsValueAndNoOtherFromBeingTaken) {
  OriginSecret message;
  const std::string path = FileOf("a", kOld);
  AddFile(message, "a", path);
  AddFile(message, "b", FileOf("b", kOld));
  KnownSecrets secrets = KnownSecrets().Follow(message).value();
  const KnownSecrets before = secrets;
  EXPECT_TRUE(secrets.ReadAgain(How::kIfChanged).ok());
  EXPECT_TRUE(secrets.SameValues(before));
  std::filesystem::remove(path);
  FileOf("b", kNew);
  EXPECT_EQ(secrets.ReadAgain(How::kIfChanged).message(),
            "secret.sources[0].file: cannot be read: No such file or directory");
  EXPECT_EQ(ValuesOf(secrets), (Values{"a=old-horse-battery-staple", "b=new-horse-battery-staple"}));
  EXPECT_FALSE(secrets.SameValues(before));
}

TEST(KnownSecretsTest, ASourceThatMayBeAbsentTakesItsValueAway) {
  OriginSecret message;
  const std::string path = FileOf("a", kOld);
  AddFile(message, "a", path).set_may_be_absent(true);
  KnownSecrets secrets = KnownSecrets().Follow(message).value();
  std::filesystem::remove(path);
  EXPECT_TRUE(secrets.ReadAgain(How::kIfChanged).ok());
  EXPECT_EQ(ValuesOf(secrets), Values{});
}

TEST(KnownSecretsTest, TheBeginningOfAValueIsTakenOnlyWhenAsked) {
  OriginSecret message;
  const std::string longer = std::string(kOld) + "-and-more";
  AddFile(message, "a", FileOf("a", longer));
  KnownSecrets secrets = KnownSecrets().Follow(message).value();
  FileOf("a", kOld);
  const std::string error = std::string(secrets.ReadAgain(How::kIfChanged).message());
  EXPECT_EQ(
      error,
      "secret.sources[0].file: holds only the beginning of the value in force, as if it were half written; SIGHUP "
      "or \"viaductctl sidecar reload\" would take it");
  EXPECT_EQ(ValuesOf(secrets), Values{"a=" + longer});
  EXPECT_TRUE(secrets.ReadAgain(How::kAlways).ok());
  EXPECT_EQ(ValuesOf(secrets), Values{"a=old-horse-battery-staple"});
  FileOf("a", longer);
  EXPECT_TRUE(secrets.ReadAgain(How::kIfChanged).ok()) << "a longer value is no beginning";
}

}  // namespace
}  // namespace viaduct::sidecar
