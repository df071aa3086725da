// bench-backend --listen 127.0.0.1:0 [--unix /path]: the application behind every measured proxy. Prints the TCP
// address that it listens at, then serves until it is killed.

#include <sys/epoll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "bench/backend/conversation.h"
#include "bench/bare_socket.h"
#include "bench/failure.h"
#include "bench/flags.h"
#include "net/address.h"
#include "net/descriptor_limit.h"
#include "net/unique_fd.h"

namespace viaduct::bench {
namespace {

constexpr std::size_t kReadBytes = 262144;

// One connection: reads while all answers have been sent.
class Connection {
 public:
  explicit Connection(net::UniqueFd fd) : fd_(std::move(fd)) {}

  // Does all that is possible now. Returns false when the connection has ended.
  bool Advance(std::vector<char>& block) {
    if (!unsent_.empty() && !Flush()) return false;
    while (unsent_.empty()) {
      const ssize_t size = ::recv(fd_.get(), block.data(), block.size(), 0);
      if (size < 0) return errno == EAGAIN;
      if (size == 0) return false;
      if (!conversation_.Take({block.data(), static_cast<std::size_t>(size)}, unsent_)) return false;
      if (!Flush()) return false;
      // A short read: there is no more, and an edge reports new data.
      if (static_cast<std::size_t>(size) < block.size()) return true;
    }
    return true;
  }

 private:
  bool Flush() {
    std::size_t done = 0;
    while (done < unsent_.size()) {
      const std::ptrdiff_t sent = SendSome(fd_.get(), std::string_view(unsent_).substr(done));
      if (sent < 0) return false;
      if (sent == 0) break;
      done += static_cast<std::size_t>(sent);
    }
    unsent_.erase(0, done);
    // Thousands of idle tunnels must not each keep the memory of a large message.
    if (unsent_.empty() && unsent_.capacity() > 4096) unsent_ = std::string();
    return true;
  }

  net::UniqueFd fd_;
  Conversation conversation_;
  std::string unsent_;
};

class Backend {
 public:
  explicit Backend(const net::SocketAddress& address) : epoll_(CreateEpoll()), block_(kReadBytes) { Listen(address); }

  void Listen(const net::SocketAddress& address) {
    listeners_.push_back(ListenAt(address));
    Watch(epoll_.get(), listeners_.back().get(), listeners_.back().get());
  }

  net::SocketAddress address() const { return net::SocketAddress::OfSocket(listeners_.front().get()); }

  [[noreturn]] void Serve() {
    std::array<epoll_event, 512> events;
    while (true) {
      const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), -1);
      for (int i = 0; i < count; ++i) React(static_cast<int>(events[i].data.u64));
    }
  }

 private:
  void React(int fd) {
    for (const net::UniqueFd& listener : listeners_) {
      if (listener.get() == fd) return AcceptAll(fd);
    }
    const auto found = connections_.find(fd);
    if (found != connections_.end() && !found->second->Advance(block_)) connections_.erase(found);
  }

  void AcceptAll(int listener) {
    while (net::UniqueFd fd = AcceptFrom(listener)) {
      const int number = fd.get();
      Watch(epoll_.get(), number, number);
      connections_.insert_or_assign(number, std::make_unique<Connection>(std::move(fd)));
    }
  }

  net::UniqueFd epoll_;
  std::vector<char> block_;
  std::vector<net::UniqueFd> listeners_;
  std::unordered_map<int, std::unique_ptr<Connection>> connections_;
};

int Main(int argc, char** argv) {
  Flags flags(argc, argv);
  const net::SocketAddress address = flags.Address("listen");
  const std::string path = flags.Text("unix", "");
  flags.Finish();
  net::RaiseDescriptorLimit();
  Backend backend(address);
  if (!path.empty()) {
    const auto local = net::SocketAddress::Parse("unix:" + path);
    if (!local.ok()) Fail("--unix: " + std::string(local.status().message()));
    backend.Listen(*local);
  }
  std::cout << backend.address().ToString() << '\n' << std::flush;
  backend.Serve();
}

}  // namespace
}  // namespace viaduct::bench

int main(int argc, char** argv) { return viaduct::bench::Main(argc, argv); }
