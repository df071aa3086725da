#include "filter/policy_from_proto.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "api/filter/v1/filter.pb.h"
#include "filter/builtin_ranges.h"

namespace viaduct::filter {
namespace {

using filter::v1::VpcOrigin;

VpcOrigin Minimal() {
  VpcOrigin message;
  message.set_mode(filter::v1::ALB);
  message.add_trusted_peers("10.10.8.0/24");
  return message;
}

PolicyInputs Inputs() { return {.edge_ranges = BuiltinRanges(), .secrets = {}}; }

std::string ErrorOf(const VpcOrigin& message) {
  return std::string(PolicySpecFromProto(message, Inputs()).status().message());
}

TEST(PolicySpecFromProtoTest, TakesEveryField) {
  VpcOrigin message = Minimal();
  message.mutable_edge_ranges()->add_extra("127.0.0.1/32");
  message.add_hosts("chat.example.com");
  message.add_origins("same-host");
  const absl::StatusOr<PolicySpec> spec = PolicySpecFromProto(message, Inputs());
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->trusted_peers, std::vector<std::string>{"10.10.8.0/24"});
  EXPECT_EQ(spec->extra_edges, std::vector<std::string>{"127.0.0.1/32"});
  EXPECT_EQ(spec->hosts, std::vector<std::string>{"chat.example.com"});
  EXPECT_EQ(spec->origins, std::vector<std::string>{"same-host"});
  EXPECT_EQ(spec->edge_ranges.create_date, BuiltinRanges().create_date);
  EXPECT_EQ(spec->edge_ranges.prefixes.size(), BuiltinRanges().prefixes.size());
  EXPECT_TRUE(Policy::Create(*spec).ok());
}

TEST(PolicySpecFromProtoTest, TheModeMustBeSaid) {
  VpcOrigin message = Minimal();
  message.clear_mode();
  EXPECT_EQ(ErrorOf(message), "mode: is required: ALB, NLB or DIRECT; it decides which bytes are believed");
  message.set_mode(static_cast<filter::v1::Mode>(7));
  EXPECT_EQ(ErrorOf(message), R"(mode: "7": is not ALB, NLB or DIRECT)");
}

TEST(PolicySpecFromProtoTest, TakesEachMode) {
  const std::pair<filter::v1::Mode, EdgeMode> modes[] = {
      {filter::v1::ALB, EdgeMode::kAlb}, {filter::v1::NLB, EdgeMode::kNlb}, {filter::v1::DIRECT, EdgeMode::kDirect}};
  for (const auto& [said, meant] : modes) {
    VpcOrigin message = Minimal();
    message.set_mode(said);
    const absl::StatusOr<PolicySpec> spec = PolicySpecFromProto(message, Inputs());
    ASSERT_TRUE(spec.ok()) << spec.status();
    EXPECT_EQ(spec->mode, meant);
  }
}

TEST(PolicySpecFromProtoTest, ModeDirectHasNoCheckOfTrustedPeers) {
  VpcOrigin message = Minimal();
  message.set_mode(filter::v1::DIRECT);
  message.set_trusted_peer(filter::v1::ENFORCE);
  EXPECT_EQ(ErrorOf(message), "trusted_peer: mode DIRECT does not make this check; edge_range judges the peer there");
  message.set_trusted_peer(filter::v1::OFF);
  EXPECT_TRUE(PolicySpecFromProto(message, Inputs()).ok());
}

TEST(WriteDefaultsTest, WritesWhatDependsOnOtherFields) {
  VpcOrigin message = Minimal();
  WriteDefaults(&message);
  EXPECT_EQ(message.trusted_peer(), filter::v1::ENFORCE);
  EXPECT_FALSE(message.has_secret());
  EXPECT_EQ(message.secret_enforcement(), filter::v1::ENFORCEMENT_UNSPECIFIED);

  message.clear_trusted_peer();
  message.set_mode(filter::v1::DIRECT);
  message.mutable_secret()->add_sources()->set_file("a");
  message.mutable_secret()->add_sources()->set_json_key("k");
  message.mutable_secret()->add_sources()->set_format(filter::v1::SECRETS_MANAGER_JSON);
  WriteDefaults(&message);
  EXPECT_EQ(message.trusted_peer(), filter::v1::OFF);
  EXPECT_EQ(message.secret_enforcement(), filter::v1::ENFORCE);
  EXPECT_EQ(message.secret().sources(0).format(), filter::v1::TEXT);
  EXPECT_EQ(message.secret().sources(0).json_key(), "");
  EXPECT_EQ(message.secret().sources(1).format(), filter::v1::SECRETS_MANAGER_JSON);
  EXPECT_EQ(message.secret().sources(1).json_key(), "k");
  EXPECT_EQ(message.secret().sources(2).json_key(), OriginSecret::kDefaultJsonKey);
  EXPECT_TRUE(PolicySpecFromProto(message, Inputs()).ok()) << "what is written is read back";
}

TEST(PolicySpecFromProtoTest, EachCheckHasItsOwnEnforcement) {
  using Setter = void (VpcOrigin::*)(filter::v1::Enforcement);
  struct Case {
    std::string_view field;
    Setter set;
    Enforcement CheckEnforcements::* member;
  };
  const Case cases[] = {
      {"trusted_peer", &VpcOrigin::set_trusted_peer, &CheckEnforcements::trusted_peer},
      {"edge_range", &VpcOrigin::set_edge_range, &CheckEnforcements::edge_range},
      {"via", &VpcOrigin::set_via, &CheckEnforcements::via},
      {"cf_id", &VpcOrigin::set_cf_id, &CheckEnforcements::cf_id},
      {"host", &VpcOrigin::set_host, &CheckEnforcements::host},
      {"origin", &VpcOrigin::set_origin, &CheckEnforcements::origin},
      {"secret_enforcement", &VpcOrigin::set_secret_enforcement, &CheckEnforcements::secret},
  };
  const std::pair<filter::v1::Enforcement, Enforcement> values[] = {
      {filter::v1::ENFORCEMENT_UNSPECIFIED, Enforcement::kEnforce},
      {filter::v1::ENFORCE, Enforcement::kEnforce},
      {filter::v1::MONITOR, Enforcement::kMonitor},
      {filter::v1::OFF, Enforcement::kOff},
  };
  for (const Case& set : cases) {
    for (const auto& [said, meant] : values) {
      VpcOrigin message = Minimal();
      message.mutable_secret();
      (message.*set.set)(said);
      const absl::StatusOr<PolicySpec> spec = PolicySpecFromProto(message, Inputs());
      ASSERT_TRUE(spec.ok()) << spec.status();
      for (const Case& other : cases) {
        const Enforcement expected = other.field == set.field ? meant : Enforcement::kEnforce;
        EXPECT_EQ(spec->enforcements.*other.member, expected) << set.field << " " << other.field;
      }
    }
    VpcOrigin message = Minimal();
    (message.*set.set)(static_cast<filter::v1::Enforcement>(9));
    EXPECT_EQ(ErrorOf(message), std::string(set.field) + R"(: "9": is not ENFORCE, MONITOR or OFF)");
  }
}

TEST(PolicySpecFromProtoTest, TakesWhatTheSecretsSourcesHeld) {
  VpcOrigin message = Minimal();
  EXPECT_FALSE(PolicySpecFromProto(message, Inputs())->secret.has_value());

  message.mutable_secret()->set_header("X-Our-Mark");
  PolicyInputs inputs = Inputs();
  inputs.secrets = {{"current", "0123456789abcdef"}};
  const absl::StatusOr<PolicySpec> spec = PolicySpecFromProto(message, inputs);
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->secret->header, "X-Our-Mark");
  ASSERT_EQ(spec->secret->values.size(), 1u);
  EXPECT_EQ(spec->secret->values[0].name, "current");
  EXPECT_EQ(spec->secret->values[0].value, "0123456789abcdef");
}

TEST(PolicySpecFromProtoTest, ASecretWithoutAValueIsNoPolicy) {
  VpcOrigin message = Minimal();
  message.mutable_secret();
  const absl::StatusOr<PolicySpec> spec = PolicySpecFromProto(message, Inputs());
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(Policy::Create(*spec).error().message, "secret.sources: at least one must have a value");
}

TEST(PolicySpecFromProtoTest, ASecretThatIsNotThereHasNoEnforcement) {
  VpcOrigin message = Minimal();
  message.set_secret_enforcement(filter::v1::ENFORCE);
  EXPECT_EQ(ErrorOf(message), "secret_enforcement: there is no secret to check");
}

}  // namespace
}  // namespace viaduct::filter
