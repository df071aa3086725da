#include "sidecar/config/config_sources.h"

#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "filter/builtin_ranges.h"
#include "filter/ip_ranges_json.h"
#include "filter/origin_secret.h"
#include "filter/policy.h"
#include "ip/address_ranges.h"
#include "ip/ip_address.h"
#include "net/event_loop.h"
#include "ops/config/watched_files.h"
#include "sidecar/config/config.h"
#include "sidecar/config/ranges/ranges_list.h"
#include "sidecar/config/reload_source.h"

namespace viaduct::sidecar {
namespace {

using std::chrono::hours;
using std::chrono::seconds;
using How = ConfigSources::How;

constexpr std::string_view kOldSecret = "old-horse-battery-staple";
constexpr std::string_view kNewSecret = "new-horse-battery-staple";

std::string Ranges(std::string_view prefix, std::string_view token = "1787411825") {
  return absl::StrCat("{\"syncToken\": \"", std::string(token),
                      "\", \"createDate\": \"2026-08-22-15-17-05\", \"prefixes\": [{\"ip_prefix\": \"",
                      std::string(prefix), "\", \"service\": \"CLOUDFRONT_ORIGIN_FACING\"}]}");
}

// A config with files of its own, at a time of the test's own.
class ConfigSourcesTest : public testing::Test {
 protected:
  ConfigSourcesTest() { std::filesystem::create_directory(folder_); }
  ~ConfigSourcesTest() override { std::filesystem::remove_all(folder_); }

  std::string Path(std::string_view name) const { return folder_ + "/" + std::string(name); }
  void Write(std::string_view name, std::string_view text) const {
    std::ofstream(Path(name), std::ios::binary) << text;
  }
  // `filter` are further members of vpc_origin, `more` of the config.
  void WriteConfig(std::string_view filter = "", std::string_view more = "") const {
    Write("config.yaml",
          absl::StrCat("listen: 127.0.0.1:0\nupstream: {address: 127.0.0.1:1}\nvpc_origin:\n  mode: ALB\n",
                       "  trusted_peers: [127.0.0.0/8]\n", std::string(filter), std::string(more)));
  }
  void Load() { sources_ = ConfigSources::Load(Path("config.yaml"), now_).value(); }
  // Looks twice, because a changed file is taken at the second look, unless all files are to be read.
  std::vector<ReloadResult> Look(How how = How::kIfChanged) {
    std::vector<ReloadResult> results = sources_->Look(how, now_);
    if (how == How::kAlways) return results;
    for (ReloadResult& result : sources_->Look(how, now_)) results.push_back(std::move(result));
    return results;
  }
  // Returns "config: ok" or "ranges: error" for each result.
  std::vector<std::string> Told(How how = How::kIfChanged) {
    std::vector<std::string> texts;
    for (const ReloadResult& result : Look(how)) {
      texts.push_back(absl::StrCat(std::string(kReloadSources.Name(result.source)), ": ",
                                   result.status.ok() ? absl::string_view("ok") : result.status.message()));
    }
    return texts;
  }
  bool IsEdge(std::string_view address) const {
    return sources_->config()->policy->IsEdge(*ip::IpAddress::Parse(address));
  }
  // Returns the name of the live value that `presented` is.
  std::string_view SecretName(std::string_view presented) const {
    const filter::OriginSecret& secret = sources_->config()->policy->secret();
    return secret.NameOf(secret.Match(presented));
  }
  std::string RangesMember(std::string_view more = "") const {
    return absl::StrCat("  edge_ranges: {file: ", Path("ranges.json"), std::string(more), "}\n");
  }
  std::string SecretMember() const {
    return absl::StrCat("  secret:\n    sources:\n    - {name: current, file: ", Path("current"),
                        "}\n    - {name: next, file: ", Path("next"), ", may_be_absent: true}\n");
  }

  using Texts = std::vector<std::string>;

  const std::string folder_ = testing::TempDir() + "sources";
  net::Clock::time_point now_{hours(1000)};
  std::optional<ConfigSources> sources_;
};

TEST_F(ConfigSourcesTest, WithoutAChangeNothingIsToldAndTheSettingsAreTheSame) {
  WriteConfig();
  Load();
  const auto before = sources_->config();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Told(), Texts{});
  EXPECT_EQ(sources_->config(), before);
}

TEST_F(ConfigSourcesTest, AChangeOfTheConfigIsTaken) {
  WriteConfig();
  Load();
  WriteConfig("  hosts: [example.com]\n", "timeouts: {idle_timeout: 7s}\n");
  EXPECT_EQ(Told(), Texts{"config: ok"});
  EXPECT_FALSE(sources_->config()->policy->AllowsHost("example.org"));
  EXPECT_EQ(sources_->config()->timeouts.idle_timeout, seconds(7));
  EXPECT_EQ(sources_->proto().timeouts().idle_timeout().seconds(), 7);
}

TEST_F(ConfigSourcesTest, ABrokenConfigChangesNothingAndIsToldOnce) {
  WriteConfig();
  Load();
  const auto before = sources_->config();
  WriteConfig("  hosts: [\"a b\"]\n");
  const Texts told = Told();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].find("config: " + Path("config.yaml") + ":6:11: vpc_origin.hosts[0]: \"a b\": "), 0u) << told[0];
  EXPECT_TRUE(sources_->stale(ReloadSource::kConfig));
  for (int i = 0; i < 5; ++i) {
    now_ += seconds(3);
    EXPECT_EQ(Told(), Texts{}) << "it is tried again, but nothing is new";
  }
  EXPECT_EQ(sources_->config(), before);
  WriteConfig("  hosts: [\"a b c\"]\n");
  EXPECT_EQ(Told().size(), 1u) << "something else is wrong";
  WriteConfig();
  EXPECT_EQ(Told(), Texts{"config: ok"});
  EXPECT_FALSE(sources_->stale(ReloadSource::kConfig));
}

// The beginning of a YAML text is often one, too.
TEST_F(ConfigSourcesTest, AHalfWrittenConfigIsNotLookedInto) {
  WriteConfig("  hosts: [example.com]\n", "timeouts: {idle_timeout: 7s}\n");
  Load();
  const auto before = sources_->config();
  WriteConfig("  hosts: [example.com]\n");
  EXPECT_TRUE(sources_->Look(How::kIfChanged, now_).empty());
  WriteConfig("  hosts: [example.com]\n", "timeouts: {idle_timeout: 8s}\n");
  EXPECT_TRUE(sources_->Look(How::kIfChanged, now_).empty());
  EXPECT_EQ(sources_->config(), before);
  EXPECT_EQ(Told(), Texts{"config: ok"});
  EXPECT_EQ(sources_->config()->timeouts.idle_timeout, seconds(8));
}

TEST_F(ConfigSourcesTest, AFileAloneRelaxesNothingAndWhoAsksDoes) {
  WriteConfig("  hosts: [example.com]\n");
  Load();
  WriteConfig();
  EXPECT_EQ(Told(), Texts{"config: " + Path("config.yaml") +
                          ":3:1: vpc_origin.hosts: is removed; a changed file alone does not do this: SIGHUP or "
                          "\"viaductctl sidecar reload\" would take it"});
  EXPECT_TRUE(sources_->stale(ReloadSource::kConfig));
  EXPECT_FALSE(sources_->config()->policy->AllowsHost("example.org"));
  EXPECT_EQ(Told(How::kAlways), Texts{"config: ok"});
  EXPECT_FALSE(sources_->stale(ReloadSource::kConfig));
  EXPECT_TRUE(sources_->config()->policy->AllowsHost("example.org"));
}

TEST_F(ConfigSourcesTest, TheBeginningOfASecretIsTakenOnlyWhenAsked) {
  const std::string cut(kOldSecret.substr(0, 18));
  Write("current", kOldSecret);
  WriteConfig(SecretMember());
  Load();
  Write("current", cut);
  const Texts told = Told();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_NE(told[0].find("secret.sources[0].file: holds only the beginning of the value in force"), std::string::npos)
      << told[0];
  EXPECT_EQ(told[0].find(cut), std::string::npos);
  EXPECT_EQ(SecretName(kOldSecret), "current");
  EXPECT_EQ(Told(How::kAlways).back(), "secrets: ok");
  EXPECT_EQ(SecretName(cut), "current");
}

TEST_F(ConfigSourcesTest, AHalfWrittenFileIsAFailureThatItsRestMends) {
  WriteConfig(RangesMember());
  Write("ranges.json", Ranges("10.1.0.0/16"));
  Load();
  const std::string next = Ranges("10.2.0.0/16");
  Write("ranges.json", next.substr(0, next.size() / 2));
  EXPECT_EQ(Told().size(), 1u);
  EXPECT_TRUE(IsEdge("10.1.0.1"));
  Write("ranges.json", next);
  EXPECT_EQ(Told(), Texts{"ranges: ok"});
  EXPECT_TRUE(IsEdge("10.2.0.1"));
}

TEST_F(ConfigSourcesTest, WhatNeedsARestartIsRefusedWhole) {
  WriteConfig();
  Load();
  WriteConfig("  hosts: [example.com]\n", "ops_listen: 127.0.0.1:2\n");
  EXPECT_EQ(Told(), Texts{"config: " + Path("config.yaml") +
                          ":7:13: ops_listen: \"127.0.0.1:2\": needs a restart, as it is \"127.0.0.1:9081\" now"});
  EXPECT_TRUE(sources_->config()->policy->AllowsHost("example.org"));
}

TEST_F(ConfigSourcesTest, ABrokenListOfRangesBlocksNoRotationOfTheSecretAndNoConfig) {
  Write("ranges.json", Ranges("10.1.0.0/16"));
  Write("current", kOldSecret);
  WriteConfig(RangesMember() + SecretMember());
  Load();
  Write("ranges.json", "{}");
  Write("next", kNewSecret);
  const Texts told = Told();
  ASSERT_EQ(told.size(), 2u);
  EXPECT_EQ(told[0], "ranges: " + Path("config.yaml") + ":6:23: vpc_origin.edge_ranges.file: \"" + Path("ranges.json") +
                         "\": line 1, column 1: the document has no \"syncToken\"");
  EXPECT_EQ(told[1], "secrets: ok");
  EXPECT_EQ(SecretName(kNewSecret), "next");
  EXPECT_TRUE(IsEdge("10.1.0.1"));
  WriteConfig(RangesMember() + SecretMember() + "  hosts: [example.com]\n");
  EXPECT_EQ(Told(), Texts{"config: ok"});
  EXPECT_FALSE(sources_->config()->policy->AllowsHost("example.org"));
  EXPECT_TRUE(IsEdge("10.1.0.1"));
  EXPECT_TRUE(sources_->stale(ReloadSource::kRanges));
}

TEST_F(ConfigSourcesTest, AnEmptyListLocksNobodyOut) {
  Write("ranges.json", Ranges("10.1.0.0/16"));
  WriteConfig(RangesMember());
  Load();
  Write("ranges.json", R"({"syncToken": "1", "createDate": "2026-08-22-15-17-05", "prefixes": []})");
  const Texts told = Told();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_NE(told[0].find("the document has no prefix of service CLOUDFRONT_ORIGIN_FACING"), std::string::npos);
  EXPECT_TRUE(IsEdge("10.1.0.1"));
}

TEST_F(ConfigSourcesTest, ASecretIsRotatedInThreeSteps) {
  Write("current", kOldSecret);
  WriteConfig(SecretMember());
  Load();
  EXPECT_EQ(SecretName(kOldSecret), "current");
  EXPECT_EQ(SecretName(kNewSecret), "");
  Write("next", kNewSecret);
  EXPECT_EQ(Told(), Texts{"secrets: ok"});
  EXPECT_EQ(SecretName(kOldSecret), "current");
  EXPECT_EQ(SecretName(kNewSecret), "next");
  Write("current", kNewSecret);
  std::filesystem::remove(Path("next"));
  EXPECT_EQ(Told(), Texts{"secrets: ok"});
  EXPECT_EQ(SecretName(kOldSecret), "");
  EXPECT_EQ(SecretName(kNewSecret), "current");
}

TEST_F(ConfigSourcesTest, ASecretThatIsGoneStaysInForceAndIsNotTold) {
  Write("current", kOldSecret);
  WriteConfig(SecretMember());
  Load();
  Write("current", "short-secret");
  const Texts told = Told();
  ASSERT_EQ(told.size(), 1u);
  EXPECT_EQ(told[0].find("secrets: " + Path("config.yaml") + ":7:"), 0u) << told[0];
  EXPECT_EQ(told[0].find("short-secret"), std::string::npos);
  EXPECT_EQ(SecretName(kOldSecret), "current");
}

TEST_F(ConfigSourcesTest, RemovedPrefixesCountForTheGraceTimeAndNoLonger) {
  Write("ranges.json", Ranges("10.1.0.0/16"));
  WriteConfig(RangesMember(", removal_grace: 2h"));
  Load();
  Write("ranges.json", Ranges("10.2.0.0/16"));
  EXPECT_EQ(Told(), Texts{"ranges: ok"});
  for (const auto passed : {seconds(0), seconds(hours(1)), seconds(hours(1)) - seconds(1)}) {
    now_ += passed;
    Look();
    EXPECT_TRUE(IsEdge("10.1.0.1"));
    EXPECT_TRUE(IsEdge("10.2.0.1"));
  }
  EXPECT_EQ(sources_->removed().size(), 1u);
  now_ += seconds(1);
  EXPECT_EQ(Told(), Texts{});
  EXPECT_FALSE(IsEdge("10.1.0.1"));
  EXPECT_TRUE(IsEdge("10.2.0.1"));
}

TEST_F(ConfigSourcesTest, WithoutAGraceTimeWhatIsRemovedIsGone) {
  Write("ranges.json", Ranges("10.1.0.0/16"));
  WriteConfig(RangesMember(", removal_grace: 0s"));
  Load();
  Write("ranges.json", Ranges("10.2.0.0/16"));
  Look();
  EXPECT_FALSE(IsEdge("10.1.0.1"));
  EXPECT_TRUE(IsEdge("10.2.0.1"));
}

TEST_F(ConfigSourcesTest, AnOlderListIsTakenFromAnOperatorWithAWarning) {
  Write("ranges.json", Ranges("10.1.0.0/16", "1000"));
  WriteConfig(RangesMember());
  Load();
  Write("ranges.json", Ranges("10.2.0.0/16", "999"));
  const std::vector<ReloadResult> results = Look();
  ASSERT_EQ(results.size(), 1u);
  EXPECT_TRUE(results[0].status.ok());
  EXPECT_NE(results[0].warning, "");
  EXPECT_TRUE(IsEdge("10.2.0.1"));
}

TEST_F(ConfigSourcesTest, AFetchedListTakesThePlaceOfAnOlderOneOnly) {
  WriteConfig("  edge_ranges: {refresh: {}}\n");
  Load();
  filter::IpRanges fetched = filter::BuiltinRanges();
  fetched.prefixes = {ip::AddressPrefix::Parse("10.3.0.0/16").value()};
  fetched.sync_token = "1";
  const ReloadResult older = sources_->TakeFetched(fetched, now_);
  EXPECT_TRUE(older.status.ok());
  EXPECT_NE(older.warning, "");
  EXPECT_FALSE(IsEdge("10.3.0.1"));
  fetched.sync_token = "9" + filter::BuiltinRanges().sync_token;
  EXPECT_TRUE(sources_->TakeFetched(fetched, now_).news);
  EXPECT_TRUE(IsEdge("10.3.0.1"));
  EXPECT_EQ(sources_->ranges().source, RangesSource::kFetched);
  EXPECT_FALSE(sources_->TakeFetched(std::nullopt, now_).news);
  EXPECT_EQ(Told(How::kAlways), Texts{"config: ok"});
  EXPECT_TRUE(IsEdge("10.3.0.1")) << "reading all again does not bring the built-in list back";
  WriteConfig();
  EXPECT_EQ(Told(), Texts{"config: ok"});
  EXPECT_EQ(sources_->ranges().source, RangesSource::kBuiltin) << "without a refresh there is no fetched list";
}

TEST_F(ConfigSourcesTest, AFailedFetchKeepsTheListAndIsToldOnce) {
  WriteConfig("  edge_ranges: {refresh: {}}\n");
  Load();
  const auto before = sources_->config();
  EXPECT_TRUE(sources_->TakeFetched(absl::UnavailableError("no route"), now_).news);
  EXPECT_TRUE(sources_->stale(ReloadSource::kRefresh));
  EXPECT_FALSE(sources_->TakeFetched(absl::UnavailableError("no route"), now_).news);
  EXPECT_TRUE(sources_->TakeFetched(std::nullopt, now_).news) << "it is well again";
  EXPECT_FALSE(sources_->stale(ReloadSource::kRefresh));
  EXPECT_EQ(sources_->config(), before);
}

// A file that the config begins to name belongs to the change of the config.
TEST_F(ConfigSourcesTest, AConfigThatNamesABrokenFileIsTakenOnceThatIsMended) {
  WriteConfig();
  Load();
  Write("ranges.json", "{}");
  WriteConfig(RangesMember());
  EXPECT_EQ(Told().size(), 1u);
  EXPECT_EQ(sources_->ranges().source, RangesSource::kBuiltin);
  while (!Told().empty()) continue;
  Look();
  Write("ranges.json", Ranges("10.1.0.0/16"));
  EXPECT_EQ(Told(), Texts{});
  now_ += ops::WatchedFiles::kRetryAfter;
  EXPECT_EQ(Told(), Texts{"config: ok"});
  EXPECT_TRUE(IsEdge("10.1.0.1"));
}

TEST_F(ConfigSourcesTest, AllIsReadAgainWhenAsked) {
  Write("ranges.json", Ranges("10.1.0.0/16"));
  Write("current", kOldSecret);
  WriteConfig(RangesMember() + SecretMember());
  Load();
  EXPECT_EQ(Told(How::kAlways), (Texts{"config: ok", "ranges: ok", "secrets: ok"}));
}

// The files of one part do not affect another: here those of the admin API, which are read only at the start.
TEST_F(ConfigSourcesTest, CredentialsThatAreGoneBlockNoRotationOfTheSecret) {
  Write("token", "a-bearer-token-of-the-admin-api-0123456789\n");
  Write("current", kOldSecret);
  WriteConfig(SecretMember(), "admin: {tcp: {listen: \"127.0.0.1:0\", bearer_token_file: " + Path("token") + "}}\n");
  Load();
  std::filesystem::remove(Path("token"));
  Write("next", kNewSecret);
  EXPECT_EQ(Told(), Texts{"secrets: ok"});
  EXPECT_EQ(SecretName(kNewSecret), "next");
}

}  // namespace
}  // namespace viaduct::sidecar
