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

TEST(ListenersTest, APeerMustNotBeOneOfOurOwnListeners) {
  const auto at = [](const char* text) { return net::SocketAddress::Parse(text).value(); };
  const std::vector<ListenerField> listeners = {{"listen", at("0.0.0.0:8080")}, {"ops_listen", at("127.0.0.1:9081")}};
  EXPECT_TRUE(CheckNotOwn({"upstream.address", at("127.0.0.1:3000")}, listeners).ok());
  EXPECT_EQ(CheckNotOwn({"upstream.address", at("127.0.0.1:9081")}, listeners).message(),
            "upstream.address: \"127.0.0.1:9081\": leads back to this program, whose ops_listen is \"127.0.0.1:9081\"");
  EXPECT_EQ(CheckNotOwn({"upstream.address", at("127.0.0.1:8080")}, listeners).message(),
            "upstream.address: \"127.0.0.1:8080\": leads back to this program, whose listen is \"0.0.0.0:8080\"");
}

}  // namespace
}  // namespace viaduct::ops
