#include "net/stream_socket.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/address.h"
#include "net/event_loop.h"
#include "net/listener.h"
#include "net/unique_fd.h"
#include "tests/net/run_loop.h"
#include "tests/net/sockets.h"

namespace viaduct::net {
namespace {

using Kind = IoResult::Kind;

// A socket and the calls its owner gets.
struct Watched final : StreamSocket::Owner {
  Watched(EventLoop* loop, UniqueFd fd) : socket(loop, std::move(fd), this) {}
  void OnSocketReady(StreamSocket*) override {
    ++calls;
    if (on_ready) on_ready();
  }
  int calls = 0;
  std::function<void()> on_ready;
  StreamSocket socket;
};

IoResult ReadInto(StreamSocket* socket, std::string* out, std::size_t size) {
  std::string buffer(size, '\0');
  const IoResult result = socket->Read(buffer.data(), size);
  out->append(buffer, 0, result.bytes);
  return result;
}

void Send(const UniqueFd& fd, std::string_view text) {
  ASSERT_EQ(::send(fd.get(), text.data(), text.size(), MSG_NOSIGNAL), static_cast<ssize_t>(text.size()));
}

// Returns the next data; TCP delivers to the other end a moment after a write.
std::string Received(const UniqueFd& fd) {
  pollfd ready{.fd = fd.get(), .events = POLLIN, .revents = 0};
  EXPECT_EQ(::poll(&ready, 1, 20'000), 1);
  char got[16];
  const ssize_t size = ::recv(fd.get(), got, sizeof got, 0);
  EXPECT_GE(size, 0);
  return std::string(got, static_cast<std::size_t>(std::max<ssize_t>(size, 0)));
}

void ResetByPeer(UniqueFd* fd) {
  const linger reset{.l_onoff = 1, .l_linger = 0};
  ASSERT_EQ(::setsockopt(fd->get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset), 0);
  fd->Reset();
}

// The facts below hold for both kinds of sockets.
class EachKindTest : public testing::TestWithParam<bool> {
 protected:
  SocketPair MakePair() { return GetParam() ? MakeTcpPair() : MakeUnixPair(); }
  const std::unique_ptr<EventLoop> loop_ = MakeLoop();
};

INSTANTIATE_TEST_SUITE_P(StreamSocketTest, EachKindTest, testing::Bool(),
                         [](const auto& info) { return info.param ? "Tcp" : "Unix"; });

TEST_P(EachKindTest, IsWritableButNotReadableAtFirst) {
  SocketPair pair = MakePair();
  Watched watched(loop_.get(), std::move(pair.ours));
  EXPECT_FALSE(watched.socket.readable());
  ASSERT_TRUE(RunUntil(loop_.get(), [&] { return watched.socket.writable(); }));
  EXPECT_FALSE(watched.socket.readable());
  EXPECT_FALSE(watched.socket.peer_closed());
  EXPECT_EQ(watched.socket.ConnectError(), 0);
}

TEST_P(EachKindTest, AShortReadEndsReadability) {
  SocketPair pair = MakePair();
  Watched watched(loop_.get(), std::move(pair.ours));
  Send(pair.theirs, "hello");
  ASSERT_TRUE(RunUntil(loop_.get(), [&] { return watched.socket.readable(); }));
  std::string got;
  EXPECT_EQ(ReadInto(&watched.socket, &got, 6).kind, Kind::kDone);
  EXPECT_EQ(got, "hello");
  EXPECT_FALSE(watched.socket.readable());
  Send(pair.theirs, "again");
  ASSERT_TRUE(RunUntil(loop_.get(), [&] { return watched.socket.readable(); }));
}

TEST_P(EachKindTest, AReadOfExactlyTheBufferMayHaveMoreBehind) {
  SocketPair pair = MakePair();
  Watched watched(loop_.get(), std::move(pair.ours));
  Send(pair.theirs, "hello");
  ASSERT_TRUE(RunUntil(loop_.get(), [&] { return watched.socket.readable(); }));
  std::string got;
  EXPECT_EQ(ReadInto(&watched.socket, &got, 5).kind, Kind::kDone);
  EXPECT_TRUE(watched.socket.readable());
  EXPECT_EQ(ReadInto(&watched.socket, &got, 5).kind, Kind::kWouldBlock);
  EXPECT_FALSE(watched.socket.readable());
}

TEST(StreamSocketDeathTest, AReadWithoutRoomIsNotTheEndOfTheStream) {
  const auto loop = MakeLoop();
  SocketPair pair = MakeUnixPair();
  Watched watched(loop.get(), std::move(pair.ours));
  char byte;
  EXPECT_DEATH(watched.socket.Read(&byte, 0), "");
}

TEST_P(EachKindTest, AReadOfExactlyTheBufferThenFin) {
  SocketPair pair = MakePair();
  Watched watched(loop_.get(), std::move(pair.ours));
  Send(pair.theirs, "hello");
  ASSERT_TRUE(RunUntil(loop_.get(), [&] { return watched.socket.readable(); }));
  std::string got;
  EXPECT_EQ(ReadInto(&watched.socket, &got, 5).kind, Kind::kDone);
  pair.theirs.Reset();
  ASSERT_TRUE(RunUntil(loop_.get(), [&] { return watched.socket.peer_closed(); }));
  EXPECT_TRUE(watched.socket.readable());
  EXPECT_EQ(ReadInto(&watched.socket, &got, 5).kind, Kind::kEnd);
  EXPECT_FALSE(watched.socket.readable());
}

// The data and the FIN were there before the first read: no edge tells of the FIN again.
TEST_P(EachKindTest, FinTogetherWithDataIsNotLost) {
  for (std::size_t buffer : {3, 5, 6}) {
    SocketPair pair = MakePair();
    Watched watched(loop_.get(), std::move(pair.ours));
    Send(pair.theirs, "hello");
    pair.theirs.Reset();
    ASSERT_TRUE(RunUntil(loop_.get(), [&] { return watched.socket.peer_closed(); }));
    std::string got;
    IoResult result{.kind = Kind::kDone};
    while (watched.socket.readable() && result.done()) result = ReadInto(&watched.socket, &got, buffer);
    EXPECT_EQ(got, "hello") << buffer;
    EXPECT_EQ(result.kind, Kind::kEnd) << buffer;
  }
}

// A short read empties the socket, the FIN comes before the loop is asked again.
TEST_P(EachKindTest, FinRightAfterAShortReadIsNotLost) {
  SocketPair pair = MakePair();
  Watched watched(loop_.get(), std::move(pair.ours));
  Send(pair.theirs, "hello");
  ASSERT_TRUE(RunUntil(loop_.get(), [&] { return watched.socket.readable(); }));
  std::string got;
  pair.theirs.Reset();
  ReadInto(&watched.socket, &got, 100);
  EXPECT_FALSE(watched.socket.readable()) << "the FIN was not told yet";
  ASSERT_TRUE(RunUntil(loop_.get(), [&] { return watched.socket.readable(); }));
  EXPECT_EQ(ReadInto(&watched.socket, &got, 100).kind, Kind::kEnd);
  EXPECT_EQ(got, "hello");
}

TEST_P(EachKindTest, AFullSocketIsWritableAgainWhenThePeerReads) {
  SocketPair pair = MakePair();
  ShrinkBuffers(pair);
  Watched watched(loop_.get(), std::move(pair.ours));
  ASSERT_TRUE(RunUntil(loop_.get(), [&] { return watched.socket.writable(); }));
  const std::string block(100'000, 'x');
  std::size_t written = 0;
  while (watched.socket.writable()) {
    const IoResult result = watched.socket.Write(block.data(), block.size());
    ASSERT_NE(result.kind, Kind::kFailed);
    written += result.bytes;
    ASSERT_LT(written, std::size_t{100'000'000});
  }
  EXPECT_GT(written, 0u);
  std::string drained(1 << 20, '\0');
  EXPECT_TRUE(RunUntil(loop_.get(), [&] {
    [[maybe_unused]] const ssize_t got = ::recv(pair.theirs.get(), drained.data(), drained.size(), 0);
    return watched.socket.writable();
  }));
}

TEST(StreamSocketTest, AFullSocketSaysThatItWouldBlock) {
  const auto loop = MakeLoop();
  SocketPair pair = MakeUnixPair();  // TCP moves on to the peer's buffer by itself
  Watched watched(loop.get(), std::move(pair.ours));
  RunOneTurn(loop.get());
  const std::string block(1 << 20, 'x');
  const IoResult partly = watched.socket.Write(block.data(), block.size());
  EXPECT_EQ(partly.kind, Kind::kDone);
  EXPECT_LT(partly.bytes, block.size());
  EXPECT_FALSE(watched.socket.writable());
  EXPECT_EQ(watched.socket.Write("x", 1).kind, Kind::kWouldBlock);
  RunOneTurn(loop.get());
  EXPECT_FALSE(watched.socket.writable());
}

TEST_P(EachKindTest, WritesPartsInOrder) {
  SocketPair pair = MakePair();
  Watched watched(loop_.get(), std::move(pair.ours));
  char a[] = "one ";
  char b[] = "two";
  const iovec parts[] = {{a, 4}, {b, 0}, {b, 3}};
  const IoResult result = watched.socket.Write(parts, 3);
  EXPECT_EQ(result.kind, Kind::kDone);
  EXPECT_EQ(result.bytes, 7u);
  EXPECT_EQ(Received(pair.theirs), "one two");
}

TEST_P(EachKindTest, AfterShutdownWriteThePeersBytesStillCome) {
  SocketPair pair = MakePair();
  Watched near(loop_.get(), std::move(pair.ours));
  Watched far(loop_.get(), std::move(pair.theirs));
  EXPECT_EQ(near.socket.Write("request", 7).bytes, 7u);
  near.socket.ShutdownWrite();
  ASSERT_TRUE(RunUntil(loop_.get(), [&] { return far.socket.peer_closed(); }));
  std::string got;
  EXPECT_EQ(ReadInto(&far.socket, &got, 100).kind, Kind::kDone);
  EXPECT_EQ(ReadInto(&far.socket, &got, 100).kind, Kind::kEnd);
  EXPECT_EQ(got, "request");
  EXPECT_FALSE(near.socket.peer_closed());

  EXPECT_EQ(far.socket.Write("answer", 6).bytes, 6u);
  far.socket.ShutdownWrite();
  ASSERT_TRUE(RunUntil(loop_.get(), [&] { return near.socket.peer_closed(); }));
  got.clear();
  EXPECT_EQ(ReadInto(&near.socket, &got, 100).kind, Kind::kDone);
  EXPECT_EQ(ReadInto(&near.socket, &got, 100).kind, Kind::kEnd);
  EXPECT_EQ(got, "answer");
  const IoResult late = near.socket.Write("x", 1);
  EXPECT_EQ(late.kind, Kind::kFailed);
  EXPECT_EQ(late.error, EPIPE);
}

TEST_P(EachKindTest, AWriteToAPeerThatIsGoneFails) {
  SocketPair pair = MakePair();
  Watched watched(loop_.get(), std::move(pair.ours));
  pair.theirs.Reset();
  IoResult result{.kind = Kind::kDone};
  ASSERT_TRUE(RunUntil(loop_.get(), [&] {
    if (watched.socket.writable()) result = watched.socket.Write("x", 1);  // TCP takes one before the RST comes
    return result.kind == Kind::kFailed;
  }));
  EXPECT_TRUE(result.error == EPIPE || result.error == ECONNRESET) << result.error;
  EXPECT_FALSE(watched.socket.writable());
}

TEST_P(EachKindTest, MayDieInItsOwnersCall) {
  SocketPair pair = MakePair();
  auto watched = std::make_unique<Watched>(loop_.get(), std::move(pair.ours));
  watched->on_ready = [&] { loop_->Retire(std::move(watched)); };
  ASSERT_TRUE(RunUntil(loop_.get(), [&] { return watched == nullptr; }));
  EXPECT_EQ(Received(pair.theirs), "") << "its descriptor is closed";
}

// Both ends of a tunnel are ready in one turn, and the first that is told destroys both.
TEST_P(EachKindTest, TwoSocketsMayDieInOneOwnersCall) {
  struct Tunnel final : StreamSocket::Owner {
    Tunnel(EventLoop* loop, UniqueFd a, UniqueFd b) : a(std::in_place, loop, std::move(a), this) {
      this->b.emplace(loop, std::move(b), this);
    }
    void OnSocketReady(StreamSocket*) override {
      ++calls;
      a.reset();
      b.reset();
    }
    std::optional<StreamSocket> a;
    std::optional<StreamSocket> b;
    int calls = 0;
  };
  SocketPair first = MakePair();
  SocketPair second = MakePair();
  Tunnel tunnel(loop_.get(), std::move(first.ours), std::move(second.ours));
  RunOneTurn(loop_.get());
  RunOneTurn(loop_.get());
  EXPECT_EQ(tunnel.calls, 1);
}

TEST_P(EachKindTest, RunAgainCallsTheOwnerInTheNextTurn) {
  SocketPair pair = MakePair();
  Watched watched(loop_.get(), std::move(pair.ours));
  RunOneTurn(loop_.get());
  const int calls = watched.calls;
  watched.socket.RunAgain();
  RunOneTurn(loop_.get());
  EXPECT_EQ(watched.calls, calls + 1);
  RunOneTurn(loop_.get());
  EXPECT_EQ(watched.calls, calls + 1);
}

// The kernel accepts a descriptor for only one handler per loop: here the socket is the second.
TEST_P(EachKindTest, ASocketThatCannotBeWatchedEndsAtOnce) {
  SocketPair pair = MakePair();
  CallOnReady first([](std::uint32_t) {});
  ASSERT_TRUE(loop_->Watch(pair.ours.get(), &first));
  Watched watched(loop_.get(), std::move(pair.ours));
  ASSERT_TRUE(RunUntil(loop_.get(), [&] { return watched.calls > 0; }));
  std::string got;
  EXPECT_TRUE(watched.socket.readable());
  EXPECT_EQ(ReadInto(&watched.socket, &got, 1).kind, Kind::kEnd);
  EXPECT_EQ(watched.socket.Write("x", 1).kind, Kind::kFailed);
  EXPECT_EQ(Received(pair.theirs), "") << "the peer learns of it";
}

TEST(StreamSocketTest, AnRstIsAnErrorBehindTheBytesThatCameBefore) {
  const auto loop = MakeLoop();
  SocketPair pair = MakeTcpPair();
  Watched watched(loop.get(), std::move(pair.ours));
  Send(pair.theirs, "hello");
  ResetByPeer(&pair.theirs);
  ASSERT_TRUE(RunUntil(loop.get(), [&] { return watched.socket.peer_closed(); }));
  std::string got;
  EXPECT_EQ(ReadInto(&watched.socket, &got, 5).kind, Kind::kDone);
  const IoResult result = ReadInto(&watched.socket, &got, 5);
  EXPECT_EQ(result.kind, Kind::kFailed);
  EXPECT_EQ(result.error, ECONNRESET);
  EXPECT_EQ(got, "hello");
  EXPECT_FALSE(watched.socket.readable());
}

TEST(StreamSocketTest, ResetOnCloseSendsAnRst) {
  const auto loop = MakeLoop();
  SocketPair pair = MakeTcpPair();
  Watched watched(loop.get(), std::move(pair.ours));
  {
    Watched other(loop.get(), std::move(pair.theirs));
    other.socket.ResetOnClose();
  }
  ASSERT_TRUE(RunUntil(loop.get(), [&] { return watched.socket.peer_closed(); }));
  std::string got;
  EXPECT_EQ(ReadInto(&watched.socket, &got, 5).error, ECONNRESET);
}

TEST(StreamSocketTest, ConnectsToAListener) {
  const TempDirectory directory;
  const auto loop = MakeLoop();
  for (const SocketAddress& wanted : {SocketAddress::Parse("127.0.0.1:0").value(), directory.Socket("s")}) {
    UniqueFd accepted;
    Listener listener(loop.get(), BindListener(wanted).value(),
                      [&](UniqueFd fd, const SocketAddress&) { accepted = std::move(fd); });
    UniqueFd fd = StreamSocket::StartConnect(listener.local_address());
    ASSERT_TRUE(fd);
    Watched watched(loop.get(), std::move(fd));
    ASSERT_TRUE(RunUntil(loop.get(), [&] { return watched.socket.writable() && accepted; }));
    EXPECT_EQ(watched.socket.ConnectError(), 0);
    EXPECT_EQ(watched.socket.Write("x", 1).bytes, 1u);
  }
}

// On loopback the refusal comes during connect; otherwise it comes as an edge.
TEST(StreamSocketTest, ARefusalIsSaidWhereverItComes) {
  const auto loop = MakeLoop();
  const DeadAddress dead = MakeDeadAddress();
  UniqueFd fd = StreamSocket::StartConnect(dead.address);
  if (!fd) {
    EXPECT_EQ(errno, ECONNREFUSED);
    return;
  }
  Watched watched(loop.get(), std::move(fd));
  ASSERT_TRUE(RunUntil(loop.get(), [&] { return watched.socket.ConnectError() != EINPROGRESS; }));
  EXPECT_EQ(watched.socket.ConnectError(), ECONNREFUSED);
}

TEST(StreamSocketTest, AMissingUnixSocketIsRefusedAtOnce) {
  const TempDirectory directory;
  EXPECT_FALSE(StreamSocket::StartConnect(directory.Socket("none")));
  EXPECT_EQ(errno, ENOENT);
  BindListener(directory.Socket("stale")).value().Reset();
  EXPECT_FALSE(StreamSocket::StartConnect(directory.Socket("stale")));
  EXPECT_EQ(errno, ECONNREFUSED);
}

// A listener whose queue is full does not answer; once it is closed, it refuses the next try, after a second.
TEST(StreamSocketTest, ConnectErrorTellsWhenAndWhyAndStaysWithIt) {
  const auto loop = MakeLoop();
  UniqueFd listener(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const SocketAddress any = SocketAddress::Parse("127.0.0.1:0").value();
  ASSERT_EQ(::bind(listener.get(), any.data(), any.size()), 0);
  ASSERT_EQ(::listen(listener.get(), 0), 0);
  const SocketAddress address = SocketAddress::OfSocket(listener.get());
  const UniqueFd queued = ConnectTo(address);
  ASSERT_TRUE(queued);

  UniqueFd fd = StreamSocket::StartConnect(address);
  ASSERT_TRUE(fd);
  Watched watched(loop.get(), std::move(fd));
  RunOneTurn(loop.get());
  EXPECT_EQ(watched.socket.ConnectError(), EINPROGRESS);
  EXPECT_FALSE(watched.socket.writable());
  listener.Reset();
  ASSERT_TRUE(RunUntil(loop.get(), [&] { return watched.socket.writable(); }));
  EXPECT_EQ(watched.socket.ConnectError(), ECONNREFUSED);
  EXPECT_EQ(watched.socket.ConnectError(), ECONNREFUSED);
}

}  // namespace
}  // namespace viaduct::net
