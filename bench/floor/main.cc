// bench-floor --listen 127.0.0.1:0 --upstream ADDRESS [--carry copy|splice]: relays between each connection and one of
// its own to the upstream, and does nothing else. Prints the address that it listens at, then serves until it is
// killed.

#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "bench/bare_socket.h"
#include "bench/failure.h"
#include "bench/flags.h"
#include "bench/floor/relay.h"
#include "net/address.h"
#include "net/descriptor_limit.h"
#include "net/unique_fd.h"

namespace viaduct::bench {
namespace {

constexpr std::size_t kScratchBytes = 262144;
// No connection has this descriptor, which is standard input's.
constexpr std::uint64_t kListenerTag = 0;

class Floor {
 public:
  Floor(const net::SocketAddress& listen, const net::SocketAddress& upstream, Carrying carrying)
      : epoll_(CreateEpoll()),
        listener_(ListenAt(listen)),
        upstream_(upstream),
        carrying_(carrying),
        scratch_(kScratchBytes) {
    Watch(epoll_.get(), listener_.get(), kListenerTag);
  }

  net::SocketAddress address() const { return net::SocketAddress::OfSocket(listener_.get()); }

  [[noreturn]] void Serve() {
    std::array<epoll_event, 512> events;
    while (true) {
      const int count = ::epoll_wait(epoll_.get(), events.data(), events.size(), -1);
      for (int i = 0; i < count; ++i) {
        if (events[i].data.u64 == kListenerTag) {
          AcceptAll();
        } else {
          React(events[i].data.u64);
        }
      }
      // Keeps ended relays until no event of this turn can refer to them.
      ended_.clear();
    }
  }

 private:
  // A tag is twice the client's descriptor, plus one for the server's edges.
  void React(std::uint64_t tag) {
    std::unique_ptr<Relay>& relay = relays_[tag / 2];
    if (relay == nullptr || relay->Advance(static_cast<int>(tag % 2), scratch_, spare_)) return;
    ended_.push_back(std::move(relay));
  }

  void AcceptAll() {
    while (net::UniqueFd client = AcceptFrom(listener_.get())) {
      const std::size_t number = client.get();
      net::UniqueFd server = StartConnectTo(upstream_);
      Watch(epoll_.get(), client.get(), number * 2);
      Watch(epoll_.get(), server.get(), number * 2 + 1);
      if (relays_.size() <= number) relays_.resize(number + 1);
      relays_[number] = std::make_unique<Relay>(std::move(client), std::move(server), carrying_);
    }
  }

  net::UniqueFd epoll_;
  net::UniqueFd listener_;
  net::SocketAddress upstream_;
  Carrying carrying_;
  std::vector<char> scratch_;
  std::unique_ptr<Pipe> spare_;
  std::vector<std::unique_ptr<Relay>> relays_;
  std::vector<std::unique_ptr<Relay>> ended_;
};

int Main(int argc, char** argv) {
  Flags flags(argc, argv);
  const net::SocketAddress listen = flags.Address("listen");
  const net::SocketAddress upstream = flags.Address("upstream");
  const std::string carry = flags.Text("carry", "copy");
  flags.Finish();
  if (carry != "copy" && carry != "splice") Fail("--carry: \"" + carry + "\": copy or splice");
  net::RaiseDescriptorLimit();
  Floor floor(listen, upstream, carry == "copy" ? Carrying::kCopy : Carrying::kSplice);
  std::cout << floor.address().ToString() << '\n' << std::flush;
  floor.Serve();
}

}  // namespace
}  // namespace viaduct::bench

int main(int argc, char** argv) { return viaduct::bench::Main(argc, argv); }
