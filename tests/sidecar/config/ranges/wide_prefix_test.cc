#include "sidecar/config/ranges/wide_prefix.h"

#include <gtest/gtest.h>

namespace viaduct::sidecar {
namespace {

TEST(WidePrefixTest, PrefixesOfNetworksAreNotWide) {
  for (const char* text : {"10.0.0.0/8", "192.0.2.0/24", "192.0.2.1/32", "2600::/19", "::1/128", "x", ""}) {
    EXPECT_FALSE(IsWidePrefix(text)) << text;
  }
}

TEST(WidePrefixTest, ShorterOnesAre) {
  for (const char* text : {"0.0.0.0/0", "128.0.0.0/1", "10.0.0.0/7", "::/0", "2600::/18"}) {
    EXPECT_TRUE(IsWidePrefix(text)) << text;
  }
}

}  // namespace
}  // namespace viaduct::sidecar
