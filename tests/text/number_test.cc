#include "text/number.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace viaduct::text {
namespace {

template <typename Number>
std::optional<Number> Read(std::string_view text) {
  Number number = 0;
  return ReadNumber(text, &number) ? std::optional(number) : std::nullopt;
}

TEST(NumberTest, ReadsWholeNumbers) {
  EXPECT_EQ(Read<int>("0"), 0);
  EXPECT_EQ(Read<int>("-7"), -7);
  EXPECT_EQ(Read<int>("007"), 7);
  EXPECT_EQ(Read<std::uint16_t>("65535"), 65535);
  EXPECT_EQ(Read<std::uint64_t>("18446744073709551615"), std::uint64_t{18446744073709551615u});
}

TEST(NumberTest, OtherTextIsNone) {
  for (const std::string_view text : {"", "-", "+1", " 1", "1 ", "1x", "0x1", "1.0", "65536"}) {
    EXPECT_EQ(Read<std::uint16_t>(text), std::nullopt) << text;
  }
  EXPECT_EQ(Read<std::uint64_t>("-1"), std::nullopt);
  EXPECT_EQ(Read<std::uint64_t>("18446744073709551616"), std::nullopt);
}

}  // namespace
}  // namespace viaduct::text
