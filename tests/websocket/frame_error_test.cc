#include "websocket/frame_error.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <set>
#include <string_view>

namespace viaduct::websocket {
namespace {

TEST(FrameErrorTest, TheListHoldsEveryErrorInItsOrder) {
  for (std::size_t i = 0; i < kFrameErrors.size(); ++i) EXPECT_EQ(static_cast<std::size_t>(kFrameErrors[i]), i);
  EXPECT_EQ(kFrameErrors.back(), FrameError::kTooManyFragments);
}

TEST(FrameErrorTest, EveryErrorHasANameOfItsOwnInLogSpelling) {
  std::set<std::string_view> names;
  for (const FrameError error : kFrameErrors) {
    const std::string_view name = FrameErrorName(error);
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"), std::string_view::npos) << name;
    EXPECT_NE(name, "unknown");
    EXPECT_TRUE(names.insert(name).second) << name;
  }
}

}  // namespace
}  // namespace viaduct::websocket
