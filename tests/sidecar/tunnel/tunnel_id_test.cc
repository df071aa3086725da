#include "sidecar/tunnel/tunnel_id.h"

#include <gtest/gtest.h>

#include <limits>

namespace viaduct::sidecar {
namespace {

TEST(TunnelIdTest, TheTextReadsBackTheSame) {
  const TunnelId id{.process = 0x3f09a1c2, .worker = 1, .number = 17};
  EXPECT_EQ(id.Text(), "3f09a1c2-1-17");
  EXPECT_EQ(TunnelId::Parse("3f09a1c2-1-17"), id);
  const TunnelId greatest{
      .process = 0xffffffff, .worker = 0xffffffff, .number = std::numeric_limits<std::uint64_t>::max()};
  EXPECT_EQ(TunnelId::Parse(greatest.Text()), greatest);
  EXPECT_EQ(TunnelId::Parse("00000000-0-0"), TunnelId());
}

TEST(TunnelIdTest, AnythingElseIsNoId) {
  for (const char* text : {"", "3f09a1c2", "3f09a1c2-1", "3f09a1c2-1-", "3f09a1c2-1-17-", "3f09a1c2-1-17x",
                           "3F09A1C2-1-17", "f09a1c2-1-17", "3f09a1c2-01-17", "3f09a1c2--17", "3f09a1c2-1-+17",
                           " 3f09a1c2-1-17", "13f09a1c2-1-17", "3f09a1c2-4294967296-17", "0x3f09a1-1-17"}) {
    EXPECT_EQ(TunnelId::Parse(text), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace viaduct::sidecar
