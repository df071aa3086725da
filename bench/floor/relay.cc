#include "bench/floor/relay.h"

#include <fcntl.h>
#include <sys/socket.h>

#include <cerrno>
#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include "bench/failure.h"
#include "net/unique_fd.h"

namespace viaduct::bench {
namespace {

constexpr int kPipeBytes = 1 << 20;

std::unique_ptr<Pipe> OpenPipe() {
  int ends[2];
  if (::pipe2(ends, O_NONBLOCK | O_CLOEXEC) != 0) FailWithErrno("pipe2");
  ::fcntl(ends[1], F_SETPIPE_SZ, kPipeBytes);
  return std::make_unique<Pipe>(Pipe{.out = net::UniqueFd(ends[0]), .in = net::UniqueFd(ends[1])});
}

}  // namespace

Relay::Relay(net::UniqueFd client, net::UniqueFd server, Carrying carrying)
    : sockets_{std::move(client), std::move(server)}, carrying_(carrying) {}

bool Relay::Advance(int side, std::span<char> scratch, std::unique_ptr<Pipe>& spare) {
  if (carrying_ == Carrying::kSplice) {
    return Splice(side, spare) && (pipes_[1 - side] == nullptr || Splice(1 - side, spare));
  }
  return Copy(side, scratch) && (unsent_[1 - side].empty() || Copy(1 - side, scratch));
}

bool Relay::Copy(int from, std::span<char> scratch) {
  if (!unsent_[from].empty() && !Flush(from)) return false;
  while (unsent_[from].empty()) {
    const ssize_t size = ::recv(sockets_[from].get(), scratch.data(), scratch.size(), 0);
    if (size < 0) return errno == EAGAIN;
    if (size == 0) return false;
    const ssize_t sent = ::send(sockets_[1 - from].get(), scratch.data(), size, MSG_NOSIGNAL);
    if (sent < 0 && errno != EAGAIN) return false;
    if (sent < size) unsent_[from].assign(scratch.data() + (sent < 0 ? 0 : sent), scratch.data() + size);
    // A short read: there is no more, and an edge reports new data.
    if (static_cast<std::size_t>(size) < scratch.size()) return true;
  }
  return true;
}

bool Relay::Flush(int from) {
  const ssize_t sent = ::send(sockets_[1 - from].get(), unsent_[from].data(), unsent_[from].size(), MSG_NOSIGNAL);
  if (sent < 0) return errno == EAGAIN;
  unsent_[from].erase(0, sent);
  return true;
}

bool Relay::Splice(int from, std::unique_ptr<Pipe>& spare) {
  std::unique_ptr<Pipe>& pipe = pipes_[from];
  if (pipe == nullptr) pipe = spare != nullptr ? std::move(spare) : OpenPipe();
  constexpr unsigned kHow = SPLICE_F_NONBLOCK | SPLICE_F_MOVE;
  bool more = true;
  while (more) {
    if (pipe->held == 0) {
      const ssize_t size = ::splice(sockets_[from].get(), nullptr, pipe->in.get(), nullptr, kPipeBytes, kHow);
      if (size == 0) return false;
      if (size < 0 && errno != EAGAIN) return false;
      if (size < 0) break;
      pipe->held = static_cast<std::size_t>(size);
    }
    const ssize_t moved = ::splice(pipe->out.get(), nullptr, sockets_[1 - from].get(), nullptr, pipe->held, kHow);
    if (moved < 0 && errno != EAGAIN) return false;
    if (moved > 0) pipe->held -= static_cast<std::size_t>(moved);
    more = pipe->held == 0;
  }
  if (pipe->held == 0) spare = std::move(pipe);
  return true;
}

}  // namespace viaduct::bench
