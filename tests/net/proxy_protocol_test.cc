#include "net/proxy_protocol.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "tests/support/proxy_header.h"

namespace viaduct::net {
namespace {

using Kind = ProxyHeaderParse::Kind;

TEST(ProxyProtocolTest, ReadsSourceAndDestination) {
  const std::string header = ProxyHeaderBytes();
  const ProxyHeaderParse parse = ParseProxyHeader(header);
  EXPECT_EQ(parse.kind, Kind::kProxy);
  EXPECT_EQ(parse.size, 28u);
  EXPECT_EQ(parse.source.ToString(), "130.176.114.52:443");
  EXPECT_EQ(parse.destination.ToString(), "10.10.8.96:8080");
  EXPECT_EQ(parse.vpc_endpoint_id, "");
}

TEST(ProxyProtocolTest, ReadsIpv6) {
  const std::string header = ProxyHeaderBytes({.family = 0x21, .addresses = V6ProxyAddresses()});
  const ProxyHeaderParse parse = ParseProxyHeader(header);
  EXPECT_EQ(parse.kind, Kind::kProxy);
  EXPECT_EQ(parse.size, 52u);
  EXPECT_EQ(parse.source.ToString(), "[2600:9000:1000::1]:443");
  EXPECT_EQ(parse.destination.ToString(), "[fd00::1]:8080");
}

TEST(ProxyProtocolTest, ReadsTheVpcEndpointIdAmongOtherValues) {
  const std::string tlvs = Tlv(0x04, "padding") + VpcEndpointTlv("vpce-08d2bf15fac5001c9") + Tlv(0xEA, "\x02other") +
                           Tlv(0xEA, "") + Tlv(0x01, "");
  const std::string header = ProxyHeaderBytes({.tlvs = tlvs});
  const ProxyHeaderParse parse = ParseProxyHeader(header);
  EXPECT_EQ(parse.kind, Kind::kProxy);
  EXPECT_EQ(parse.size, header.size());
  EXPECT_EQ(parse.vpc_endpoint_id, "vpce-08d2bf15fac5001c9");
}

TEST(ProxyProtocolTest, BelievesARightChecksumOnly) {
  const ProxyHeaderSpec spec{.tlvs = VpcEndpointTlv("vpce-1")};
  std::string header = ProxyHeaderWithChecksum(spec);
  EXPECT_EQ(ParseProxyHeader(header).kind, Kind::kProxy);
  for (std::size_t at = 16; at < header.size(); ++at) {
    if (at >= 28 && at < header.size() - 4) continue;  // types and lengths have errors of their own
    header[at] = static_cast<char>(header[at] ^ 0x10);
    EXPECT_EQ(ParseProxyHeader(header).error, ProxyHeaderError::kChecksumWrong) << at;
    header[at] = static_cast<char>(header[at] ^ 0x10);
  }
}

TEST(ProxyProtocolTest, IgnoresAllThatLocalCarries) {
  for (const std::string& addresses : {std::string(), std::string(12, 'x'), std::string("\x03\x00\x09")}) {
    for (const unsigned family : {0x00u, 0x11u, 0x21u, 0xffu}) {
      const std::string header =
          ProxyHeaderBytes({.version_command = 0x20, .family = family, .addresses = addresses}) + "GET /";
      const ProxyHeaderParse parse = ParseProxyHeader(header);
      EXPECT_EQ(parse.kind, Kind::kLocal);
      EXPECT_EQ(parse.size, 16 + addresses.size());
      EXPECT_EQ(parse.source.port(), 0);
    }
  }
}

struct Malformed {
  std::string bytes;
  ProxyHeaderError error;
};

std::vector<Malformed> MalformedHeaders() {
  using Error = ProxyHeaderError;
  const std::string address = ProxyHeaderSpec().addresses;
  std::vector<Malformed> rows = {
      {"GET / HTTP/1.1\r\n", Error::kMissing},
      {"POST", Error::kMissing},
      {"PROXX", Error::kMissing},
      {"\r\n\r\nGET", Error::kMissing},
      {std::string("\r\n\r\n\0\r\nQUIX\n!", 13), Error::kMissing},
      {"\x16\x03\x01", Error::kMissing},
      {"PROXY TCP4 130.176.114.52 10.10.8.96 443 8080\r\n", Error::kTextForm},
      {"PROXY UNKNOWN\r\n", Error::kTextForm},
      {ProxyHeaderBytes({.version_command = 0x11}), Error::kBadVersion},
      {ProxyHeaderBytes({.version_command = 0x31}), Error::kBadVersion},
      {ProxyHeaderBytes({.version_command = 0x01}), Error::kBadVersion},
      {ProxyHeaderBytes({.version_command = 0x22}), Error::kBadCommand},
      {ProxyHeaderBytes({.version_command = 0x2f}), Error::kBadCommand},
      {ProxyHeaderBytes({.addresses = address.substr(1)}), Error::kAddressTruncated},
      {ProxyHeaderBytes({.addresses = ""}), Error::kAddressTruncated},
      {ProxyHeaderBytes({.family = 0x21, .addresses = V6ProxyAddresses().substr(1)}), Error::kAddressTruncated},
      {ProxyHeaderBytes({.tlvs = std::string(kMaxProxyHeaderBytes - 27, '\0')}), Error::kTooLong},
      {ProxyHeaderBytes({.version_command = 0x20, .tlvs = std::string(65'000, 'x')}), Error::kTooLong},
      {ProxyHeaderBytes({.tlvs = "\x04"}), Error::kTlvTruncated},
      {ProxyHeaderBytes({.tlvs = std::string("\x04\x00", 2)}), Error::kTlvTruncated},
      {ProxyHeaderBytes({.tlvs = std::string("\x04\x00\x01", 3)}), Error::kTlvTruncated},
      {ProxyHeaderBytes({.tlvs = Tlv(0x04, "ok") + std::string("\x04\xff\xff", 3)}), Error::kTlvTruncated},
      {ProxyHeaderBytes({.tlvs = Tlv(0x03, std::string(4, '\0'))}), Error::kChecksumWrong},
      {ProxyHeaderBytes({.tlvs = Tlv(0x03, "abc")}), Error::kChecksumWrong},
      {ProxyHeaderBytes({.tlvs = Tlv(0x03, "")}), Error::kChecksumWrong},
      {ProxyHeaderBytes({.tlvs = VpcEndpointTlv("")}), Error::kBadVpcEndpointId},
      {ProxyHeaderBytes({.tlvs = VpcEndpointTlv("vpce 1")}), Error::kBadVpcEndpointId},
      {ProxyHeaderBytes({.tlvs = VpcEndpointTlv("vpce\n1")}), Error::kBadVpcEndpointId},
      {ProxyHeaderBytes({.tlvs = VpcEndpointTlv("vpce-\xc3\xa4")}), Error::kBadVpcEndpointId},
      {ProxyHeaderBytes({.tlvs = VpcEndpointTlv(std::string(65, 'v'))}), Error::kBadVpcEndpointId},
      {ProxyHeaderBytes({.tlvs = VpcEndpointTlv("vpce-1") + VpcEndpointTlv("vpce-2")}), Error::kBadVpcEndpointId},
  };
  // AF_UNSPEC, AF_UNIX, datagrams, and families that do not exist.
  for (const unsigned family : {0x00u, 0x01u, 0x10u, 0x12u, 0x22u, 0x31u, 0x32u, 0x13u, 0x41u, 0xffu}) {
    rows.push_back({ProxyHeaderBytes({.family = family, .addresses = std::string(216, 'x')}), Error::kNoIpAddress});
  }
  return rows;
}

TEST(ProxyProtocolTest, RefusesWhatIsMalformedByName) {
  for (const Malformed& row : MalformedHeaders()) {
    const ProxyHeaderParse parse = ParseProxyHeader(row.bytes);
    EXPECT_EQ(parse.kind, Kind::kError) << row.bytes;
    EXPECT_EQ(kProxyHeaderErrors.Name(parse.error), kProxyHeaderErrors.Name(row.error)) << row.bytes;
  }
}

TEST(ProxyProtocolTest, TakesTheLongestHeader) {
  // 4 KiB of values fit behind the addresses of either family.
  const std::string tlvs = Tlv(0x04, std::string(4096 - 3, '\0'));
  const std::string v6 = V6ProxyAddresses();
  EXPECT_EQ(ParseProxyHeader(ProxyHeaderBytes({.tlvs = tlvs})).kind, Kind::kProxy);
  const std::string header = ProxyHeaderBytes({.family = 0x21, .addresses = v6, .tlvs = tlvs});
  EXPECT_EQ(header.size(), kMaxProxyHeaderBytes);
  EXPECT_EQ(ParseProxyHeader(header).kind, Kind::kProxy);
  const std::string over = Tlv(0x04, std::string(4096 - 2, '\0'));
  EXPECT_EQ(ParseProxyHeader(ProxyHeaderBytes({.family = 0x21, .addresses = v6, .tlvs = over})).error,
            ProxyHeaderError::kTooLong);
}

TEST(ProxyProtocolTest, AsksForNoByteThatIsNotTheHeaders) {
  const std::string v6 =
      ProxyHeaderWithChecksum({.family = 0x21, .addresses = V6ProxyAddresses(), .tlvs = VpcEndpointTlv("vpce-1")});
  for (const std::string& header : {ProxyHeaderBytes(), v6, LocalProxyHeader()}) {
    for (std::size_t cut = 0; cut < header.size(); ++cut) {
      const ProxyHeaderParse parse = ParseProxyHeader(std::string_view(header).substr(0, cut));
      ASSERT_EQ(parse.kind, Kind::kNeedMore) << cut;
      EXPECT_EQ(parse.size, cut < 16 ? 16 : header.size()) << cut;
    }
    // A client's own header behind the balancer's stays where it is.
    EXPECT_EQ(ParseProxyHeader(header + header).size, header.size());
  }
}

TEST(ProxyProtocolTest, SaysTheSameHoweverTheBytesArrive) {
  for (const Malformed& row : MalformedHeaders()) {
    for (std::size_t cut = 0; cut < row.bytes.size(); ++cut) {
      const ProxyHeaderParse parse = ParseProxyHeader(std::string_view(row.bytes).substr(0, cut));
      if (parse.kind == Kind::kNeedMore) {
        EXPECT_GT(parse.size, cut);
      } else {
        EXPECT_EQ(kProxyHeaderErrors.Name(parse.error), kProxyHeaderErrors.Name(row.error)) << cut;
      }
    }
  }
}

}  // namespace
}  // namespace viaduct::net
