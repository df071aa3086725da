#include "net/listener.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <ctime>
#include <fstream>
#include <functional>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "net/address.h"
#include "net/event_loop.h"
#include "net/unique_fd.h"
#include "tests/net/run_loop.h"
#include "tests/net/sockets.h"

namespace viaduct::net {
namespace {

using std::chrono::milliseconds;

SocketAddress Loopback() { return SocketAddress::Parse("127.0.0.1:0").value(); }

// A listener that keeps what it accepts.
struct Accepting {
  explicit Accepting(EventLoop* loop, const SocketAddress& address = Loopback())
      : Accepting(loop, BindListener(address).value()) {}
  Accepting(EventLoop* loop, UniqueFd socket)
      : descriptor(socket.get()), listener(loop, std::move(socket), [this](UniqueFd fd, const SocketAddress& peer) {
          connections.push_back(std::move(fd));
          peers.push_back(peer);
        }) {}
  const int descriptor;  // the listener's
  std::vector<UniqueFd> connections;
  std::vector<SocketAddress> peers;
  Listener listener;
};

std::vector<UniqueFd> ConnectMany(const SocketAddress& address, std::size_t count) {
  std::vector<UniqueFd> clients;
  for (std::size_t i = 0; i < count; ++i) {
    clients.push_back(ConnectTo(address));
    EXPECT_TRUE(clients.back());
  }
  return clients;
}

// Makes `count` connections to the listening `descriptor`, and waits until all are in its queue: a client is connected
// by the kernel's answer, and the handshake ends a moment later.
std::vector<UniqueFd> QueueMany(int descriptor, std::size_t count) {
  std::vector<UniqueFd> clients = ConnectMany(SocketAddress::OfSocket(descriptor), count);
  const Clock::time_point deadline = Clock::now() + std::chrono::seconds(20);
  tcp_info info{};
  do {
    socklen_t size = sizeof info;
    EXPECT_EQ(::getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size), 0);
  } while (info.tcpi_unacked != count && Clock::now() < deadline);
  EXPECT_EQ(info.tcpi_unacked, count) << "of a listening socket: how many wait to be accepted";
  return clients;
}

// While it lives, this process cannot open another descriptor.
class NoMoreDescriptors {
 public:
  NoMoreDescriptors() {
    EXPECT_EQ(::getrlimit(RLIMIT_NOFILE, &before_), 0);
    const UniqueFd lowest_free(::dup(0));
    const rlimit now{.rlim_cur = static_cast<rlim_t>(lowest_free.get()), .rlim_max = before_.rlim_max};
    EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &now), 0);
  }
  ~NoMoreDescriptors() { EXPECT_EQ(::setrlimit(RLIMIT_NOFILE, &before_), 0); }

 private:
  rlimit before_;
};

TEST(ListenerTest, AcceptsOnAPortOfTheKernelsChoice) {
  const auto loop = MakeLoop();
  Accepting accepting(loop.get());
  const SocketAddress address = accepting.listener.local_address();
  EXPECT_NE(address.port(), 0);
  const UniqueFd client = ConnectTo(address);
  ASSERT_TRUE(RunUntil(loop.get(), [&] { return accepting.connections.size() == 1; }));
  EXPECT_EQ(accepting.peers[0].ToString(), SocketAddress::OfSocket(client.get()).ToString());
}

TEST(ListenerTest, ConnectionsAreNonBlockingAndSendAtOnce) {
  const auto loop = MakeLoop();
  Accepting accepting(loop.get());
  const UniqueFd client = ConnectTo(accepting.listener.local_address());
  ASSERT_TRUE(RunUntil(loop.get(), [&] { return accepting.connections.size() == 1; }));
  const int fd = accepting.connections[0].get();
  EXPECT_TRUE(::fcntl(fd, F_GETFL) & O_NONBLOCK);
  EXPECT_TRUE(::fcntl(fd, F_GETFD) & FD_CLOEXEC);
  int no_delay = 0;
  socklen_t size = sizeof no_delay;
  ASSERT_EQ(::getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &size), 0);
  EXPECT_EQ(no_delay, 1);
}

TEST(ListenerTest, AcceptsWhoConnectedBeforeItWasMade) {
  const auto loop = MakeLoop();
  UniqueFd socket = BindListener(Loopback()).value();
  const std::vector<UniqueFd> clients = ConnectMany(SocketAddress::OfSocket(socket.get()), 3);
  int accepted = 0;
  Listener listener(loop.get(), std::move(socket), [&](UniqueFd, const SocketAddress&) { ++accepted; });
  EXPECT_TRUE(RunUntil(loop.get(), [&] { return accepted == 3; }));
}

TEST(ListenerTest, TwoSocketsShareAPort) {
  const auto loop = MakeLoop();
  Accepting first(loop.get());
  Accepting second(loop.get(), first.listener.local_address());
  const std::vector<UniqueFd> clients = ConnectMany(first.listener.local_address(), 64);
  EXPECT_TRUE(
      RunUntil(loop.get(), [&] { return first.connections.size() + second.connections.size() == clients.size(); }));
  EXPECT_FALSE(first.connections.empty());
  EXPECT_FALSE(second.connections.empty());
}

TEST(ListenerTest, APortOfAnotherProgramIsRefusedWithTheAddress) {
  const UniqueFd other(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));  // without SO_REUSEPORT
  ASSERT_EQ(::bind(other.get(), Loopback().data(), Loopback().size()), 0);
  ASSERT_EQ(::listen(other.get(), 1), 0);
  const SocketAddress address = SocketAddress::OfSocket(other.get());
  const auto socket = BindListener(address);
  EXPECT_EQ(socket.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(std::string(socket.status().message()),
            "cannot listen on " + address.ToString() + ": Address already in use");
}

TEST(ListenerTest, AnAddressOfAnotherMachineIsRefusedWithTheAddress) {
  const auto socket = BindListener(SocketAddress::Parse("192.0.2.1:80").value());
  EXPECT_EQ(socket.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(std::string(socket.status().message()), "cannot listen on 192.0.2.1:80: Cannot assign requested address");
}

TEST(BindListenersTest, AllShareOnePortOfTheKernelsChoice) {
  const auto sockets = BindListeners(Loopback(), 3);
  ASSERT_TRUE(sockets.ok()) << sockets.status().ToString();
  ASSERT_EQ(sockets->size(), 3u);
  const SocketAddress first = SocketAddress::OfSocket((*sockets)[0].get());
  EXPECT_NE(first.port(), 0);
  for (const UniqueFd& socket : *sockets) {
    EXPECT_EQ(SocketAddress::OfSocket(socket.get()).ToString(), first.ToString());
  }
}

TEST(BindListenersTest, AddressesThatAreTakenAreRefusedWithTheAddress) {
  const auto taken = BindListeners(Loopback(), 2);
  ASSERT_TRUE(taken.ok());
  const SocketAddress address = SocketAddress::OfSocket((*taken)[0].get());
  ASSERT_TRUE(BindListener(address).ok()) << "the kernel alone lets anybody share it";
  const auto sockets = BindListeners(address, 2);
  EXPECT_EQ(sockets.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(std::string(sockets.status().message()),
            "cannot listen on " + address.ToString() + ": Address already in use");
}

TEST(BindListenersTest, AFreedAddressMayBeBoundAtOnce) {
  const auto loop = MakeLoop();
  std::optional<Accepting> before(std::in_place, loop.get());
  const SocketAddress address = before->listener.local_address();
  UniqueFd client = ConnectTo(address);
  ASSERT_TRUE(RunUntil(loop.get(), [&] { return before->connections.size() == 1; }));
  before.reset();  // closes first: its side of the connection stays in TIME_WAIT
  client.Reset();
  const auto sockets = BindListeners(address, 2);
  EXPECT_TRUE(sockets.ok()) << sockets.status().ToString();
}

TEST(BindListenersTest, AUnixSocketCanHaveOnlyOne) {
  const TempDirectory directory;
  EXPECT_TRUE(BindListeners(directory.Socket("one"), 1).ok());
  EXPECT_EQ(BindListeners(directory.Socket("two"), 2).status().code(), absl::StatusCode::kAlreadyExists);
}

TEST(BindListenersTest, SaysWhenDescriptorsRunOut) {
  const SocketAddress address = MakeDeadAddress().address;
  const NoMoreDescriptors limit;
  const auto sockets = BindListeners(address, 2);
  EXPECT_EQ(sockets.status().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(std::string(sockets.status().message()),
            "cannot listen on " + address.ToString() + ": Too many open files");
}

TEST(ListenerTest, AcceptsOnAUnixSocket) {
  const TempDirectory directory;
  const auto loop = MakeLoop();
  Accepting accepting(loop.get(), directory.Socket("s"));
  EXPECT_EQ(accepting.listener.local_address().path(), directory.File("s"));
  const UniqueFd client = ConnectTo(directory.Socket("s"));
  EXPECT_TRUE(client);
  EXPECT_TRUE(RunUntil(loop.get(), [&] { return accepting.connections.size() == 1; }));
}

TEST(ListenerTest, AStaleUnixSocketIsReplaced) {
  const TempDirectory directory;
  const SocketAddress address = directory.Socket("s");
  BindListener(address).value().Reset();
  EXPECT_FALSE(ConnectTo(address));
  EXPECT_EQ(errno, ECONNREFUSED) << "the file is still there";
  const auto socket = BindListener(address);
  ASSERT_TRUE(socket.ok()) << socket.status().ToString();
  EXPECT_TRUE(ConnectTo(address));
}

TEST(ListenerTest, ALiveUnixSocketIsRefusedWithTheAddress) {
  const TempDirectory directory;
  const SocketAddress address = directory.Socket("s");
  const UniqueFd live = BindListener(address).value();
  const auto socket = BindListener(address);
  EXPECT_EQ(socket.status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(std::string(socket.status().message()),
            "cannot listen on " + address.ToString() + ": Address already in use");
  EXPECT_TRUE(ConnectTo(address)) << "it still listens";
}

TEST(ListenerTest, ALiveUnixSocketWithAFullQueueIsNotTakenForStale) {
  const TempDirectory directory;
  const SocketAddress address = directory.Socket("s");
  const UniqueFd live(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ASSERT_EQ(::bind(live.get(), address.data(), address.size()), 0);
  ASSERT_EQ(::listen(live.get(), 0), 0);
  const UniqueFd queued = ConnectTo(address);
  ASSERT_TRUE(queued);
  EXPECT_EQ(BindListener(address).status().code(), absl::StatusCode::kAlreadyExists);
  EXPECT_EQ(::access(address.path().c_str(), F_OK), 0);
}

TEST(ListenerTest, AFileThatIsNoSocketIsLeftAlone) {
  const TempDirectory directory;
  const std::string path = directory.File("precious");
  std::ofstream(path) << "data";
  EXPECT_EQ(BindListener(directory.Socket("precious")).status().code(), absl::StatusCode::kAlreadyExists);
  std::string content;
  std::ifstream(path) >> content;
  EXPECT_EQ(content, "data");
}

TEST(ListenerTest, ALinkToAStaleSocketIsLeftAlone) {
  const TempDirectory directory;
  BindListener(directory.Socket("s")).value().Reset();
  ASSERT_EQ(::symlink("s", directory.File("link").c_str()), 0);
  EXPECT_FALSE(BindListener(directory.Socket("link")).ok());
  struct stat file;
  EXPECT_EQ(::lstat(directory.File("link").c_str(), &file), 0);
  EXPECT_EQ(::lstat(directory.File("s").c_str(), &file), 0);
}

TEST(ListenerTest, CloseAcceptsWhoWasLetInAndThenRefuses) {
  const auto loop = MakeLoop();
  Accepting accepting(loop.get());
  const SocketAddress address = accepting.listener.local_address();
  const std::vector<UniqueFd> clients = QueueMany(accepting.descriptor, 100);
  accepting.listener.Close();
  EXPECT_EQ(accepting.connections.size(), clients.size());
  EXPECT_FALSE(ConnectTo(address));
  EXPECT_EQ(errno, ECONNREFUSED);
  accepting.listener.Close();
  RunOneTurn(loop.get());
}

TEST(ListenerTest, MayBeClosedWhileItAccepts) {
  const auto loop = MakeLoop();
  std::optional<Listener> listener;
  int accepted = 0;
  UniqueFd socket = BindListener(Loopback()).value();
  const int descriptor = socket.get();
  listener.emplace(loop.get(), std::move(socket), [&](UniqueFd, const SocketAddress&) {
    if (++accepted == 1) listener->Close();
  });
  const std::vector<UniqueFd> clients = QueueMany(descriptor, 3);
  RunOneTurn(loop.get());
  EXPECT_EQ(accepted, 3);
}

TEST(ListenerTest, MayDieWithConnectionsInItsQueue) {
  const auto loop = MakeLoop();
  auto accepting = std::make_unique<Accepting>(loop.get());
  const std::vector<UniqueFd> clients = ConnectMany(accepting->listener.local_address(), 3);
  accepting.reset();
  RunOneTurn(loop.get());
}

// A listener that counts what it accepts in each turn in which there is any.
struct Counting {
  explicit Counting(EventLoop* loop) : Counting(loop, BindListener(Loopback()).value()) {}
  Counting(EventLoop* loop, UniqueFd socket)
      : descriptor(socket.get()), listener(loop, std::move(socket), [this, loop](UniqueFd, const SocketAddress&) {
          if (std::exchange(last_turn, loop->turn()) != loop->turn()) turns.push_back(0);
          ++turns.back();
          ++accepted;
        }) {}
  const int descriptor;  // the listener's
  std::vector<std::size_t> turns;
  std::size_t accepted = 0;
  std::uint64_t last_turn = 0;
  Listener listener;
};

TEST(ListenerTest, AStormOfConnectionsLeavesTurnsToOthersButTakesFew) {
  constexpr std::size_t kClients = 300;
  const auto loop = MakeLoop();
  Counting counting(loop.get());
  const std::vector<UniqueFd> clients = QueueMany(counting.descriptor, kClients);
  ASSERT_TRUE(RunUntil(loop.get(), [&] { return counting.accepted == kClients; }));
  EXPECT_EQ(counting.turns, (std::vector<std::size_t>{1, 2, 4, 8, 16, 32, 64, 64, 64, 45}));
}

TEST(ListenerTest, AfterAStormItTakesOneATurnAgain) {
  const auto loop = MakeLoop();
  Counting counting(loop.get());
  for (std::size_t total : {3, 6}) {
    const std::vector<UniqueFd> clients = QueueMany(counting.descriptor, 3);
    ASSERT_TRUE(RunUntil(loop.get(), [&] { return counting.accepted == total; }));
    RunOneTurn(loop.get());
    RunOneTurn(loop.get());
  }
  EXPECT_EQ(counting.turns, (std::vector<std::size_t>{1, 2, 1, 2}));
}

// The kernel accepts a descriptor for only one handler per loop: here the listener is the second.
TEST(ListenerTest, AcceptsAlsoWhenItCannotBeWatched) {
  const auto loop = MakeLoop();
  CallOnReady first([](std::uint32_t) {});
  UniqueFd socket = BindListener(Loopback()).value();
  const SocketAddress address = SocketAddress::OfSocket(socket.get());
  ASSERT_TRUE(loop->Watch(socket.get(), &first));
  int accepted = 0;
  Listener listener(loop.get(), std::move(socket), [&](UniqueFd, const SocketAddress&) { ++accepted; });
  for (int i = 1; i <= 2; ++i) {
    const UniqueFd client = ConnectTo(address);
    ASSERT_TRUE(RunUntil(loop.get(), [&] { return accepted == i; }));
  }
}

std::chrono::nanoseconds ThreadCpuTime() {
  timespec time;
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

TEST(ListenerTest, WithoutDescriptorsItPausesAndThenGoesOn) {
  const auto loop = MakeLoop();
  Accepting accepting(loop.get());
  const std::vector<UniqueFd> clients = ConnectMany(accepting.listener.local_address(), 5);
  CallOnTimer stop(loop.get(), [&] { loop->Stop(); });
  {
    const NoMoreDescriptors limit;
    stop->Set(Clock::now() + milliseconds(450));
    const auto before = ThreadCpuTime();
    RunUntilStopped(loop.get());
    EXPECT_LT(ThreadCpuTime() - before, milliseconds(45)) << "it spins";
    EXPECT_TRUE(accepting.connections.empty());
  }
  ASSERT_TRUE(RunUntil(loop.get(), [&] { return accepting.connections.size() == clients.size(); }));
}

TEST(ListenerTest, EachPauseEndsOnlyWhenDescriptorsAreFree) {
  const auto loop = MakeLoop();
  Accepting accepting(loop.get());
  for (std::size_t round = 1; round <= 3; ++round) {
    const UniqueFd client = ConnectTo(accepting.listener.local_address());
    {
      const NoMoreDescriptors limit;
      RunOneTurn(loop.get());
      EXPECT_EQ(accepting.connections.size(), round - 1);
    }
    ASSERT_TRUE(RunUntil(loop.get(), [&] { return accepting.connections.size() == round; }));
  }
}

TEST(ListenerTest, MayBeClosedWhileItPauses) {
  const auto loop = MakeLoop();
  Accepting accepting(loop.get());
  const UniqueFd client = ConnectTo(accepting.listener.local_address());
  const NoMoreDescriptors limit;
  RunOneTurn(loop.get());
  accepting.listener.Close();
  CallOnTimer stop(loop.get(), [&] { loop->Stop(); });
  stop->Set(Clock::now() + milliseconds(150));
  RunUntilStopped(loop.get());
  EXPECT_TRUE(accepting.connections.empty());
}

}  // namespace
}  // namespace viaduct::net
