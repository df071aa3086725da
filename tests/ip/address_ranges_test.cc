#include "ip/address_ranges.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "ip/ip_address.h"
#include "text/result.h"

namespace viaduct::ip {
namespace {

AddressRanges RangesOf(const std::vector<std::string>& prefixes) {
  const text::Result<AddressRanges> ranges = AddressRanges::Create(prefixes);
  EXPECT_TRUE(ranges.ok()) << ranges.error().message;
  return ranges.ok() ? *ranges : AddressRanges();
}

bool Contains(const AddressRanges& ranges, std::string_view address) {
  const std::optional<IpAddress> parsed = IpAddress::Parse(address);
  EXPECT_TRUE(parsed.has_value()) << address;
  return parsed && ranges.Contains(*parsed);
}

TEST(AddressPrefixTest, ErrorsNameTheValueAndTheRule) {
  struct Case {
    std::string_view text;
    std::string_view message;
  };
  const Case cases[] = {
      {"10.0.0.1", R"("10.0.0.1": has no "/" and prefix length)"},
      {"", R"("": has no "/" and prefix length)"},
      {"10.0.0/8", R"("10.0.0/8": is not an IP address before the "/")"},
      {"/8", R"("/8": is not an IP address before the "/")"},
      {"010.0.0.0/8", R"("010.0.0.0/8": is not an IP address before the "/")"},
      {"10.0.0.0/", R"("10.0.0.0/": prefix length is not a decimal number)"},
      {"10.0.0.0/08", R"("10.0.0.0/08": prefix length is not a decimal number)"},
      {"10.0.0.0/-1", R"("10.0.0.0/-1": prefix length is not a decimal number)"},
      {"10.0.0.0/8/8", R"("10.0.0.0/8/8": prefix length is not a decimal number)"},
      {"10.0.0.0/255.0.0.0", R"("10.0.0.0/255.0.0.0": prefix length is not a decimal number)"},
      {"10.0.0.0/33", R"("10.0.0.0/33": prefix length exceeds 32)"},
      {"2001:db8::/129", R"("2001:db8::/129": prefix length exceeds 128)"},
      {"2001:db8::/999", R"("2001:db8::/999": prefix length exceeds 128)"},
      {"10.0.8.1/24", R"("10.0.8.1/24": has bits set after its prefix, which is 10.0.8.0/24)"},
      {"10.0.0.1/0", R"("10.0.0.1/0": has bits set after its prefix, which is 0.0.0.0/0)"},
      {"2001:db8::1/32", R"("2001:db8::1/32": has bits set after its prefix, which is 2001:db8::/32)"},
      {"::ffff:10.0.0.0/104", R"("::ffff:10.0.0.0/104": an IPv4 prefix must be written as IPv4)"},
      {"\x01\"/8", R"("\001\"/8": is not an IP address before the "/")"},
  };
  for (const Case& c : cases) {
    const text::Result<AddressPrefix> prefix = AddressPrefix::Parse(c.text);
    EXPECT_FALSE(prefix.ok()) << c.text;
    EXPECT_EQ(prefix.error().message, c.message);
  }
}

bool Has(std::string_view prefix, std::string_view address) {
  return AddressPrefix::ParseOrAddress(prefix)->Contains(*IpAddress::Parse(address));
}

TEST(AddressPrefixTest, ContainsWhatBeginsWithIt) {
  EXPECT_TRUE(Has("203.0.113.0/24", "203.0.113.0"));
  EXPECT_TRUE(Has("203.0.113.0/24", "203.0.113.255"));
  EXPECT_FALSE(Has("203.0.113.0/24", "203.0.114.0"));
  EXPECT_TRUE(Has("203.0.113.128/25", "203.0.113.129"));
  EXPECT_FALSE(Has("203.0.113.128/25", "203.0.113.127"));
  EXPECT_TRUE(Has("0.0.0.0/0", "255.255.255.255"));
  EXPECT_FALSE(Has("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(Has("2001:db8::/32", "2001:db8:ffff::1"));
  EXPECT_FALSE(Has("2001:db8::/32", "2001:db9::"));
  EXPECT_TRUE(Has("::/0", "2001:db8::1"));
  EXPECT_FALSE(Has("::/0", "203.0.113.7"));
}

TEST(AddressPrefixTest, ASingleAddressContainsItself) {
  EXPECT_TRUE(Has("203.0.113.7", "203.0.113.7"));
  EXPECT_FALSE(Has("203.0.113.7", "203.0.113.8"));
  EXPECT_TRUE(Has("2001:db8::1", "2001:DB8:0::1"));
  EXPECT_TRUE(Has("203.0.113.7", "::ffff:203.0.113.7"));
}

TEST(AddressPrefixTest, WhatIsNeitherPrefixNorAddressIsRefused) {
  for (const std::string_view none :
       {"", "/", "203.0.113.", "203.0.113.0/33", "203.0.113.0/-1", "203.0.113.0/", "::/129", "203.0.113.1/24",
        "2001:db8::1/32", "203.0.113.0/24x", "[::1]", "203.0.113.7:80"}) {
    EXPECT_FALSE(AddressPrefix::ParseOrAddress(none).ok()) << none;
  }
  EXPECT_EQ(AddressPrefix::ParseOrAddress("203.0.113").error().message,
            "\"203.0.113\": is not an IP address or prefix");
}

TEST(AddressPrefixTest, SpansItsFirstToItsLastAddress) {
  struct Case {
    std::string_view text;
    std::string_view first;
    std::string_view last;
    int length;
  };
  const Case cases[] = {
      {"0.0.0.0/0", "0.0.0.0", "255.255.255.255", 0},
      {"10.10.8.0/24", "10.10.8.0", "10.10.8.255", 24},
      {"10.10.8.7/32", "10.10.8.7", "10.10.8.7", 32},
      {"128.0.0.0/1", "128.0.0.0", "255.255.255.255", 1},
      {"::/0", "::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", 0},
      {"2600:9000:1000::/36", "2600:9000:1000::", "2600:9000:1fff:ffff:ffff:ffff:ffff:ffff", 36},
      {"2001:db8::/64", "2001:db8::", "2001:db8::ffff:ffff:ffff:ffff", 64},
      {"2001:db8::/65", "2001:db8::", "2001:db8::7fff:ffff:ffff:ffff", 65},
      {"2001:db8::1/128", "2001:db8::1", "2001:db8::1", 128},
  };
  for (const Case& c : cases) {
    const text::Result<AddressPrefix> prefix = AddressPrefix::Parse(c.text);
    ASSERT_TRUE(prefix.ok()) << prefix.error().message;
    EXPECT_EQ(prefix->first().ToString(), c.first) << c.text;
    EXPECT_EQ(prefix->last().ToString(), c.last) << c.text;
    EXPECT_EQ(prefix->length(), c.length) << c.text;
  }
}

TEST(AddressRangesTest, AnErrorNamesItsEntry) {
  const std::vector<std::string> prefixes = {"10.0.0.0/8", "2001:db8::/32", "10.0.0.0/33"};
  EXPECT_EQ(AddressRanges::Create(prefixes).error().message, R"([2]: "10.0.0.0/33": prefix length exceeds 32)");
}

TEST(AddressRangesTest, TheEmptySetContainsNothing) {
  const AddressRanges ranges = RangesOf({});
  EXPECT_TRUE(ranges.empty());
  EXPECT_FALSE(Contains(ranges, "0.0.0.0"));
  EXPECT_FALSE(Contains(ranges, "::"));
}

TEST(AddressRangesTest, OverlappingAndAdjacentPrefixesBecomeOneRange) {
  EXPECT_EQ(RangesOf({"10.0.1.0/24", "10.0.0.0/24", "10.0.0.0/16", "10.1.0.0/16", "10.0.0.0/24"}).size(), 1u);
  EXPECT_EQ(RangesOf({"10.0.0.0/24", "10.0.2.0/24"}).size(), 2u);
  EXPECT_EQ(RangesOf({"255.255.255.0/24", "255.255.255.128/25", "255.255.254.0/24"}).size(), 1u);
  EXPECT_EQ(RangesOf({"ffff::/16", "ffff:ffff::/32", "::/16"}).size(), 2u);
  EXPECT_EQ(RangesOf({"10.0.0.0/24", "10.0.0.255/32"}).size(), 1u);
  EXPECT_EQ(RangesOf({"ffff::/16", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff/128"}).size(), 1u);
  // The next address after the first half lies in the other 64 bits.
  EXPECT_EQ(RangesOf({"2001:db8::/64", "2001:db8:0:1::/64"}).size(), 1u);
}

TEST(AddressRangesTest, EdgesOfARangeBelongToIt) {
  const AddressRanges ranges = RangesOf({"130.176.96.0/19", "2600:9000:1000::/36"});
  EXPECT_FALSE(Contains(ranges, "130.176.95.255"));
  EXPECT_TRUE(Contains(ranges, "130.176.96.0"));
  EXPECT_TRUE(Contains(ranges, "130.176.127.255"));
  EXPECT_FALSE(Contains(ranges, "130.176.128.0"));
  EXPECT_FALSE(Contains(ranges, "2600:9000:fff:ffff:ffff:ffff:ffff:ffff"));
  EXPECT_TRUE(Contains(ranges, "2600:9000:1000::"));
  EXPECT_TRUE(Contains(ranges, "2600:9000:1fff:ffff:ffff:ffff:ffff:ffff"));
  EXPECT_FALSE(Contains(ranges, "2600:9000:2000::"));
}

TEST(AddressRangesTest, AFamilysPrefixNeverContainsTheOther) {
  const AddressRanges all_v6 = RangesOf({"::/0"});
  EXPECT_TRUE(Contains(all_v6, "::1"));
  EXPECT_FALSE(Contains(all_v6, "1.2.3.4"));
  EXPECT_FALSE(Contains(all_v6, "::ffff:1.2.3.4"));
  const AddressRanges all_v4 = RangesOf({"0.0.0.0/0"});
  EXPECT_TRUE(Contains(all_v4, "::ffff:1.2.3.4"));
  EXPECT_FALSE(Contains(all_v4, "::1.2.3.4"));
}

// Compares one bit after the other, by the definition of a prefix.
bool OracleContains(const std::string& prefix, const IpAddress& address) {
  const std::size_t slash = prefix.find('/');
  const IpAddress base = *IpAddress::Parse(prefix.substr(0, slash));
  if (base.is_v4() != address.is_v4()) return false;
  const int skipped = base.is_v4() ? 96 : 0;
  const int length = std::stoi(prefix.substr(slash + 1));
  const auto bit = [](const IpAddress& value, int i) {
    return (i < 64 ? value.high() >> (63 - i) : value.low() >> (127 - i)) & 1;
  };
  for (int i = skipped; i < skipped + length; ++i) {
    if (bit(base, i) != bit(address, i)) return false;
  }
  return true;
}

// Returns an address in a small part of either family, so that prefixes and addresses often match.
IpAddress RandomAddress(std::mt19937_64& random) {
  if (random() % 2 == 0) return IpAddress(0, 0xffff'0a00'0000 | (random() & 0x3ff));
  return IpAddress(0x2001'0db8'0000'0000 | (random() & 0x3), (random() & 0x3) << 62 | (random() & 0xff));
}

std::string RandomPrefix(std::mt19937_64& random) {
  const IpAddress address = RandomAddress(random);
  const int width = address.is_v4() ? 32 : 128;
  const int length = width - static_cast<int>(random() % (address.is_v4() ? 12 : 72));
  const int bits = length + (128 - width);
  const std::uint64_t high = bits >= 64 ? address.high() : address.high() >> (64 - bits) << (64 - bits);
  const std::uint64_t low = bits <= 64 ? 0 : address.low() >> (128 - bits) << (128 - bits);
  return IpAddress(high, low).ToString() + "/" + std::to_string(length);
}

TEST(AddressRangesTest, AgreesWithABitwiseOracleOnRandomPrefixes) {
  std::mt19937_64 random(7);
  int contained = 0;
  for (int round = 0; round < 300; ++round) {
    std::vector<std::string> prefixes(random() % 12);
    for (std::string& prefix : prefixes) prefix = RandomPrefix(random);
    const AddressRanges ranges = RangesOf(prefixes);
    for (int i = 0; i < 200; ++i) {
      const IpAddress address = RandomAddress(random);
      const bool expected = std::any_of(prefixes.begin(), prefixes.end(),
                                        [&](const std::string& prefix) { return OracleContains(prefix, address); });
      ASSERT_EQ(ranges.Contains(address), expected) << address.ToString();
      contained += expected ? 1 : 0;
    }
  }
  // Both answers were frequent.
  EXPECT_GT(contained, 6000);
  EXPECT_LT(contained, 54000);
}

TEST(AddressRangesTest, FindsTheRangeAndWritesItAsAPrefixIfItIsOne) {
  const text::Result<AddressRanges> ranges =
      AddressRanges::Create(std::vector<std::string>{"130.176.96.0/19", "10.0.0.0/24", "10.0.1.0/24", "10.0.2.0/24",
                                                     "192.0.2.7/32", "2600:9000:1000::/36", "2001:db8::/128"});
  ASSERT_TRUE(ranges.ok()) << ranges.error().message;
  const auto found = [&](std::string_view address) {
    const std::optional<AddressRange> range = ranges->Find(*IpAddress::Parse(address));
    return range ? range->ToString() : "none";
  };
  EXPECT_EQ(found("130.176.114.52"), "130.176.96.0/19");
  EXPECT_EQ(found("130.176.128.0"), "none");
  // Merged, and no prefix.
  EXPECT_EQ(found("10.0.1.1"), "10.0.0.0-10.0.2.255");
  EXPECT_EQ(found("192.0.2.7"), "192.0.2.7/32");
  EXPECT_EQ(found("2600:9000:1fff::1"), "2600:9000:1000::/36");
  EXPECT_EQ(found("2001:db8::"), "2001:db8::/128");
  EXPECT_EQ(found("::1"), "none");
  EXPECT_EQ(AddressRanges::Create(std::vector<std::string>{"::/0"})->Find(IpAddress())->ToString(), "::/0");
  EXPECT_EQ(
      AddressRanges::Create(std::vector<std::string>{"0.0.0.0/0"})->Find(*IpAddress::Parse("1.1.1.1"))->ToString(),
      "0.0.0.0/0");
}

}  // namespace
}  // namespace viaduct::ip
