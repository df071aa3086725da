#include "text/ascii.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>

namespace viaduct::text {
namespace {

TEST(EqualsIgnoreCaseTest, FoldsAsciiLettersOnly) {
  EXPECT_TRUE(EqualsIgnoreCase("Via", "vIA"));
  EXPECT_TRUE(EqualsIgnoreCase("", ""));
  EXPECT_FALSE(EqualsIgnoreCase("via", "vi"));
  EXPECT_FALSE(EqualsIgnoreCase("@", "`"));        // 'A' - 1 and 'a' - 1
  EXPECT_FALSE(EqualsIgnoreCase("[", "{"));        // 'Z' + 1 and 'z' + 1
  EXPECT_FALSE(EqualsIgnoreCase("\xc3", "\xe3"));  // letters in Latin-1
  EXPECT_FALSE(EqualsIgnoreCase("k", "\xe2\x84\xaa"));
}

TEST(EqualsIgnoreCaseTest, FoldsTheSameAtEveryPlaceOfEveryLength) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  for (std::size_t size = 1; size <= 20; ++size) {
    for (std::size_t at = 0; at < size; ++at) {
      std::string a(size, 'x');
      std::string b(size, 'X');
      for (int pair = 0; pair < 256 * 256; pair += size == 9 || size == 3 ? 1 : 251) {
        a[at] = static_cast<char>(pair >> 8);
        b[at] = static_cast<char>(pair & 0xff);
        ASSERT_EQ(EqualsIgnoreCase(a, b), lower(a[at]) == lower(b[at])) << size << " bytes, " << pair << " at " << at;
      }
    }
  }
}

}  // namespace
}  // namespace viaduct::text
