#include "tests/support/scripted_peer.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "net/listener.h"

namespace viaduct {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

// Returns true if `fd` became ready for `events` before `deadline`.
bool WaitFor(int fd, short events, steady_clock::time_point deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(deadline - steady_clock::now());
    pollfd ready{.fd = fd, .events = events, .revents = 0};
    const int count = ::poll(&ready, 1, static_cast<int>(std::max<std::int64_t>(left.count(), 0)));
    if (count > 0) return true;
    if (count == 0) return false;
    if (errno != EINTR) return false;
  }
}

}  // namespace

ScriptedPeer::ScriptedPeer(net::UniqueFd fd) : fd_(std::move(fd)) {
  if (!fd_) return;
  ::fcntl(fd_.get(), F_SETFL, O_NONBLOCK);
  const int on = 1;
  ::setsockopt(fd_.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);  // each Send is a segment of its own
}

ScriptedPeer ScriptedPeer::Connect(const net::SocketAddress& address, int receive_buffer_bytes) {
  net::UniqueFd fd(::socket(address.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (receive_buffer_bytes > 0) {
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes, sizeof receive_buffer_bytes);
  }
  if (::connect(fd.get(), address.data(), address.size()) != 0) return ScriptedPeer();
  return ScriptedPeer(std::move(fd));
}

bool ScriptedPeer::Send(std::string_view bytes) {
  const auto deadline = steady_clock::now() + kPatience;
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    } else if (errno != EAGAIN || !WaitFor(fd_.get(), POLLOUT, deadline)) {
      return false;
    }
  }
  return true;
}

std::size_t ScriptedPeer::SendUntilStuck(std::string_view bytes, std::size_t limit, milliseconds quiet) {
  std::size_t total = 0;
  while (total < limit) {
    const std::string_view rest = bytes.substr(total % bytes.size());
    const ssize_t sent = ::send(fd_.get(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent > 0) {
      total += static_cast<std::size_t>(sent);
    } else if (errno != EAGAIN || !WaitFor(fd_.get(), POLLOUT, steady_clock::now() + quiet)) {
      break;
    }
  }
  return total;
}

bool ScriptedPeer::Fill(Deadline deadline) {
  if (end_ != PeerEnd::kOpen || !fd_ || !WaitFor(fd_.get(), POLLIN, deadline)) return false;
  std::array<char, 64 * 1024> buffer;
  const ssize_t got = ::recv(fd_.get(), buffer.data(), buffer.size(), 0);
  if (got > 0) {
    received_.append(buffer.data(), static_cast<std::size_t>(got));
    return true;
  }
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) return true;
  end_ = got == 0 ? PeerEnd::kFin : PeerEnd::kReset;
  return false;
}

std::string ScriptedPeer::Take(std::size_t size) {
  std::string taken = received_.substr(0, size);
  received_.erase(0, size);
  return taken;
}

std::string ScriptedPeer::Read(std::size_t size) {
  const auto deadline = steady_clock::now() + kPatience;
  while (received_.size() < size && Fill(deadline)) {
  }
  return Take(size);
}

std::string ScriptedPeer::ReadThrough(std::string_view end) {
  const auto deadline = steady_clock::now() + kPatience;
  std::size_t found = received_.find(end);
  while (found == std::string::npos && Fill(deadline)) found = received_.find(end);
  return Take(found == std::string::npos ? received_.size() : found + end.size());
}

std::string ScriptedPeer::ReadToEnd() {
  const auto deadline = steady_clock::now() + kPatience;
  while (Fill(deadline)) {
  }
  return Take(received_.size());
}

std::string ScriptedPeer::ReadFor(milliseconds time) {
  const auto deadline = steady_clock::now() + time;
  // Available data is read even after the deadline, but only once: otherwise a fast sender could prevent the return.
  while (Fill(deadline) && steady_clock::now() < deadline) {
  }
  return Take(received_.size());
}

PeerEnd ScriptedPeer::WaitForEnd() {
  ReadToEnd();
  return end_;
}

void ScriptedPeer::ShutdownWrite() { ::shutdown(fd_.get(), SHUT_WR); }

void ScriptedPeer::Reset() {
  const linger reset{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  fd_.Reset();
}

std::uint16_t ScriptedPeer::local_port() const { return net::SocketAddress::OfSocket(fd_.get()).port(); }

ScriptedUpstream::ScriptedUpstream() : ScriptedUpstream(*net::SocketAddress::Parse("127.0.0.1:0")) {}

ScriptedUpstream::ScriptedUpstream(const net::SocketAddress& address) : socket_(net::BindListener(address).value()) {
  address_ = net::SocketAddress::OfSocket(socket_.get());
}

void ScriptedUpstream::StopListening() {
  net::UniqueFd holder;
  if (!address_.is_unix()) {
    holder = net::UniqueFd(::socket(address_.family(), SOCK_STREAM | SOCK_CLOEXEC, 0));
    const int on = 1;
    ::setsockopt(holder.get(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    [[maybe_unused]] const int bound = ::bind(holder.get(), address_.data(), address_.size());
  }
  socket_ = std::move(holder);
}

ScriptedPeer ScriptedUpstream::Accept(milliseconds time) {
  if (!socket_ || !WaitFor(socket_.get(), POLLIN, steady_clock::now() + time)) return ScriptedPeer();
  return ScriptedPeer(net::UniqueFd(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC)));
}

bool ScriptedUpstream::NobodyCame(milliseconds time) { return !Accept(time).connected(); }

}  // namespace viaduct
