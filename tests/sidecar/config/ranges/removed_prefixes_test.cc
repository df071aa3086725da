#include "sidecar/config/ranges/removed_prefixes.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ip/address_ranges.h"

namespace viaduct::sidecar {
namespace {

using std::chrono::hours;
using std::chrono::nanoseconds;

constexpr net::Clock::time_point kStart{hours(1000)};
constexpr hours kGrace{24};

std::vector<ip::AddressPrefix> Prefixes(std::vector<std::string> texts) { return ip::ParsePrefixes(texts).value(); }

const std::vector<ip::AddressPrefix> kNone;
const std::vector<ip::AddressPrefix> kA = Prefixes({"10.0.0.0/24"});
const std::vector<ip::AddressPrefix> kB = Prefixes({"10.0.1.0/24"});
const std::vector<ip::AddressPrefix> kAB = Prefixes({"10.0.1.0/24", "10.0.0.0/24"});

TEST(RemovedPrefixesTest, WhatANewListLacksIsRemoved) {
  RemovedPrefixes removed;
  removed.Replace(kAB, kB, kStart);
  EXPECT_EQ(removed.prefixes(), kA);
}

TEST(RemovedPrefixesTest, TheFirstListRemovesNothing) {
  RemovedPrefixes removed;
  removed.Replace(kNone, kAB, kStart);
  EXPECT_EQ(removed.size(), 0u);
}

TEST(RemovedPrefixesTest, TheGraceTimeIsOverAtItsEndAndNotBefore) {
  RemovedPrefixes removed;
  removed.Replace(kAB, kB, kStart);
  for (const net::Clock::time_point still : {kStart, kStart + kGrace / 2, kStart + kGrace - nanoseconds(1)}) {
    EXPECT_FALSE(removed.HasExpired(still, kGrace));
    removed.Expire(still, kGrace);
    EXPECT_EQ(removed.prefixes(), kA);
  }
  EXPECT_TRUE(removed.HasExpired(kStart + kGrace, kGrace));
  removed.Expire(kStart + kGrace, kGrace);
  EXPECT_EQ(removed.size(), 0u);
}

// It does not depend on how often the list changes: else a list that changes every hour would keep everything for ever.
TEST(RemovedPrefixesTest, EachPrefixHasAGraceTimeOfItsOwn) {
  RemovedPrefixes removed;
  removed.Replace(kAB, kB, kStart);
  removed.Replace(kB, Prefixes({"10.0.2.0/24"}), kStart + kGrace / 2);
  EXPECT_EQ(removed.prefixes(), Prefixes({"10.0.0.0/24", "10.0.1.0/24"}));
  removed.Expire(kStart + kGrace, kGrace);
  EXPECT_EQ(removed.prefixes(), kB);
  removed.Expire(kStart + kGrace / 2 + kGrace - nanoseconds(1), kGrace);
  EXPECT_EQ(removed.prefixes(), kB);
  removed.Expire(kStart + kGrace / 2 + kGrace, kGrace);
  EXPECT_EQ(removed.size(), 0u);
}

TEST(RemovedPrefixesTest, WhatComesBackIsNotRemovedAnyMore) {
  RemovedPrefixes removed;
  removed.Replace(kAB, kB, kStart);
  removed.Replace(kB, kAB, kStart + hours(1));
  EXPECT_EQ(removed.size(), 0u);
  removed.Replace(kAB, kB, kStart + hours(2));
  removed.Expire(kStart + kGrace, kGrace);
  EXPECT_EQ(removed.prefixes(), kA) << "its time runs from when it went last";
}

TEST(RemovedPrefixesTest, OrderAndRepetitionMeanNothing) {
  RemovedPrefixes removed;
  removed.Replace(Prefixes({"10.0.1.0/24", "10.0.0.0/24", "10.0.1.0/24", "10.0.0.0/24"}), kB, kStart);
  EXPECT_EQ(removed.prefixes(), kA);
}

TEST(RemovedPrefixesTest, AboveTheBoundThoseThatWentFirstAreForgotten) {
  std::vector<ip::AddressPrefix> many;
  for (std::size_t i = 0; i < RemovedPrefixes::kMaxSize; ++i) {
    many.push_back(
        ip::AddressPrefix::Parse(absl::StrCat("2600:", absl::Hex(i >> 16), ":", absl::Hex(i & 0xffff), "::/48"))
            .value());
  }
  RemovedPrefixes removed;
  removed.Replace(kA, kNone, kStart);
  removed.Replace(many, kNone, kStart + hours(1));
  EXPECT_EQ(removed.size(), RemovedPrefixes::kMaxSize);
  EXPECT_EQ(removed.prefixes().front(), many.front());
}

}  // namespace
}  // namespace viaduct::sidecar
