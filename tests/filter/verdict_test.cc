#include "filter/verdict.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>
#include <type_traits>

namespace viaduct::filter {
namespace {

TEST(DenyReasonTest, EachNameIsInLogSpelling) {
  for (const DenyReason reason : kDenyReasons) {
    const std::string_view name = kDenyReasons.Name(reason);
    EXPECT_TRUE(std::all_of(name.begin(), name.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; }))
        << name;
    EXPECT_NE(name, "unknown");
  }
}

TEST(DenyReasonSetTest, HasWhatWasAdded) {
  DenyReasonSet set;
  EXPECT_TRUE(set.empty());
  set.Add(DenyReason::kUntrustedPeer);
  set.Add(DenyReason::kSecretWrong);
  EXPECT_FALSE(set.empty());
  for (const DenyReason reason : kDenyReasons) {
    EXPECT_EQ(set.Has(reason), reason == DenyReason::kUntrustedPeer || reason == DenyReason::kSecretWrong)
        << kDenyReasons.Name(reason);
  }
}

TEST(VerdictTest, IsDeniedUnlessSaidOtherwise) { EXPECT_FALSE(Verdict().allowed); }

TEST(VerdictTest, IsASmallValueWithoutHeapMemory) {
  EXPECT_TRUE(std::is_trivially_copyable_v<Verdict>);
  EXPECT_LE(sizeof(Verdict), 64u);
}

}  // namespace
}  // namespace viaduct::filter
