#include "net/ip_of.h"

#include <gtest/gtest.h>

#include "ip/ip_address.h"
#include "net/address.h"

namespace viaduct::net {
namespace {

TEST(IpOfTest, IsTheAddressWithoutItsPort) {
  EXPECT_EQ(IpOf(SocketAddress::Parse("10.10.8.96:8080").value()), ip::IpAddress::Parse("10.10.8.96"));
  EXPECT_EQ(IpOf(SocketAddress::Parse("[2600:9000::1]:1").value()), ip::IpAddress::Parse("2600:9000::1"));
}

// How a dual-stack socket names an IPv4 peer.
TEST(IpOfTest, AMappedAddressIsTheIpv4One) {
  EXPECT_EQ(IpOf(SocketAddress::Parse("[::ffff:10.10.8.96]:1").value()), ip::IpAddress::Parse("10.10.8.96"));
}

}  // namespace
}  // namespace viaduct::net
