#include "net/address.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "ip/ip_address.h"
#include "tests/net/sockets.h"

namespace viaduct::net {
namespace {

TEST(SocketAddressTest, ParsesAndPrints) {
  const struct {
    std::string_view text;
    int family;
    std::string_view host;
    std::uint16_t port;
    std::string_view path;
    bool loopback;
    std::string_view printed;  // "" when as `text`
  } kRows[] = {
      {"127.0.0.1:8080", AF_INET, "127.0.0.1", 8080, "", true, ""},
      {"127.255.255.254:1", AF_INET, "127.255.255.254", 1, "", true, ""},
      {"0.0.0.0:0", AF_INET, "0.0.0.0", 0, "", false, ""},
      {"126.0.0.1:65535", AF_INET, "126.0.0.1", 65535, "", false, ""},
      {"[::1]:8080", AF_INET6, "::1", 8080, "", true, ""},
      {"[::]:80", AF_INET6, "::", 80, "", false, ""},
      {"[2001:DB8:0:0::1]:443", AF_INET6, "2001:db8::1", 443, "", false, "[2001:db8::1]:443"},
      {"[::ffff:127.0.0.1]:80", AF_INET6, "::ffff:127.0.0.1", 80, "", false, ""},
      {"127.0.0.1:0080", AF_INET, "127.0.0.1", 80, "", true, "127.0.0.1:80"},
      {"unix:/run/chat.sock", AF_UNIX, "", 0, "/run/chat.sock", true, ""},
      {"unix:relative:path", AF_UNIX, "", 0, "relative:path", true, ""},
  };
  for (const auto& row : kRows) {
    const auto address = SocketAddress::Parse(row.text);
    ASSERT_TRUE(address.ok()) << address.status().ToString();
    EXPECT_EQ(address->family(), row.family) << row.text;
    EXPECT_EQ(address->is_unix(), row.family == AF_UNIX) << row.text;
    EXPECT_EQ(address->host(), row.host) << row.text;
    EXPECT_EQ(address->port(), row.port) << row.text;
    EXPECT_EQ(address->path(), row.path) << row.text;
    EXPECT_EQ(address->is_loopback(), row.loopback) << row.text;
    EXPECT_EQ(address->ToString(), row.printed.empty() ? row.text : row.printed);
  }
}

TEST(SocketAddressTest, RefusesWithTheTextAndTheRule) {
  using namespace std::string_view_literals;
  const std::string form = R"(must be "ADDRESS:PORT", "[IPV6]:PORT" or "unix:PATH")";
  const std::string v4 = "not an IPv4 address; names are not resolved";
  const std::string v6 = "not an IPv6 address in brackets";
  const struct {
    std::string_view text;
    std::string rule;
  } kRows[] = {
      {"", form},
      {"8080", form},
      {":", form},
      {"127.0.0.1", form},
      {"127.0.0.1:", form},
      {"127.0.0.1:http", form},
      {"127.0.0.1:65536", form},
      {"127.0.0.1:-1", form},
      {"127.0.0.1:+80", form},
      {"127.0.0.1: 80", form},
      {"127.0.0.1:80 ", form},
      {"127.0.0.1:80/", form},
      {"[::1]", form},
      {":8080", v4},
      {"localhost:8080", v4},
      {"127.1:80", v4},
      {"256.0.0.1:80", v4},
      {"010.0.0.1:80", v4},
      {"0x7f.0.0.1:80", v4},
      {" 127.0.0.1:80", v4},
      {"1.2.3.4.5:80", v4},
      {"::1:80", v4},
      {"[]:80", v4},
      {"[::1:80", v4},
      {"::1]:80", v4},
      {"[127.0.0.1]:80", v6},
      {"[fe80::1%eth0]:80", v6},
      {"[::1 ]:80", v6},
      {"[:::]:80", v6},
      {"[[::1]]:80", v6},
      {"127.0.0.1\0.example:80"sv, "must not contain NUL"},
      {"unix:/run/a\0b"sv, "must not contain NUL"},
      {"unix:", "a path must follow \"unix:\""},
  };
  for (const auto& row : kRows) {
    const auto address = SocketAddress::Parse(row.text);
    ASSERT_FALSE(address.ok()) << row.text;
    EXPECT_EQ(address.status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_EQ(std::string(address.status().message()), "\"" + std::string(row.text) + "\": " + row.rule);
  }
}

TEST(SocketAddressTest, WithPortChangesNothingElse) {
  EXPECT_EQ(SocketAddress::Parse("192.0.2.1:80").value().WithPort(8080).ToString(), "192.0.2.1:8080");
  EXPECT_EQ(SocketAddress::Parse("[2001:db8::1]:80").value().WithPort(65535).ToString(), "[2001:db8::1]:65535");
  EXPECT_EQ(SocketAddress::Parse("unix:/run/s").value().WithPort(80).ToString(), "unix:/run/s");
}

TEST(SocketAddressTest, APathHasAtMost107Bytes) {
  const std::string longest(107, 'p');
  const auto fits = SocketAddress::Parse("unix:" + longest);
  ASSERT_TRUE(fits.ok());
  EXPECT_EQ(fits->path(), longest);
  EXPECT_FALSE(SocketAddress::Parse("unix:" + longest + "p").ok());
}

TEST(SocketAddressTest, KnowsWhatTheKernelGives) {
  const DeadAddress bound = MakeDeadAddress();
  EXPECT_NE(bound.address.port(), 0);
  EXPECT_EQ(bound.address.host(), "127.0.0.1");
  const auto parsed = SocketAddress::Parse(bound.address.ToString());
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->size(), bound.address.size());
  EXPECT_EQ(std::memcmp(parsed->data(), bound.address.data(), parsed->size()), 0);
}

TEST(SocketAddressTest, AnUnnamedUnixPeerHasNoPath) {
  const SocketPair pair = MakeUnixPair();
  const SocketAddress address = SocketAddress::OfSocket(pair.ours.get());
  EXPECT_TRUE(address.is_unix());
  EXPECT_EQ(address.path(), "");
  EXPECT_EQ(address.ToString(), "unix:");
}

TEST(SocketAddressTest, AClosedSocketHasNone) {
  const SocketAddress address = SocketAddress::OfSocket(-1);
  EXPECT_EQ(address.size(), 0u);
  EXPECT_EQ(address.port(), 0);
  EXPECT_EQ(address.host(), "");
  EXPECT_FALSE(address.is_unix());
}

TEST(SocketAddressTest, FromSockaddrNeverReadsBeyondItsStorage) {
  char oversized[512] = {};
  reinterpret_cast<sockaddr*>(oversized)->sa_family = AF_UNIX;
  std::memset(oversized + 2, 'p', 200);
  const SocketAddress address = SocketAddress::FromSockaddr(reinterpret_cast<sockaddr*>(oversized), sizeof oversized);
  EXPECT_EQ(address.size(), sizeof(sockaddr_storage));
  EXPECT_LE(address.path().size(), sizeof(sockaddr_storage));
}

TEST(SocketAddressTest, GivesTheIpAddressWithoutItsPort) {
  EXPECT_EQ(SocketAddress::Parse("10.10.8.96:8080")->ip(), ip::IpAddress::Parse("10.10.8.96"));
  EXPECT_EQ(SocketAddress::Parse("[2600:9000::1]:1")->ip(), ip::IpAddress::Parse("2600:9000::1"));
}

// The form in which a dual-stack socket names an IPv4 peer.
TEST(SocketAddressTest, TheIpOfAMappedAddressIsTheIpv4One) {
  EXPECT_EQ(SocketAddress::Parse("[::ffff:10.10.8.96]:1")->ip(), ip::IpAddress::Parse("10.10.8.96"));
}

}  // namespace
}  // namespace viaduct::net
