// Bytes that go from socket to socket through a pipe.
#include "net/pipe.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "net/event_loop.h"
#include "net/stream_socket.h"
#include "tests/net/run_loop.h"
#include "tests/net/sockets.h"

namespace viaduct::net {
namespace {

class NoOwner final : public StreamSocket::Owner {
 public:
  void OnSocketReady(StreamSocket*) override {}
};

TEST(WorkerPipeTest, IsOnePipeUntilItIsClosed) {
  WorkerPipe owner;
  Pipe* const pipe = owner.Get();
  ASSERT_NE(pipe, nullptr);
  ASSERT_EQ(::write(pipe->write_end(), "left", 4), 4);
  pipe->Added(4);
  EXPECT_EQ(owner.Get(), pipe);
  owner.Close();
  Pipe* const next = owner.Get();
  ASSERT_NE(next, nullptr);
  EXPECT_TRUE(next->empty());
  char byte;
  EXPECT_EQ(::read(next->read_end(), &byte, 1), -1) << "it must be empty";
}

TEST(PipeTest, GivesItsContentToAText) {
  std::optional<Pipe> pipe = Pipe::Create();
  ASSERT_TRUE(pipe.has_value());
  ASSERT_EQ(::write(pipe->write_end(), "one", 3), 3);
  ASSERT_EQ(::write(pipe->write_end(), "two", 3), 3);
  pipe->Added(6);
  std::string text = "before ";
  pipe->MoveTo(&text);
  EXPECT_EQ(text, "before onetwo");
  EXPECT_TRUE(pipe->empty());
}

// Both kinds of pairs, until the reader has all and the end, through a sink with little room.
TEST(StreamSpliceTest, MovesEverythingInOrderPastAFullSink) {
  for (const bool unix_pair : {false, true}) {
    const std::unique_ptr<EventLoop> loop = MakeLoop();
    SocketPair in = unix_pair ? MakeUnixPair() : MakeTcpPair();
    SocketPair out = unix_pair ? MakeUnixPair() : MakeTcpPair();
    ShrinkBuffers(out);
    NoOwner nobody;
    StreamSocket source(loop.get(), std::move(in.ours), &nobody);
    StreamSocket sink(loop.get(), std::move(out.ours), &nobody);
    std::optional<Pipe> pipe = Pipe::Create();
    ASSERT_TRUE(pipe.has_value());

    std::string sent(3'000'000, '\0');
    for (std::size_t i = 0; i < sent.size(); ++i) sent[i] = static_cast<char>(i * 31 + (i >> 9));
    std::size_t written = 0;
    std::string received;
    bool ended = false;
    const auto step = [&] {
      if (written < sent.size()) {
        const ssize_t n = ::send(in.theirs.get(), sent.data() + written, sent.size() - written, MSG_DONTWAIT);
        if (n > 0) written += static_cast<std::size_t>(n);
        if (written == sent.size()) ::shutdown(in.theirs.get(), SHUT_WR);
      }
      if (pipe->empty() && source.readable()) {
        ended |= source.SpliceTo(&*pipe, 100'000).kind == IoResult::Kind::kEnd;
      }
      while (!pipe->empty() && sink.writable()) {
        EXPECT_NE(sink.SpliceFrom(&*pipe).kind, IoResult::Kind::kFailed);
      }
      char buffer[7'000];
      const ssize_t n = ::recv(out.theirs.get(), buffer, sizeof buffer, MSG_DONTWAIT);
      if (n > 0) received.append(buffer, static_cast<std::size_t>(n));
      return ended && received.size() == sent.size();
    };
    EXPECT_TRUE(RunUntil(loop.get(), step));
    EXPECT_TRUE(received == sent);
    EXPECT_TRUE(pipe->empty());
  }
}

TEST(StreamSpliceTest, ASinkThatIsGoneIsAFailure) {
  const std::unique_ptr<EventLoop> loop = MakeLoop();
  SocketPair out = MakeTcpPair();
  NoOwner nobody;
  StreamSocket sink(loop.get(), std::move(out.ours), &nobody);
  std::optional<Pipe> pipe = Pipe::Create();
  ASSERT_TRUE(pipe.has_value());
  ASSERT_EQ(::write(pipe->write_end(), "left", 4), 4);
  pipe->Added(4);
  const linger reset{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(out.theirs.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  out.theirs.Reset();
  ASSERT_TRUE(RunUntil(loop.get(), [&] { return sink.peer_closed(); }));
  EXPECT_EQ(sink.SpliceFrom(&*pipe).kind, IoResult::Kind::kFailed);
}

}  // namespace
}  // namespace viaduct::net
