#include "text/result.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "text/status.h"

namespace viaduct::text {
namespace {

Result<std::string> Read(bool good) {
  if (!good) return Error{"is wrong"};
  return std::string("value");
}

TEST(ResultTest, HoldsAValueOrAnError) {
  EXPECT_TRUE(Read(true).ok());
  EXPECT_EQ(*Read(true), "value");
  EXPECT_EQ(Read(true)->size(), 5u);
  EXPECT_FALSE(Read(false).ok());
  EXPECT_EQ(Read(false).error().message, "is wrong");
}

TEST(ResultTest, AValueCanBeMovedOut) {
  Result<std::unique_ptr<int>> result(std::make_unique<int>(7));
  const std::unique_ptr<int> value = *std::move(result);
  EXPECT_EQ(*value, 7);
}

TEST(ResultTest, BecomesAStatusOr) {
  EXPECT_EQ(ToStatusOr(Read(true)).value(), "value");
  EXPECT_EQ(ToStatusOr(Read(false)).status(), absl::InvalidArgumentError("is wrong"));
}

TEST(ResultDeathTest, WhatIsNotThereEndsTheProcess) {
  EXPECT_DEATH(static_cast<void>(*Read(false)), "");
  EXPECT_DEATH(static_cast<void>(Read(true).error()), "");
}

}  // namespace
}  // namespace viaduct::text
