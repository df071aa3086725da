#include "ctl/options/sort_key.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "api/admin/v1/sidecar_admin.pb.h"

namespace viaduct::ctl {
namespace {

using admin::v1::Tunnel;

std::vector<Tunnel> Three() {
  std::vector<Tunnel> tunnels(3);
  const char* const names[] = {"b", "a", "c"};
  for (int i = 0; i < 3; ++i) {
    Tunnel& tunnel = tunnels[static_cast<std::size_t>(i)];
    tunnel.set_name(names[i]);
    tunnel.mutable_from_viewer()->set_bytes(i == 2 ? 9 : 100);
    if (i > 0) tunnel.mutable_open_time()->set_seconds(10 - i);
  }
  return tunnels;
}

std::string Sorted(const char* field) {
  std::vector<Tunnel> tunnels = Three();
  SortKey::Create(*Tunnel::descriptor(), field)->Sort(&tunnels);
  std::string names;
  for (const Tunnel& tunnel : tunnels) names += tunnel.name();
  return names;
}

TEST(SortKeyTest, ValuesAreComparedByTheirTypeAndEqualOnesKeepTheirOrder) {
  EXPECT_EQ(Sorted("name"), "abc");
  EXPECT_EQ(Sorted("-name"), "cba");
  EXPECT_EQ(Sorted("from_viewer.bytes"), "cba");
  EXPECT_EQ(Sorted("-from_viewer.bytes"), "bac");
}

TEST(SortKeyTest, WhatIsNotSetComesFirst) {
  EXPECT_EQ(Sorted("open_time"), "bca");
  EXPECT_EQ(Sorted("-open_time"), "acb");
}

TEST(SortKeyTest, AnUnknownFieldIsNamedWithTheClosest) {
  EXPECT_EQ(std::string(SortKey::Create(*Tunnel::descriptor(), "rom").status().message()),
            "--sort \"rom\": unknown field: did you mean room?");
  const std::string none(SortKey::Create(*Tunnel::descriptor(), "-xyzzy").status().message());
  EXPECT_NE(none.find("the fields are awaiting_pong, "), std::string::npos) << none;
  EXPECT_FALSE(SortKey::Create(*Tunnel::descriptor(), "would_deny").ok()) << "a list has no order";
}

}  // namespace
}  // namespace viaduct::ctl
