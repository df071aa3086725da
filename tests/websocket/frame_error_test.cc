#include "websocket/frame_error.h"

#include <gtest/gtest.h>

#include <string_view>

namespace viaduct::websocket {
namespace {

TEST(FrameErrorTest, EveryNameIsInLogSpelling) {
  for (const FrameError error : kFrameErrors) {
    const std::string_view name = kFrameErrors.Name(error);
    EXPECT_EQ(name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"), std::string_view::npos) << name;
    EXPECT_NE(name, "unknown");
  }
}

}  // namespace
}  // namespace viaduct::websocket
