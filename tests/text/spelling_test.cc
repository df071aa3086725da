#include "text/spelling.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

namespace viaduct::text {
namespace {

TEST(SpellingTest, FindsTheNameThatWasMeant) {
  const std::vector<std::string> names = {"listen", "ops_listen", "upstream", "keepalive", "limits"};
  struct Case {
    std::string written;
    std::optional<std::string> meant;
  };
  const Case cases[] = {
      {"listen", "listen"},         {"lisen", "listen"},      {"listten", "listen"},
      {"lsiten", "listen"},         {"Listen", "listen"},     {"opsListen", "ops_listen"},
      {"ops-listen", "ops_listen"}, {"upsteram", "upstream"}, {"upsterm", "upstream"},
      {"keep_alive", "keepalive"},  {"limit", "limits"},      {"timeouts", std::nullopt},
      {"", std::nullopt},           {"x", std::nullopt},      {std::string(65, 'l'), std::nullopt},
  };
  for (const Case& c : cases) EXPECT_EQ(ClosestName(c.written, names), c.meant) << c.written;
}

TEST(SpellingTest, TakesTheMostAlike) {
  EXPECT_EQ(ClosestName("trusted_peer", {"trusted_peers", "trusted_peer"}), "trusted_peer");
  EXPECT_EQ(ClosestName("trusted_per", {"trusted_peers", "trusted_peer"}), "trusted_peer");
}

}  // namespace
}  // namespace viaduct::text
