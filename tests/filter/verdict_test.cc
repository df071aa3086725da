#include "filter/verdict.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <set>
#include <string_view>
#include <type_traits>

namespace viaduct::filter {
namespace {

TEST(DenyReasonTest, EachHasANameOfItsOwn) {
  std::set<std::string_view> names;
  for (std::size_t i = 0; i < kDenyReasonCount; ++i) {
    const std::string_view name = DenyReasonName(DenyReasonAt(i));
    EXPECT_TRUE(std::all_of(name.begin(), name.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; }))
        << name;
    EXPECT_NE(name, "unknown");
    names.insert(name);
  }
  EXPECT_EQ(names.size(), kDenyReasonCount);
  EXPECT_EQ(DenyReasonName(DenyReasonAt(kDenyReasonCount)), "unknown");
}

TEST(DenyReasonTest, IndexAndReasonAreInverse) {
  EXPECT_EQ(DenyReasonIndex(DenyReason::kUntrustedPeer), 0u);
  EXPECT_EQ(DenyReasonAt(DenyReasonIndex(DenyReason::kViaMalformed)), DenyReason::kViaMalformed);
}

TEST(DenyReasonSetTest, HasWhatWasAdded) {
  DenyReasonSet set;
  EXPECT_TRUE(set.empty());
  set.Add(DenyReason::kUntrustedPeer);
  set.Add(DenyReasonAt(kDenyReasonCount - 1));
  EXPECT_FALSE(set.empty());
  for (std::size_t i = 0; i < kDenyReasonCount; ++i) {
    EXPECT_EQ(set.Has(DenyReasonAt(i)), i == 0 || i == kDenyReasonCount - 1) << i;
  }
}

TEST(VerdictTest, IsDeniedUnlessSaidOtherwise) { EXPECT_FALSE(Verdict().allowed); }

TEST(VerdictTest, IsASmallValueWithoutHeapMemory) {
  EXPECT_TRUE(std::is_trivially_copyable_v<Verdict>);
  EXPECT_LE(sizeof(Verdict), 64u);
}

}  // namespace
}  // namespace viaduct::filter
