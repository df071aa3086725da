#include "tests/support/raw_peer.h"

#include <gtest/gtest.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <thread>
#include <utility>

#include "net/address.h"

namespace viaduct {

RawPeer::RawPeer(const std::string& address, const Options& options) {
  const auto parsed = net::SocketAddress::Parse(address);
  if (!parsed.ok()) {
    ADD_FAILURE() << parsed.status();
    return;
  }
  fd_ = net::UniqueFd(::socket(parsed->family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (options.receive_buffer_bytes > 0) {
    ::setsockopt(fd_.get(), SOL_SOCKET, SO_RCVBUF, &options.receive_buffer_bytes, sizeof(int));
  }
  if (::connect(fd_.get(), parsed->data(), parsed->size()) != 0) {
    ADD_FAILURE() << "connect to " << address << ": errno " << errno;
    fd_.Reset();
  }
}

bool RawPeer::Send(std::string_view bytes) {
  const timeval timeout{.tv_sec = kTimeout.count(), .tv_usec = 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout);
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::size_t RawPeer::SendSome(std::string_view bytes) {
  const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  return sent < 0 ? 0 : static_cast<std::size_t>(sent);
}

bool RawPeer::WaitUntilDelivered() {
  const auto deadline = std::chrono::steady_clock::now() + kTimeout;
  int unacknowledged = 0;
  while (::ioctl(fd_.get(), SIOCOUTQ, &unacknowledged) == 0) {
    if (unacknowledged == 0) return true;
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return false;
}

bool RawPeer::ReadMore() {
  if (ended_ || !fd_) return false;
  pollfd poll{.fd = fd_.get(), .events = POLLIN, .revents = 0};
  const auto timeout = std::chrono::duration_cast<std::chrono::milliseconds>(kTimeout);
  if (::poll(&poll, 1, static_cast<int>(timeout.count())) <= 0) return false;
  std::array<char, 65536> buffer;
  const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
  if (got <= 0) {
    ended_ = true;
    was_reset_ = got < 0;
    return false;
  }
  buffered_.erase(0, std::exchange(taken_, 0));
  buffered_.append(buffer.data(), static_cast<std::size_t>(got));
  return true;
}

std::string RawPeer::Read(std::size_t size) {
  while (buffered_.size() - taken_ < size && ReadMore()) {
  }
  std::string bytes = buffered_.substr(taken_, size);
  taken_ += bytes.size();
  return bytes;
}

std::string RawPeer::ReadUntil(std::string_view end) {
  std::size_t at = buffered_.find(end, taken_);
  while (at == std::string::npos && ReadMore()) at = buffered_.find(end, taken_);
  return Read(at == std::string::npos ? buffered_.size() - taken_ : at + end.size() - taken_);
}

std::string RawPeer::ReadToEnd() {
  while (ReadMore()) {
  }
  return Read(buffered_.size() - taken_);
}

void RawPeer::ShutdownWrite() { ::shutdown(fd_.get(), SHUT_WR); }

void RawPeer::Abort() {
  const linger reset{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  fd_.Reset();
}

}  // namespace viaduct
