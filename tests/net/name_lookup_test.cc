#include "net/name_lookup.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>

#include "net/event_loop.h"
#include "tests/net/run_loop.h"

namespace viaduct::net {
namespace {

NameLookup::Addresses LookUp(const std::string& host) {
  const std::unique_ptr<EventLoop> loop = MakeLoop();
  std::optional<NameLookup::Addresses> addresses;
  const NameLookup lookup(loop.get(), host, 6379, [&](NameLookup::Addresses found) { addresses = std::move(found); });
  EXPECT_FALSE(addresses.has_value());
  RunUntil(loop.get(), [&] { return addresses.has_value(); });
  return *addresses;
}

TEST(NameLookupTest, FindsThisMachineWithThePort) {
  const NameLookup::Addresses addresses = LookUp("localhost");
  ASSERT_TRUE(addresses.ok()) << addresses.status();
  ASSERT_FALSE(addresses->empty());
  EXPECT_TRUE(addresses->front().is_loopback());
  EXPECT_EQ(addresses->front().port(), 6379);
}

TEST(NameLookupTest, TheErrorNamesTheHost) {
  const NameLookup::Addresses addresses = LookUp("no such host");
  EXPECT_EQ(addresses.status().message().substr(0, 25), "looking up no such host: ");
}

TEST(NameLookupTest, MayBeGivenUp) {
  const std::unique_ptr<EventLoop> loop = MakeLoop();
  bool called = false;
  {
    const NameLookup lookup(loop.get(), "no-such-host.invalid", 1, [&](NameLookup::Addresses) { called = true; });
  }
  RunOneTurn(loop.get());
  EXPECT_FALSE(called);
}

}  // namespace
}  // namespace viaduct::net
