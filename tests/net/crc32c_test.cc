#include "net/crc32c.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstdint>
#include <string>

namespace viaduct::net {
namespace {

std::string Counting(int first, int step) {
  std::string bytes;
  for (int i = 0; i < 32; ++i) bytes.push_back(static_cast<char>(first + i * step));
  return bytes;
}

// The vectors of RFC 3720 appendix B.4, and the check value that catalogues of CRCs give.
TEST(Crc32cTest, GivesTheKnownValues) {
  EXPECT_EQ(Crc32c(""), 0u);
  EXPECT_EQ(Crc32c("123456789"), 0xE3069283u);
  EXPECT_EQ(Crc32c(Counting(0, 0)), 0x8A9136AAu);
  EXPECT_EQ(Crc32c(Counting(0xff, 0)), 0x62A8AB43u);
  EXPECT_EQ(Crc32c(Counting(0, 1)), 0x46DD794Eu);
  EXPECT_EQ(Crc32c(Counting(31, -1)), 0x113FDB5Cu);
}

TEST(Crc32cTest, ContinuesBehindOtherBytes) {
  const std::string bytes = Counting(0, 7);
  for (std::size_t cut = 0; cut <= bytes.size(); ++cut) {
    EXPECT_EQ(Crc32c(bytes.substr(cut), Crc32c(bytes.substr(0, cut))), Crc32c(bytes)) << cut;
  }
}

}  // namespace
}  // namespace viaduct::net
