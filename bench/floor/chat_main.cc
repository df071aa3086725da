// bench-chat-floor --listen 127.0.0.1:0: a chat for /websocket that only sends (chat_room.h). Prints the address that
// it listens at, then serves until it is killed.

#include <sys/epoll.h>

#include <array>
#include <cstddef>
#include <cstdint>
#include <iostream>
#include <utility>
#include <vector>

#include "bench/bare_socket.h"
#include "bench/flags.h"
#include "bench/floor/chat_room.h"
#include "net/address.h"
#include "net/descriptor_limit.h"
#include "net/unique_fd.h"

namespace viaduct::bench {
namespace {

constexpr std::size_t kBlockBytes = 262144;
constexpr std::uint64_t kListenerTag = ~std::uint64_t{0};

[[noreturn]] void Serve(int listener) {
  const net::UniqueFd epoll = CreateEpoll();
  Watch(epoll.get(), listener, kListenerTag);
  ChatRoom room;
  std::vector<char> block(kBlockBytes);
  std::array<epoll_event, 512> events;
  while (true) {
    const int count = ::epoll_wait(epoll.get(), events.data(), events.size(), -1);
    for (int i = 0; i < count; ++i) {
      if (events[i].data.u64 != kListenerTag) {
        room.React(events[i].data.u64, (events[i].events & ~EPOLLOUT) != 0, block);
        continue;
      }
      while (net::UniqueFd client = AcceptFrom(listener)) {
        const int fd = client.get();
        Watch(epoll.get(), fd, room.Add(std::move(client)));
      }
    }
    room.FinishTurn();
  }
}

int Main(int argc, char** argv) {
  Flags flags(argc, argv);
  const net::SocketAddress listen = flags.Address("listen");
  flags.Finish();
  net::RaiseDescriptorLimit();
  const net::UniqueFd listener = ListenAt(listen);
  std::cout << net::SocketAddress::OfSocket(listener.get()).ToString() << '\n' << std::flush;
  Serve(listener.get());
}

}  // namespace
}  // namespace viaduct::bench

int main(int argc, char** argv) { return viaduct::bench::Main(argc, argv); }
