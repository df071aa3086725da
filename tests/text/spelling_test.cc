#include "text/spelling.h"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <string_view>
#include <vector>

namespace viaduct::text {
namespace {

TEST(SpellingTest, FindsTheNameThatWasMeant) {
  const std::vector<std::string_view> names = {"listen", "ops_listen", "upstream", "keepalive", "limits"};
  struct Case {
    std::string written;
    std::string_view meant;
  };
  const Case cases[] = {
      {"listen", "listen"},
      {"lisen", "listen"},
      {"listten", "listen"},
      {"lsiten", "listen"},
      {"Listen", "listen"},
      {"opsListen", "ops_listen"},
      {"ops-listen", "ops_listen"},
      {"upsteram", "upstream"},
      {"upsterm", "upstream"},
      {"keep_alive", "keepalive"},
      {"limit", "limits"},
      {"timeouts", ""},
      {"", ""},
      {"x", ""},
      {std::string(65, 'l'), ""},
  };
  for (const Case& c : cases) EXPECT_EQ(ClosestName(c.written, names), c.meant) << c.written;
}

TEST(SpellingTest, TakesTheMostAlike) {
  constexpr std::array<std::string_view, 2> kPeers = {"trusted_peers", "trusted_peer"};
  EXPECT_EQ(ClosestName("trusted_peer", kPeers), "trusted_peer");
  EXPECT_EQ(ClosestName("trusted_per", kPeers), "trusted_peer");
}

constexpr std::array<std::string_view, 4> kWords = {"stats", "watch", "broadcast", "health"};

TEST(SpellingTest, OneOrTwoMistakesAreForgiven) {
  EXPECT_EQ(ClosestName("stat", kWords), "stats");
  EXPECT_EQ(ClosestName("sttas", kWords), "stats");
  EXPECT_EQ(ClosestName("wacth", kWords), "watch");
  EXPECT_EQ(ClosestName("brodcats", kWords), "broadcast");
}

TEST(SpellingTest, MoreThanAThirdOfTheWordIsAnotherWord) {
  EXPECT_EQ(ClosestName("st", kWords), "");
  EXPECT_EQ(ClosestName("wxyz", kWords), "");
  EXPECT_EQ(ClosestName("brdcstxx", kWords), "");
  EXPECT_EQ(ClosestName("", kWords), "");
}

TEST(SpellingTest, TheClosestWins) {
  constexpr std::array<std::string_view, 2> kAlike = {"token-fill", "token-file"};
  EXPECT_EQ(ClosestName("token-fille", kAlike), "token-fill");
  EXPECT_EQ(ClosestName("tokenfile", kAlike), "token-file");
}

TEST(SpellingTest, AVeryLongWordIsNotCompared) { EXPECT_EQ(ClosestName(std::string(100'000, 's'), kWords), ""); }

}  // namespace
}  // namespace viaduct::text
