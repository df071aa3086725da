#include "ctl/core/endpoint.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

namespace viaduct::ctl {
namespace {

struct Accepted {
  std::string_view given;
  std::string_view text;
  std::string_view grpc_target;
  std::string_view unix_path;
  bool on_this_machine;
};

TEST(EndpointTest, UnixPathsAndTcpAddressesAreAccepted) {
  const Accepted cases[] = {
      {"unix:/run/chat.sock", "unix:/run/chat.sock", "unix:/run/chat.sock", "/run/chat.sock", true},
      {"unix:///run/chat.sock", "unix:/run/chat.sock", "unix:/run/chat.sock", "/run/chat.sock", true},
      {"unix:chat.sock", "unix:chat.sock", "unix:chat.sock", "chat.sock", true},
      {"unix:/a b%/?#", "unix:/a b%/?#", "unix:/a%20b%25/%3F%23", "/a b%/?#", true},
      {"127.0.0.1:8083", "127.0.0.1:8083", "dns:///127.0.0.1:8083", "", true},
      {"127.255.0.9:1", "127.255.0.9:1", "dns:///127.255.0.9:1", "", true},
      {"localhost:65535", "localhost:65535", "dns:///localhost:65535", "", true},
      {"[::1]:8083", "[::1]:8083", "ipv6:%5B::1%5D:8083", "", true},
      {"[::ffff:127.0.0.1]:1", "[::ffff:127.0.0.1]:1", "ipv6:%5B::ffff:127.0.0.1%5D:1", "", true},
      {"10.0.0.5:8083", "10.0.0.5:8083", "dns:///10.0.0.5:8083", "", false},
      {"127.0.0.1.example.com:1", "127.0.0.1.example.com:1", "dns:///127.0.0.1.example.com:1", "", false},
      {"localhost.example.com:1", "localhost.example.com:1", "dns:///localhost.example.com:1", "", false},
      {"127.1:1", "127.1:1", "dns:///127.1:1", "", false},
      {"[2001:db8::1]:1", "[2001:db8::1]:1", "ipv6:%5B2001:db8::1%5D:1", "", false},
      {"[::ffff:10.0.0.1]:1", "[::ffff:10.0.0.1]:1", "ipv6:%5B::ffff:10.0.0.1%5D:1", "", false},
  };
  for (const Accepted& c : cases) {
    const absl::StatusOr<Endpoint> endpoint = ParseEndpoint(c.given);
    ASSERT_TRUE(endpoint.ok()) << endpoint.status().ToString();
    EXPECT_EQ(endpoint->text, c.text);
    EXPECT_EQ(endpoint->grpc_target, c.grpc_target);
    EXPECT_EQ(endpoint->unix_path, c.unix_path);
    EXPECT_EQ(endpoint->on_this_machine, c.on_this_machine) << c.given;
  }
}

TEST(EndpointTest, AnythingElseIsRejectedWithTheRule) {
  const struct {
    std::string given;
    std::string rule;
  } cases[] = {
      {"", "expected unix:PATH, HOST:PORT or [IPV6]:PORT"},
      {"localhost", "expected unix:PATH, HOST:PORT or [IPV6]:PORT"},
      {"http://localhost:80", "expected unix:PATH, HOST:PORT or [IPV6]:PORT"},
      {":80", "expected unix:PATH, HOST:PORT or [IPV6]:PORT"},
      {"a b:80", "expected unix:PATH, HOST:PORT or [IPV6]:PORT"},
      {"user@host:80", "expected unix:PATH, HOST:PORT or [IPV6]:PORT"},
      {"::1:80", "expected unix:PATH, HOST:PORT or [IPV6]:PORT"},
      {"host:", "the port must be a number from 1 to 65535"},
      {"host:0", "the port must be a number from 1 to 65535"},
      {"host:65536", "the port must be a number from 1 to 65535"},
      {"host:+1", "the port must be a number from 1 to 65535"},
      {"host:80x", "the port must be a number from 1 to 65535"},
      {"[::1%lo]:80", "not an IPv6 address between [ and ]"},
      {"[host]:80", "not an IPv6 address between [ and ]"},
      {"unix:", "unix: must be followed by a path"},
      {"unix://", "unix: must be followed by a path"},
      {"unix://run/chat.sock", "the path after unix:// must be absolute: unix:///PATH"},
      {"unix:/" + std::string(107, 'x'), "the path of a socket may have at most 107 bytes"},
  };
  for (const auto& c : cases) {
    const absl::StatusOr<Endpoint> endpoint = ParseEndpoint(c.given);
    ASSERT_FALSE(endpoint.ok()) << c.given;
    EXPECT_EQ(std::string(endpoint.status().message()), "endpoint \"" + c.given + "\": " + c.rule);
  }
}

TEST(EndpointTest, TheLongestSocketPathIsAccepted) {
  EXPECT_TRUE(ParseEndpoint("unix:/" + std::string(106, 'x')).ok());
}

}  // namespace
}  // namespace viaduct::ctl
