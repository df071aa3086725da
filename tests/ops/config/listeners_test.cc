#include "ops/config/listeners.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "net/address.h"

namespace viaduct::ops {
namespace {

TEST(ListenersTest, TheLaterOfTwoThatOverlapIsNamed) {
  const auto at = [](const char* text) { return net::SocketAddress::Parse(text).value(); };
  std::vector<ListenerField> listeners = {{"a", at("127.0.0.1:1")}, {"b", at("unix:/x")}, {"c", at("127.0.0.1:0")}};
  EXPECT_TRUE(CheckListenersApart(listeners).ok());
  listeners.push_back({"d", at("0.0.0.0:1")});
  EXPECT_EQ(CheckListenersApart(listeners).message(),
            "d: \"0.0.0.0:1\": a is \"127.0.0.1:1\", and each needs an address of its own");
}

}  // namespace
}  // namespace viaduct::ops
