#include "tests/net/sockets.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>

namespace viaduct::net {
namespace {

SocketAddress Loopback() { return SocketAddress::Parse("127.0.0.1:0").value(); }

UniqueFd BoundTcp() {
  UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const SocketAddress address = Loopback();
  EXPECT_EQ(::bind(fd.get(), address.data(), address.size()), 0);
  return fd;
}

}  // namespace

SocketPair MakeUnixPair() {
  int fds[2];
  EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, fds), 0);
  return {UniqueFd(fds[0]), UniqueFd(fds[1])};
}

SocketPair MakeTcpPair() {
  const UniqueFd listener = BoundTcp();
  EXPECT_EQ(::listen(listener.get(), 1), 0);
  SocketPair pair;
  pair.theirs = ConnectTo(SocketAddress::OfSocket(listener.get()));
  EXPECT_EQ(::fcntl(pair.theirs.get(), F_SETFL, O_NONBLOCK), 0);
  pair.ours = UniqueFd(::accept4(listener.get(), nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC));
  EXPECT_TRUE(pair.ours);
  for (const UniqueFd* fd : {&pair.ours, &pair.theirs}) {
    const int on = 1;
    EXPECT_EQ(::setsockopt(fd->get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on), 0);
  }
  return pair;
}

void ShrinkBuffers(const SocketPair& pair) {
  const int bytes = 32 * 1024;  // with less, TCP waits for timers of its own instead of its reader
  for (const UniqueFd* fd : {&pair.ours, &pair.theirs}) {
    EXPECT_EQ(::setsockopt(fd->get(), SOL_SOCKET, SO_SNDBUF, &bytes, sizeof bytes), 0);
    EXPECT_EQ(::setsockopt(fd->get(), SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes), 0);
  }
}

DeadAddress MakeDeadAddress() {
  UniqueFd holder = BoundTcp();
  const SocketAddress address = SocketAddress::OfSocket(holder.get());
  return {std::move(holder), address};
}

UniqueFd ConnectTo(const SocketAddress& address) {
  UniqueFd fd(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (::connect(fd.get(), address.data(), address.size()) == 0) return fd;
  const int error = errno;
  fd.Reset();
  errno = error;
  return fd;
}

TempDirectory::TempDirectory() {
  char path[] = "/tmp/viaduct-XXXXXX";
  if (::mkdtemp(path) == nullptr) std::abort();
  path_ = path;
}

TempDirectory::~TempDirectory() { std::filesystem::remove_all(path_); }

SocketAddress TempDirectory::Socket(const std::string& name) const {
  return SocketAddress::Parse("unix:" + File(name)).value();
}

}  // namespace viaduct::net
