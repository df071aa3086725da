#include "filter/policy_from_proto.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "api/filter/v1/filter.pb.h"
#include "filter/builtin_ranges.h"

namespace viaduct {
namespace {

using filter::v1::VpcOrigin;

VpcOrigin Minimal() {
  VpcOrigin message;
  message.set_mode(filter::v1::ALB);
  message.add_trusted_peers("10.10.8.0/24");
  return message;
}

std::string ErrorOf(const VpcOrigin& message) { return std::string(PolicySpecFromProto(message).status().message()); }

// Writes a file of this test's own and returns its path.
std::string FileOf(std::string_view name, std::string_view text) {
  const std::string path = testing::TempDir() + std::string(name);
  std::ofstream(path, std::ios::binary) << text;
  return path;
}

TEST(PolicySpecFromProtoTest, TakesEveryField) {
  VpcOrigin message = Minimal();
  message.mutable_edge_ranges()->add_extra("127.0.0.1/32");
  message.add_hosts("chat.example.com");
  message.add_origins("same-host");
  const absl::StatusOr<PolicySpec> spec = PolicySpecFromProto(message);
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
  EXPECT_EQ(ErrorOf(message), "mode: is required, ALB, NLB or DIRECT, since it decides which bytes are believed");
  message.set_mode(static_cast<filter::v1::Mode>(7));
  EXPECT_EQ(ErrorOf(message), R"(mode: "7": is not ALB, NLB or DIRECT)");
}

TEST(PolicySpecFromProtoTest, TakesEachMode) {
  const std::pair<filter::v1::Mode, EdgeMode> modes[] = {
      {filter::v1::ALB, EdgeMode::kAlb}, {filter::v1::NLB, EdgeMode::kNlb}, {filter::v1::DIRECT, EdgeMode::kDirect}};
  for (const auto& [said, meant] : modes) {
    VpcOrigin message = Minimal();
    message.set_mode(said);
    const absl::StatusOr<PolicySpec> spec = PolicySpecFromProto(message);
    ASSERT_TRUE(spec.ok()) << spec.status();
    EXPECT_EQ(spec->mode, meant);
  }
}

TEST(PolicySpecFromProtoTest, ModeDirectHasNoCheckOfTrustedPeers) {
  VpcOrigin message = Minimal();
  message.set_mode(filter::v1::DIRECT);
  message.set_trusted_peer(filter::v1::ENFORCE);
  EXPECT_EQ(ErrorOf(message), "trusted_peer: is no check of mode DIRECT, where edge_range judges the peer");
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
      (message.*set.set)(said);
      const absl::StatusOr<PolicySpec> spec = PolicySpecFromProto(message);
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

TEST(PolicySpecFromProtoTest, ReadsTheFileOfRanges) {
  VpcOrigin message = Minimal();
  message.mutable_edge_ranges()->set_file("filter/data/ip-ranges-cloudfront.json");
  const absl::StatusOr<PolicySpec> spec = PolicySpecFromProto(message);
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_EQ(spec->edge_ranges.prefixes.size(), 49u);
}

TEST(PolicySpecFromProtoTest, ABadFileOfRangesIsAnErrorAndNeverTheBuiltInList) {
  VpcOrigin message = Minimal();
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

}  // namespace
}  // namespace viaduct
