#include "tests/support/tls_relay.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>

namespace viaduct {
namespace {

// Bytes that may wait for a side that takes nothing.
constexpr std::size_t kMaxWaiting = 64 * 1024;

// Sends as much of `bytes` as `fd` takes, and removes it.
void SendSome(const net::UniqueFd& fd, std::string* bytes) {
  while (!bytes->empty()) {
    const ssize_t sent = ::send(fd.get(), bytes->data(), bytes->size(), MSG_NOSIGNAL);
    if (sent <= 0) {
      if (errno != EAGAIN) bytes->clear();  // nobody is there to take it
      return;
    }
    bytes->erase(0, static_cast<std::size_t>(sent));
  }
}

}  // namespace

TlsRelay::TlsRelay(net::UniqueFd connection, const TlsClientOptions& options)
    : client_(options), connection_(std::move(connection)), stop_(::eventfd(0, EFD_CLOEXEC)) {
  std::array<int, 2> ends;
  if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()) != 0) return;
  inner_ = net::UniqueFd(ends[0]);
  plain_end_ = net::UniqueFd(ends[1]);
  ::fcntl(connection_.get(), F_SETFL, O_NONBLOCK);
  if (ShakeHands()) thread_ = std::thread([this] { Run(); });
}

TlsRelay::~TlsRelay() {
  const std::uint64_t one = 1;
  [[maybe_unused]] const ssize_t written = ::write(stop_.get(), &one, sizeof one);
  if (thread_.joinable()) thread_.join();
}

bool TlsRelay::ShakeHands() {
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (!client_.Shake()) {
    to_connection_ += client_.TakeOutput();
    SendSome(connection_, &to_connection_);
    failure_ = client_.failure();
    if (!failure_.empty()) return false;
    pollfd ready{.fd = connection_.get(), .events = POLLIN, .revents = 0};
    if (std::chrono::steady_clock::now() >= deadline) failure_ = "too late";
    if (::poll(&ready, 1, 1000) <= 0) continue;
    std::array<char, 16 * 1024> buffer;
    const ssize_t got = ::recv(connection_.get(), buffer.data(), buffer.size(), 0);
    if (got <= 0 && errno == EAGAIN) continue;
    if (got <= 0) {
      failure_ = got == 0 ? "closed" : "reset";
      return false;
    }
    client_.Feed({buffer.data(), static_cast<std::size_t>(got)});
  }
  to_connection_ += client_.TakeOutput();
  SendSome(connection_, &to_connection_);
  return true;
}

void TlsRelay::Run() {
  while (RelayOnce()) {
  }
}

bool TlsRelay::RelayOnce() {
  const auto wanted = [](bool in, bool out) { return static_cast<short>((in ? POLLIN : 0) | (out ? POLLOUT : 0)); };
  const bool read_plain = !plain_ended_ && to_connection_.size() < kMaxWaiting;
  const bool read_connection = !connection_ended_ && to_plain_.size() < kMaxWaiting;
  std::array<pollfd, 3> ready = {{
      {.fd = stop_.get(), .events = POLLIN, .revents = 0},
      {.fd = inner_.get(), .events = wanted(read_plain, !to_plain_.empty()), .revents = 0},
      {.fd = connection_.get(), .events = wanted(read_connection, !to_connection_.empty()), .revents = 0},
  }};
  // A connection that ended both ways would cause events for ever, none of which matters.
  for (std::size_t i = 1; i < ready.size(); ++i) {
    if (ready[i].events == 0) ready[i].fd = -1;
  }
  ::poll(ready.data(), ready.size(), -1);
  if (ready[0].revents != 0) return false;
  if (read_plain && ready[1].revents != 0) FromPlain();
  if (read_connection && ready[2].revents != 0) FromConnection();
  SendSome(inner_, &to_plain_);
  SendSome(connection_, &to_connection_);
  if (plain_ended_ && to_connection_.empty() && !std::exchange(fin_to_connection_, true)) {
    ::shutdown(connection_.get(), SHUT_WR);
  }
  if (connection_ended_ && to_plain_.empty() && !std::exchange(fin_to_plain_, true)) {
    ::shutdown(inner_.get(), SHUT_WR);
  }
  return true;
}

void TlsRelay::FromPlain() {
  std::array<char, 16 * 1024> buffer;
  const ssize_t got = ::recv(inner_.get(), buffer.data(), buffer.size(), 0);
  if (got < 0 && errno == EAGAIN) return;
  if (got > 0) {
    client_.Write({buffer.data(), static_cast<std::size_t>(got)});
  } else {
    plain_ended_ = true;
    client_.SendCloseNotify();
  }
  to_connection_ += client_.TakeOutput();
}

void TlsRelay::FromConnection() {
  std::array<char, 16 * 1024> buffer;
  const ssize_t got = ::recv(connection_.get(), buffer.data(), buffer.size(), 0);
  if (got < 0 && errno == EAGAIN) return;
  if (got > 0) {
    client_.Feed({buffer.data(), static_cast<std::size_t>(got)});
    to_plain_ += client_.Read();
    to_connection_ += client_.TakeOutput();
  }
  connection_ended_ = got <= 0 || client_.ended() || !client_.failure().empty();
}

}  // namespace viaduct
