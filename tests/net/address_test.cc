#include "net/address.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "ip/ip_address.h"
#include "tests/net/sockets.h"
#include "text/field_error.h"

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
  const std::string number = "the port must be a number from 0 to 65535";
  const std::string v4 = "not an IPv4 address";
  const std::string v6 = "not an IPv6 address in brackets";
  const std::string brackets = R"(an IPv6 address must be in brackets, as in "[::1]:8080")";
  const std::string no_port = R"(has no port; add one, such as ":8080")";
  const struct {
    std::string_view text;
    std::string rule;
  } kRows[] = {
      {"", form},
      {"x", form},
      {"8080", R"(is a port without an address, such as "0.0.0.0:" before it)"},
      {"/run/chat.sock", R"(the path of a Unix socket must follow "unix:")"},
      {":", "has no port behind the colon"},
      {"127.0.0.1:", "has no port behind the colon"},
      {"127.0.0.1", no_port},
      {"[::1]", no_port},
      {"127.0.0.1:http", number},
      {"127.0.0.1:65536", number},
      {"127.0.0.1:70000", number},
      {"[::1]:70000", number},
      {"127.0.0.1:-1", number},
      {"127.0.0.1:+80", number},
      {"127.0.0.1: 80", number},
      {"127.0.0.1:80 ", number},
      {"127.0.0.1:80/", number},
      {":8080", R"(has no address; for all addresses of the machine write "0.0.0.0:8080" or "[::]:8080")"},
      {"*:80", R"(has no address; for all addresses of the machine write "0.0.0.0:80" or "[::]:80")"},
      {"http://127.0.0.1:8080", R"(is a URL; leave out "http://" and what follows the port)"},
      {"tcp://0.0.0.0:80/x", R"(is a URL; leave out "tcp://" and what follows the port)"},
      {"localhost:8080",
       R"("localhost" is a name, and names are not resolved; write an IP address, here "127.0.0.1:8080")"},
      {"chat.internal:80", R"("chat.internal" is a name, and names are not resolved; write an IP address)"},
      {"127.1:80", v4},
      {"256.0.0.1:80", v4},
      {"010.0.0.1:80", v4},
      {"0x7f.0.0.1:80", v4},
      {" 127.0.0.1:80", v4},
      {"1.2.3.4.5:80", v4},
      {"::1:80", brackets},
      {"::1", brackets},
      {"2001:db8:1:2:3:4:5:6:80", brackets},
      {"::1]:80", v4},
      {"[]:80", v6},
      {"[::1:80", v6},
      {"[::1]x:80", v6},
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
    EXPECT_EQ(address.status(), text::InvalidValue(row.text, row.rule));
  }
}

TEST(SocketAddressTest, ListenersOverlapIfAConnectionCouldReachBoth) {
  const struct {
    std::string_view a;
    std::string_view b;
    bool overlap;
  } kRows[] = {
      {"127.0.0.1:80", "127.0.0.1:80", true},
      {"127.0.0.1:80", "127.0.0.1:81", false},
      {"127.0.0.1:80", "127.0.0.2:80", false},
      {"0.0.0.0:80", "127.0.0.1:80", true},
      {"[::]:80", "127.0.0.1:80", true},
      {"[::]:80", "0.0.0.0:80", true},
      {"0.0.0.0:80", "[::1]:80", false},
      {"127.0.0.1:0", "127.0.0.1:0", false},
      {"[::ffff:127.0.0.1]:80", "127.0.0.1:80", true},
      {"unix:/a", "unix:/a", true},
      {"unix:/a", "unix:/b", false},
      {"unix:/a", "0.0.0.0:80", false},
  };
  for (const auto& row : kRows) {
    const SocketAddress a = SocketAddress::Parse(row.a).value();
    const SocketAddress b = SocketAddress::Parse(row.b).value();
    EXPECT_EQ(a.Overlaps(b), row.overlap) << row.a << " " << row.b;
    EXPECT_EQ(b.Overlaps(a), row.overlap) << row.b << " " << row.a;
  }
}

TEST(SocketAddressTest, AnAddressToConnectToHasAPortAndOtherAdvice) {
  EXPECT_TRUE(SocketAddress::Parse("127.0.0.1:1", AddressUse::kConnect).ok());
  EXPECT_TRUE(SocketAddress::Parse("unix:/run/s", AddressUse::kConnect).ok());
  const std::string number = "the port must be a number from 1 to 65535";
  const struct {
    std::string_view text;
    std::string rule;
  } kRows[] = {
      {"127.0.0.1:0", number},
      {"[::1]:0", number},
      {"127.0.0.1:x", number},
      {"3000", R"(is a port without an address, such as "127.0.0.1:" before it)"},
      {":3000", R"(has no address; for a program on this machine write "127.0.0.1:3000")"},
      {"*:3000", "not an IPv4 address"},
  };
  for (const auto& row : kRows) {
    EXPECT_EQ(SocketAddress::Parse(row.text, AddressUse::kConnect).status(), text::InvalidValue(row.text, row.rule));
  }
}

TEST(SocketAddressTest, LeadsToAListenerOnlyIfThatIsCertain) {
  const struct {
    std::string_view address;
    std::string_view listener;
    bool leads;
  } kRows[] = {
      {"127.0.0.1:80", "127.0.0.1:80", true},  {"127.0.0.1:80", "127.0.0.1:81", false},
      {"127.0.0.2:80", "127.0.0.1:80", false}, {"127.0.0.2:80", "0.0.0.0:80", true},
      {"127.0.0.1:80", "[::]:80", true},       {"[::1]:80", "[::]:80", true},
      {"[::1]:80", "0.0.0.0:80", false},       {"[::ffff:127.0.0.1]:80", "0.0.0.0:80", true},
      {"0.0.0.0:80", "127.0.0.1:80", true},    {"0.0.0.0:80", "0.0.0.0:80", true},
      {"[::]:80", "[::1]:80", true},           {"[::]:80", "0.0.0.0:80", false},
      {"10.0.0.5:80", "10.0.0.5:80", true},    {"10.0.0.5:80", "0.0.0.0:80", false},  // may be another machine
      {"127.0.0.1:0", "127.0.0.1:0", false},   {"unix:/a", "unix:/a", true},
      {"unix:/a", "unix:/b", false},           {"127.0.0.1:80", "unix:/a", false},
  };
  for (const auto& row : kRows) {
    const SocketAddress address = SocketAddress::Parse(row.address).value();
    EXPECT_EQ(address.LeadsTo(SocketAddress::Parse(row.listener).value()), row.leads)
        << row.address << " " << row.listener;
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
