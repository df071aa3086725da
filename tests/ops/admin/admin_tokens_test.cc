#include "ops/admin/admin_tokens.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

namespace viaduct::ops {
namespace {

constexpr char kOne[] = "0123456789abcdef";
constexpr char kTwo[] = "fedcba9876543210";

std::string NameOf(const AdminTokens& tokens, std::string_view token) {
  const std::string* name = tokens.Find(token);
  return name == nullptr ? "nobody" : *name;
}

TEST(AdminTokensTest, EachLineIsATokenWithOrWithoutAName) {
  const auto tokens = AdminTokens::Parse(std::string("# live until May\n\nalice ") + kOne + "\r\n  deploy-bot\t" +
                                         kTwo + " \n" + kOne + "/unnamed");
  ASSERT_TRUE(tokens.ok()) << tokens.status();
  EXPECT_EQ(tokens->size(), 3u);
  EXPECT_EQ(NameOf(*tokens, kOne), "alice");
  EXPECT_EQ(NameOf(*tokens, kTwo), "deploy-bot");
  EXPECT_EQ(NameOf(*tokens, std::string(kOne) + "/unnamed"), "unnamed");
}

TEST(AdminTokensTest, NothingButAWholeTokenIsFound) {
  const AdminTokens tokens = *AdminTokens::Parse(kOne);
  for (const std::string_view wrong : {"", "0123456789abcde", "0123456789abcdeF", "0123456789abcdef ", "alice"}) {
    EXPECT_EQ(NameOf(tokens, wrong), "nobody") << wrong;
  }
  EXPECT_EQ(NameOf(AdminTokens(), ""), "nobody");
}

TEST(AdminTokensTest, ABrokenLineIsNamedWithoutItsToken) {
  struct Row {
    std::string text;
    std::string error;
  };
  std::string many;
  for (int i = 0; i < 17; ++i) many += std::string(kOne) + "\n";
  for (const Row& row : std::vector<Row>{
           {"", "holds no token"},
           {"# nothing\n", "holds no token"},
           {"0123456789abcde", "line 1: the token is shorter than 16 characters"},
           {std::string(kOne) + "\nalice", "line 2: the token is shorter than 16 characters"},
           {std::string(kOne) + "\x01", "line 1: the token has a character that is not visible ASCII"},
           {std::string("alice ") + kOne + " " + kTwo, "line 1: the token has a character that is not visible ASCII"},
           {std::string("al/ice ") + kOne, "line 1: the name must have 1 to 64 of A-Z a-z 0-9 . _ -"},
           {many, "line 17: more than 16 tokens"}}) {
    const auto tokens = AdminTokens::Parse(row.text);
    ASSERT_FALSE(tokens.ok()) << row.error;
    EXPECT_EQ(std::string(tokens.status().message()), row.error);
  }
}

TEST(AdminTokensTest, AFilesErrorsQuoteItsPath) {
  const std::string path = std::string(std::getenv("TEST_TMPDIR")) + "/tokens";
  std::ofstream(path) << "short";
  const auto broken = AdminTokens::Read(path);
  EXPECT_EQ(std::string(broken.status().message()),
            "\"" + path + "\": line 1: the token is shorter than 16 characters");
  std::ofstream(path) << std::string(70'000, '#');
  EXPECT_EQ(std::string(AdminTokens::Read(path).status().message()), "\"" + path + "\": is larger than 64 KiB");
  std::ofstream(path) << kOne;
  EXPECT_EQ(*AdminTokens::Read(path), *AdminTokens::Parse(kOne));
}

}  // namespace
}  // namespace viaduct::ops
