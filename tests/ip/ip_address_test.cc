#include "ip/ip_address.h"

#include <arpa/inet.h>
#include <gtest/gtest.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <random>
#include <string>
#include <string_view>

namespace viaduct::ip {
namespace {

std::string Printed(std::string_view text) {
  const std::optional<IpAddress> address = IpAddress::Parse(text);
  return address ? address->ToString() : "refused";
}

TEST(IpAddressTest, ReadsAndPrintsTheCanonicalForm) {
  struct Case {
    std::string_view text;
    std::string_view printed;
  };
  const Case cases[] = {
      {"0.0.0.0", "0.0.0.0"},
      {"10.10.8.96", "10.10.8.96"},
      {"255.255.255.255", "255.255.255.255"},
      {"::", "::"},
      {"::1", "::1"},
      {"1::", "1::"},
      {"2001:DB8::ABCD", "2001:db8::abcd"},
      {"2001:0db8:0000:0000:0000:0000:0000:0001", "2001:db8::1"},
      // RFC 5952 section 4.2.2: one zero group is not shortened; 4.2.3: the longest run is, and the first of equals.
      {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1"},
      {"2001:0:0:1:0:0:0:1", "2001:0:0:1::1"},
      {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1"},
      {"1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0"},
      {"::2:3:4:5:6:7:8", "0:2:3:4:5:6:7:8"},
      {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8"},
      {"64:ff9b::192.0.2.33", "64:ff9b::c000:221"},
      {"1:2:3:4:5:6:1.2.3.4", "1:2:3:4:5:6:102:304"},
      {"::1.2.3.4", "::102:304"},
      {"ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"},
  };
  for (const Case& c : cases) EXPECT_EQ(Printed(c.text), c.printed) << c.text;
}

TEST(IpAddressTest, AMappedAddressIsTheIpv4AddressInIt) {
  const std::optional<IpAddress> v4 = IpAddress::Parse("130.176.114.52");
  ASSERT_TRUE(v4.has_value());
  for (const std::string_view text : {"::ffff:130.176.114.52", "::FFFF:82b0:7234", "0:0:0:0:0:ffff:82b0:7234"}) {
    EXPECT_EQ(IpAddress::Parse(text), v4) << text;
  }
  EXPECT_EQ(IpAddress::FromV4Bytes({130, 176, 114, 52}), v4);
  EXPECT_EQ(IpAddress::FromV6Bytes({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 130, 176, 114, 52}), v4);
  EXPECT_TRUE(v4->is_v4());
  EXPECT_EQ(Printed("::ffff:130.176.114.52"), "130.176.114.52");
}

TEST(IpAddressTest, OnlyMappedAddressesAreIpv4) {
  for (const std::string_view text : {"::", "::1.2.3.4", "::fffe:1.2.3.4", "1::ffff:1.2.3.4", "::1:ffff:1.2.3.4"}) {
    const std::optional<IpAddress> address = IpAddress::Parse(text);
    ASSERT_TRUE(address.has_value()) << text;
    EXPECT_FALSE(address->is_v4()) << text;
  }
}

TEST(IpAddressTest, RefusesEverythingElse) {
  const std::string_view texts[] = {
      "", " ", "1.2.3", "1.2.3.", ".1.2.3", "1.2.3.4.", "1.2.3.4.5", "1..2.3", "256.1.1.1", "1.2.3.999",
      // Leading zeros, octal, hexadecimal and short forms, which others read as other addresses.
      "01.2.3.4", "1.2.3.04", "00.0.0.0", "0x7f.0.0.1", "0177.0.0.1", "2130706433", "127.1",
      // Signs, spaces and bytes that are not part of an address.
      "+1.2.3.4", "-1.2.3.4", " 1.2.3.4", "1.2.3.4 ", "1.2.3.4\n", "1.2.3.4/32", "1,2,3,4",
      // Zones.
      "fe80::1%eth0", "fe80::1%25eth0", "::1%", "1.2.3.4%eth0",
      // IPv6.
      ":", ":::", "1", "1:", ":1", "::1:", ":1::", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9",
      "1:2:3:4:5:6:7:8::", "::1:2:3:4:5:6:7:8", "1::2::3", "1:::2", "12345::", "g::", "::-1", "0x1::", "[::1]",
      "::1.2.3", "::1.2.3.4.5", "::1.2.3.4:5", "1:2:3:4:5:6:7:1.2.3.4", "::01.2.3.4", "1.2.3.4::", "::ffff:256.1.1.1",
      "::ffff:0x1.2.3.4"};
  for (const std::string_view text : texts) EXPECT_FALSE(IpAddress::Parse(text).has_value()) << text;
  EXPECT_FALSE(IpAddress::Parse(std::string_view("1.2.3.4\0", 8)).has_value());
}

TEST(IpAddressTest, AgreesWithInetPtonAndNtopOnRandomAddresses) {
  std::mt19937 random(20260822);
  for (int i = 0; i < 20000; ++i) {
    std::array<std::uint8_t, 16> bytes{};
    // Zero bytes are frequent, so that runs of them are.
    for (std::uint8_t& byte : bytes) byte = random() % 3 == 0 ? static_cast<std::uint8_t>(random()) : 0;
    // glibc prints addresses of the first 96 zero bits with a dotted tail, which RFC 5952 leaves open.
    bytes[0] |= 1;
    char text[INET6_ADDRSTRLEN];
    ASSERT_NE(inet_ntop(AF_INET6, bytes.data(), text, sizeof(text)), nullptr);
    const IpAddress address = IpAddress::FromV6Bytes(bytes);
    EXPECT_EQ(address.ToString(), text);
    EXPECT_EQ(IpAddress::Parse(text), address) << text;
  }
}

TEST(IpAddressTest, FormatWritesNoMoreThanItsLimit) {
  std::array<std::uint8_t, 16> bytes;
  bytes.fill(0xff);
  char text[IpAddress::kMaxTextSize];
  EXPECT_EQ(IpAddress::FromV6Bytes(bytes).Format(text), 39u);
}

TEST(IpAddressTest, ComparesByValue) {
  EXPECT_LT(*IpAddress::Parse("10.0.0.255"), *IpAddress::Parse("10.0.1.0"));
  EXPECT_LT(*IpAddress::Parse("2001:db8::ffff"), *IpAddress::Parse("2001:db8:0:1::"));
  EXPECT_EQ(IpAddress(), *IpAddress::Parse("::"));
  EXPECT_NE(IpAddress(), *IpAddress::Parse("0.0.0.0"));
}

TEST(ParseAddressMaybePortTest, ReadsWhatTheBalancerWrites) {
  struct Case {
    std::string_view text;
    std::string_view printed;
  };
  const Case cases[] = {
      {"130.176.114.52", "130.176.114.52"},
      {"130.176.114.52:443", "130.176.114.52"},
      {"130.176.114.52:65535", "130.176.114.52"},
      {"2600:9000:1000::1", "2600:9000:1000::1"},
      {"[2600:9000:1000::1]:443", "2600:9000:1000::1"},
      {"::ffff:130.176.114.52", "130.176.114.52"},
      {"[::ffff:130.176.114.52]:1", "130.176.114.52"},
      // Without brackets these are eight groups, not an address and a port.
      {"2600:9000:1000::1:443", "2600:9000:1000::1:443"},
  };
  for (const Case& c : cases) {
    const std::optional<IpAddress> address = ParseAddressMaybePort(c.text);
    EXPECT_EQ(address ? address->ToString() : "refused", c.printed) << c.text;
  }
}

TEST(ParseAddressMaybePortTest, RefusesEverythingElse) {
  const std::string_view texts[] = {"",
                                    ":",
                                    ":80",
                                    "1.2.3.4:",
                                    "1.2.3.4:0",
                                    "1.2.3.4:080",
                                    "1.2.3.4:65536",
                                    "1.2.3.4:99999999999",
                                    "1.2.3.4:+1",
                                    "1.2.3.4: 80",
                                    "1.2.3.4:80 ",
                                    "1.2.3.4:80:80",
                                    "[1.2.3.4]:80",
                                    "[::1]",
                                    "[::1]:",
                                    "[::1]80",
                                    "::1]:80",
                                    "[::1:80",
                                    "[]:80",
                                    "[::1%eth0]:80",
                                    "[[::1]]:80",
                                    "1:2:3:4:5:6:7:8:80",
                                    "unknown",
                                    "_hidden:80",
                                    "\"[::1]:80\"",
                                    "01.2.3.4:80",
                                    "localhost:80"};
  for (const std::string_view text : texts) EXPECT_FALSE(ParseAddressMaybePort(text).has_value()) << text;
}

TEST(IpAddressTest, IsGlobalOnlyIfTheInternetCanKnowIt) {
  for (const std::string_view text : {"1.0.0.0", "9.255.255.255", "11.0.0.0", "100.63.255.255", "100.128.0.0",
                                      "130.176.114.52", "172.32.0.0", "223.255.255.255", "2001:db8::1", "3fff::"}) {
    EXPECT_TRUE(IpAddress::Parse(text)->is_global()) << text;
  }
  for (const std::string_view text :
       {"0.0.0.0", "10.10.4.7", "100.64.0.0", "127.0.0.1", "169.254.170.2", "172.16.0.1", "172.31.255.255",
        "192.168.0.1", "224.0.0.1", "255.255.255.255", "::", "::1", "fd00::1", "fe80::1", "ff02::1", "4000::"}) {
    EXPECT_FALSE(IpAddress::Parse(text)->is_global()) << text;
  }
}

}  // namespace
}  // namespace viaduct::ip
