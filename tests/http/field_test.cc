#include "http/field.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace viaduct::http {
namespace {

std::vector<std::string_view> Members(std::string_view list) {
  std::vector<std::string_view> members;
  std::string_view member;
  while (NextListMember(list, member)) members.push_back(member);
  return members;
}

// Puts every octet, also twice, at every place of texts of all lengths, filled up with `filler`, and compares
// `length_of` with a loop over `allowed`.
template <typename LengthOf, typename Allowed>
void ExpectLengthsOfAPlainLoop(char filler, LengthOf length_of, Allowed allowed) {
  for (std::size_t size = 0; size <= 40; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      for (int octet = 0; octet < 256; ++octet) {
        std::string text(size, filler);
        text[at] = static_cast<char>(octet);
        text[(at + 5) % size] = static_cast<char>(octet);
        std::size_t expected = 0;
        while (expected < size && allowed(static_cast<unsigned char>(text[expected]))) ++expected;
        ASSERT_EQ(length_of(text), expected) << "octet " << octet << " at " << at << " of " << size;
      }
    }
    EXPECT_EQ(length_of(std::string(size, filler)), size);
  }
}

TEST(TokenLengthTest, IsThatOfAPlainLoop) {
  ExpectLengthsOfAPlainLoop('a', TokenLength, [](unsigned char c) { return IsToken(std::string(1, c)); });
}

TEST(FieldValueLengthTest, IsThatOfAPlainLoop) {
  const auto allowed = [](unsigned char c) { return c == '\t' || (c >= 0x20 && c != 0x7f); };
  for (const char filler : {'a', '\t', '\xff'}) ExpectLengthsOfAPlainLoop(filler, FieldValueLength, allowed);
}

TEST(IsTokenTest, HasExactlyTheCharactersOfRfc9110) {
  const std::string_view allowed = "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  for (int c = 0; c < 256; ++c) {
    const std::string text(1, static_cast<char>(c));
    EXPECT_EQ(IsToken(text), allowed.find(text) != std::string_view::npos) << "character " << c;
  }
}

TEST(IsTokenTest, NeedsEveryCharacterAndAtLeastOne) {
  EXPECT_TRUE(IsToken("x-amz-cf-id"));
  EXPECT_FALSE(IsToken(""));
  EXPECT_FALSE(IsToken("via "));
  EXPECT_FALSE(IsToken(" via"));
  EXPECT_FALSE(IsToken(std::string_view("vi\0a", 4)));
}

TEST(IsFieldValueTest, HasNoControlCharacterButTheTab) {
  for (int c = 0; c < 256; ++c) {
    const bool control = (c < 0x20 && c != '\t') || c == 0x7f;
    EXPECT_EQ(IsFieldValue(std::string("a") + static_cast<char>(c)), !control) << "character " << c;
  }
  EXPECT_TRUE(IsFieldValue(""));
}

TEST(TrimWhitespaceTest, RemovesSpacesAndTabsOnly) {
  EXPECT_EQ(TrimWhitespace(" \t a b\t "), "a b");
  EXPECT_EQ(TrimWhitespace("a"), "a");
  EXPECT_EQ(TrimWhitespace(""), "");
  EXPECT_EQ(TrimWhitespace("\t \t"), "");
  EXPECT_EQ(TrimWhitespace("\ra\v"), "\ra\v");
  EXPECT_EQ(TrimWhitespace("\xa0"
                           "a"),
            "\xa0"
            "a");
}

TEST(NextListMemberTest, SplitsAtCommas) {
  using List = std::vector<std::string_view>;
  const struct {
    std::string_view list;
    List members;
  } kRows[] = {
      {"", {}},
      {" \t", {}},
      {",", {}},
      {", ,\t,", {}},
      {"a", {"a"}},
      {"a,b", {"a", "b"}},
      {" a , \tb\t", {"a", "b"}},
      {",a,,b,", {"a", "b"}},
      {"a b, c", {"a b", "c"}},
      {R"("a,b", c)", {R"("a,b")", "c"}},
      {R"(x="a,b";y, c)", {R"(x="a,b";y)", "c"}},
      {R"("a\",b", c)", {R"("a\",b")", "c"}},
      {R"("a\\",b)", {R"("a\\")", "b"}},
      {R"(a\,b)", {R"(a\)", "b"}},
      {R"("open, c)", {R"("open, c)"}},
      {R"("open\)", {R"("open\)"}},
      {R"("",a)", {R"("")", "a"}},
  };
  for (const auto& row : kRows) EXPECT_EQ(Members(row.list), row.members) << row.list;
}

TEST(NextListMemberTest, LeavesTheMemberAloneWhenNoneIsLeft) {
  std::string_view rest = " ,";
  std::string_view member = "before";
  EXPECT_FALSE(NextListMember(rest, member));
  EXPECT_EQ(member, "before");
  EXPECT_TRUE(rest.empty());
}

TEST(NextListMemberTest, MembersPointIntoTheList) {
  const std::string_view list = " one, two";
  std::string_view rest = list;
  std::string_view member;
  ASSERT_TRUE(NextListMember(rest, member));
  EXPECT_EQ(member.data(), list.data() + 1);
  EXPECT_EQ(rest, " two");
}

TEST(ListHasTokenTest, ComparesWholeMembersWithoutCase) {
  EXPECT_TRUE(ListHasToken("keep-alive, Upgrade", "upgrade"));
  EXPECT_TRUE(ListHasToken("UPGRADE", "upgrade"));
  EXPECT_FALSE(ListHasToken("upgrade-insecure", "upgrade"));
  EXPECT_FALSE(ListHasToken("xupgrade, upgrade x", "upgrade"));
  EXPECT_FALSE(ListHasToken("\"upgrade\"", "upgrade"));
  EXPECT_FALSE(ListHasToken("", "upgrade"));
}

}  // namespace
}  // namespace viaduct::http
