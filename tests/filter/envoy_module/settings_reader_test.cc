#include "filter/envoy_module/settings_reader.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <string_view>

#include "ip/ip_address.h"
#include "tests/filter/envoy_module/fake_sources.h"
#include "tests/filter/request_builder.h"

namespace viaduct::filter {
namespace {

using Read = text::Result<std::shared_ptr<const Policy>>;

FakeSources Sources() {
  FakeSources sources;
  sources.files = {{"/run/secret", "correct-horse-battery-staple\n"},
                   {"/run/both", R"({"HEADERVALUE": "correct-horse-battery-staple", "NEXTVALUE": ""})"},
                   {"/run/empty", ""},
                   {"/run/short", "hunter2"},
                   {"/run/ranges.json", R"({"syncToken": "1", "createDate": "2026-01-01-00-00-00", "prefixes":
                       [{"ip_prefix": "203.0.113.0/24", "service": "CLOUDFRONT_ORIGIN_FACING"}]})"}};
  sources.environment = {{"SECRET", "staple-battery-horse-correct-correct"}};
  return sources;
}

Read ReadIt(std::string_view json, bool tells_direct_peer = true) {
  return ReadSettings(json, Sources(), tells_direct_peer);
}

std::string ErrorOf(std::string_view json) {
  const Read read = ReadIt(json);
  return read.ok() ? "no error" : read.error().message;
}

TEST(ReadSettingsTest, ReadsEverySetting) {
  const Read read = ReadIt(R"({
    "mode": "nlb", "trusted_peers": ["10.10.8.0/24"], "trusted_peer": "ENFORCE",
    "edge_ranges": {"file": "/run/ranges.json", "extra": ["198.51.100.0/24"]}, "edge_range": "MONITOR",
    "via": "OFF", "cf_id": "monitor", "hosts": ["chat.example.com"], "host": "MONITOR",
    "origins": ["https://chat.example.com"], "origin": "OFF",
    "secret": {"header": "X-Our-Mark", "sources": [
      {"name": "current", "file": "/run/secret", "format": "TEXT"},
      {"name": "next", "environment": "SECRET"},
      {"name": "json", "file": "/run/both", "format": "SECRETS_MANAGER_JSON"},
      {"name": "later", "file": "/run/both", "json_key": "NEXTVALUE", "may_be_absent": true},
      {"name": "none", "file": "/run/none", "may_be_absent": true}]},
    "secret_enforcement": "MONITOR"})");
  ASSERT_TRUE(read.ok()) << read.error().message;
  const Policy& policy = **read;
  EXPECT_EQ(policy.mode(), EdgeMode::kNlb);
  EXPECT_TRUE(policy.TrustsPeer(AddressOf("10.10.8.96")));
  EXPECT_TRUE(policy.IsEdge(AddressOf("203.0.113.7")));
  EXPECT_TRUE(policy.IsEdge(AddressOf("198.51.100.7")));
  EXPECT_FALSE(policy.IsEdge(AddressOf("130.176.114.52"))) << "the file replaces the built-in list";
  EXPECT_FALSE(policy.AllowsHost("evil.example"));
  EXPECT_FALSE(policy.AllowsOrigin("https://evil.example", ""));
  EXPECT_EQ(policy.secret().header(), "x-our-mark");
  EXPECT_EQ(std::vector<std::string>(policy.secret().generations().begin(), policy.secret().generations().end()),
            (std::vector<std::string>{"current", "next", "json"}));
  EXPECT_EQ(policy.secret().Match("staple-battery-horse-correct-correct"), 1u);
  const CheckEnforcements& enforcements = policy.enforcements();
  EXPECT_EQ(enforcements.trusted_peer, Enforcement::kEnforce);
  EXPECT_EQ(enforcements.edge_range, Enforcement::kMonitor);
  EXPECT_EQ(enforcements.via, Enforcement::kOff);
  EXPECT_EQ(enforcements.cf_id, Enforcement::kMonitor);
  EXPECT_EQ(enforcements.host, Enforcement::kMonitor);
  EXPECT_EQ(enforcements.origin, Enforcement::kOff);
  EXPECT_EQ(enforcements.secret, Enforcement::kMonitor);
}

TEST(ReadSettingsTest, WhatIsAbsentIsEnforced) {
  const Read read = ReadIt(R"({"mode": "ALB", "trusted_peers": ["10.10.8.0/24"], "hosts": null})");
  ASSERT_TRUE(read.ok()) << read.error().message;
  EXPECT_TRUE((*read)->IsEdge(AddressOf("130.176.114.52"))) << "the built-in list";
  const CheckEnforcements& enforcements = (*read)->enforcements();
  for (const Enforcement each : {enforcements.trusted_peer, enforcements.edge_range, enforcements.via,
                                 enforcements.cf_id, enforcements.host, enforcements.origin}) {
    EXPECT_EQ(each, Enforcement::kEnforce);
  }
  EXPECT_FALSE((*read)->secret().required());
}

TEST(ReadSettingsTest, ModeNlbNeedsAProxyThatShowsThePeer) {
  const Read read = ReadIt(R"({"mode": "NLB", "trusted_peers": ["10.10.8.0/24"]})", /*tells_direct_peer=*/false);
  ASSERT_FALSE(read.ok());
  EXPECT_TRUE(read.error().message.starts_with("mode: NLB needs Envoy 1.40")) << read.error().message;
}

TEST(ReadSettingsTest, WhatIsNoJsonIsNotRepeated) {
  constexpr std::string_view kNotJson = "not JSON; write the settings as a Struct, or as JSON in a StringValue";
  for (const std::string_view text : {"{", "mode: ALB", "\xff", "{\"mode\": \"ALB\"} x"}) {
    EXPECT_EQ(ErrorOf(text), kNotJson) << text;
  }
  EXPECT_EQ(ErrorOf(""), "mode: is required: ALB, NLB or DIRECT; it decides which bytes are believed");
  EXPECT_EQ(ErrorOf("[]"), "expected a mapping, not a list");
  EXPECT_EQ(ErrorOf(R"({"mode": "ALB", "mode": "DIRECT"})"), "a member is given twice in one mapping");
  EXPECT_EQ(ErrorOf(std::string(100, '[') + std::string(100, ']')), "nested too deeply");
  EXPECT_EQ(ErrorOf(std::string((1 << 20) + 1, ' ')), "longer than 1 MiB");
}

TEST(ReadSettingsTest, AnErrorNamesItsFieldAndTheRule) {
  struct Case {
    std::string_view settings;  // beside a good mode and trusted peer
    std::string_view error;
  };
  const Case cases[] = {
      {R"("trusted_peer": "MAYBE")", R"(trusted_peer: "MAYBE": expected one of ENFORCE, MONITOR, OFF)"},
      {R"("via": true)", "via: expected a text, not a boolean"},
      {R"("hosts": "a")", "hosts: expected a list, not a text"},
      {R"("hosts": ["a", 7])", "hosts[1]: expected a text, not a number"},
      {R"("hosts": [null])", "hosts[0]: empty list item"},
      {R"("hosts": ["a b"])", R"(hosts[0]: "a b": is not a host name; names beyond ASCII must be in their xn-- form)"},
      {R"("originz": [])", R"(originz: unknown field; did you mean "origins"?)"},
      {R"("edge_ranges": {"refresh": {}})",
       "edge_ranges.refresh: the module fetches nothing; only the sidecar does. Give it a file, and load it again by "
       "LDS"},
      {R"("edge_ranges": {"max_age": "1h"})",
       "edge_ranges.max_age: the module does not watch the list's age; only the sidecar does"},
      {R"("edge_ranges": {"removal_grace": "1h"})",
       "edge_ranges.removal_grace: the module takes a list as it is; only the sidecar keeps prefixes for a while"},
      {R"("edge_ranges": {"file": "/run/none"})",
       R"(edge_ranges.file: "/run/none": cannot be read: No such file or directory)"},
      {R"("edge_ranges": {"file": "/run/secret"})",
       R"(edge_ranges.file: "/run/secret": line 1, column 1: not JSON: syntax error while parsing value - invalid literal)"},
      {R"("secret_enforcement": "MONITOR")", "secret_enforcement: there is no secret to check"},
      {R"("secret": {})", "secret.sources: at least one must have a value"},
      {R"("secret": {"sources": [{"name": "a"}]})", "secret.sources[0].file: is required, or environment"},
      {R"("secret": {"sources": [{"name": "a", "file": "/run/secret", "environment": "SECRET"}]})",
       R"(secret.sources[0].environment: may not be given together with "file")"},
      {R"("secret": {"sources": [{"name": "a", "environment": "NONE"}]})",
       "secret.sources[0].environment: no such variable is set, or it is empty"},
      {R"("secret": {"sources": [{"name": "a", "file": "/run/empty"}]})", "secret.sources[0].file: is empty"},
      {R"("secret": {"sources": [{"name": "a", "file": "/run/none"}]})",
       "secret.sources[0].file: cannot be read: No such file or directory"},
      {R"("secret": {"sources": [{"name": "a", "file": "/run/both"}]})",
       R"(secret.sources[0].file: "/run/both": is a JSON object; name the member that is the value in json_key)"},
      {R"("secret": {"sources": [{"name": "a", "file": "/run/both", "json_key": "X"}]})",
       R"(secret.sources[0].file: "/run/both": has no member "X")"},
      {R"("secret": {"sources": [{"name": "a", "file": "/run/secret", "format": "TEXT", "json_key": "X"}]})",
       R"(secret.sources[0].json_key: "X": needs format: SECRETS_MANAGER_JSON)"},
  };
  for (const Case& c : cases) {
    const std::string json = R"({"mode": "ALB", "trusted_peers": ["10.10.8.0/24"], )" + std::string(c.settings) + "}";
    EXPECT_EQ(ErrorOf(json), c.error) << c.settings;
  }
}

TEST(ReadSettingsTest, WhatMayBeASecretIsNotRepeated) {
  for (const std::string_view secret :
       {R"({"hunter2-hunter2-hunter2": 1})", R"("hunter2")", R"({"sources": ["hunter2"]})",
        R"({"header": {"hunter2": 1}})", R"({"sources": [{"hunter2": 1}]})",
        R"({"sources": [{"name": "a", "file": "/run/secret", "format": "hunter2"}]})",
        R"({"sources": [{"name": "a", "environment": "hunter2"}]})",
        R"({"sources": [{"name": "a", "file": "hunter2"}]})", R"({"sources": [{"name": "a", "file": "/run/short"}]})",
        R"({"sources": [{"name": "Hunter2", "file": "/run/secret"}]})"}) {
    const std::string error =
        ErrorOf(R"({"mode": "ALB", "trusted_peers": ["10.10.8.0/24"], "secret": )" + std::string(secret) + "}");
    EXPECT_NE(error, "no error") << secret;
    EXPECT_EQ(error.find("unter2"), std::string::npos) << error;
  }
}

}  // namespace
}  // namespace viaduct::filter
