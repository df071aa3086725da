#include "filter/char_class.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>

namespace viaduct::filter {
namespace {

TEST(LengthOfTest, IsThatOfAPlainLoop) {
  for (const CharClass wanted : {CharClass::kPlainName, CharClass::kLabel, CharClass::kViaPlain}) {
    for (std::size_t size = 0; size <= 18; ++size) {
      for (std::size_t at = 0; at < size; ++at) {
        for (int octet = 0; octet < 256; ++octet) {
          std::string text(size, 'a');
          text[at] = static_cast<char>(octet);
          text[(at + 5) % size] = static_cast<char>(octet);
          std::size_t expected = 0;
          while (expected < size && IsOf(wanted, text[expected])) ++expected;
          ASSERT_EQ(LengthOf(wanted, text), expected) << "octet " << octet << " at " << at << " of " << size;
        }
      }
      EXPECT_EQ(LengthOf(wanted, std::string(size, 'a')), size);
    }
  }
}

}  // namespace
}  // namespace viaduct::filter
