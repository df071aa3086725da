// No edge is ever lost: two sockets with little room send each other what random sizes of reads and writes make of it.
#include <gtest/gtest.h>
#include <openssl/ssl.h>
#include <sys/uio.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

#include "net/event_loop.h"
#include "net/stream_socket.h"
#include "net/tls_context.h"
#include "net/tls_stream.h"
#include "net/unique_fd.h"
#include "tests/net/run_loop.h"
#include "tests/net/sockets.h"
#include "tests/support/test_certificates.h"
#include "tests/support/tls_relay.h"

namespace viaduct::net {
namespace {

constexpr std::size_t kTotal = 600'000;
constexpr std::size_t kLongest = 20'000;

char ByteAt(std::size_t position) { return static_cast<char>(position * 131 + (position >> 8) * 7); }

// Sends kTotal known bytes and then FIN, checks as many from the peer until its FIN. Works only while the socket says
// that it is ready, at most `share` operations a call.
class Endpoint final : private StreamSocket::Owner {
 public:
  Endpoint(EventLoop* loop, UniqueFd fd, unsigned seed, int share, std::function<void()> on_done,
           const TlsContext* tls = nullptr)
      : random_(seed), share_(share), on_done_(std::move(on_done)), socket_(loop, std::move(fd), this) {
    if (tls != nullptr) socket_.StartTls(*tls);
    shaking_ = tls != nullptr;
  }

  bool done() const { return sent_ == kTotal && ended_; }
  std::size_t received() const { return received_; }

 private:
  void OnSocketReady(StreamSocket*) override {
    if (shaking_) {
      const TlsStream::Handshake result = socket_.Handshake();
      ASSERT_NE(result, TlsStream::Handshake::kFailed) << socket_.tls().failure();
      if (result == TlsStream::Handshake::kPending) return;
      shaking_ = false;
    }
    if (done()) return;
    int left = share_;
    while (left > 0 && (MayRead() || MayWrite())) {
      if (MayRead()) Read(), --left;
      if (MayWrite()) Write(), --left;
    }
    if (MayRead() || MayWrite()) socket_.RunAgain();
    if (done()) on_done_();
  }

  bool MayRead() const { return socket_.readable() && !ended_; }
  bool MayWrite() const { return socket_.writable() && sent_ < kTotal; }

  std::size_t RandomSize() { return 1 + random_() % (random_() % 2 == 0 ? 16 : kLongest); }

  void Read() {
    char buffer[kLongest];
    const IoResult result = socket_.Read(buffer, RandomSize());
    ASSERT_NE(result.kind, IoResult::Kind::kFailed) << result.error;
    for (std::size_t i = 0; i < result.bytes; ++i) ASSERT_EQ(buffer[i], ByteAt(received_ + i));
    received_ += result.bytes;
    ended_ = result.kind == IoResult::Kind::kEnd;
  }

  void Write() {
    char buffer[kLongest];
    const std::size_t size = std::min(RandomSize(), kTotal - sent_);
    for (std::size_t i = 0; i < size; ++i) buffer[i] = ByteAt(sent_ + i);
    const std::size_t first = random_() % (size + 1);
    const iovec parts[] = {{buffer, first}, {buffer + first, size - first}};
    const IoResult result = random_() % 2 == 0 ? socket_.Write(buffer, size) : socket_.Write(parts, 2);
    ASSERT_NE(result.kind, IoResult::Kind::kFailed) << result.error;
    sent_ += result.bytes;
    if (sent_ == kTotal) socket_.ShutdownWrite();
  }

  std::mt19937 random_;
  int share_;
  std::function<void()> on_done_;
  std::size_t sent_ = 0;
  std::size_t received_ = 0;
  bool ended_ = false;
  bool shaking_ = false;
  StreamSocket socket_;
};

class StreamTransferTest : public testing::TestWithParam<std::tuple<bool, int>> {};

INSTANTIATE_TEST_SUITE_P(Shares, StreamTransferTest,
                         testing::Combine(testing::Bool(), testing::Values(1, 3, 1'000'000)), [](const auto& info) {
                           return std::string(std::get<0>(info.param) ? "Tcp" : "Unix") +
                                  std::to_string(std::get<1>(info.param));
                         });

TEST_P(StreamTransferTest, EveryByteArrivesBothWaysAndThenTheEnd) {
  const auto [tcp, share] = GetParam();
  for (unsigned seed = 1; seed <= 4; ++seed) {
    const auto loop = MakeLoop();
    SocketPair pair = tcp ? MakeTcpPair() : MakeUnixPair();
    ShrinkBuffers(pair);
    std::vector<std::unique_ptr<Endpoint>> ends;
    const auto on_done = [&] {
      if (ends[0]->done() && ends[1]->done()) loop->Stop();
    };
    ends.push_back(std::make_unique<Endpoint>(loop.get(), std::move(pair.ours), seed, share, on_done));
    ends.push_back(std::make_unique<Endpoint>(loop.get(), std::move(pair.theirs), seed + 100, share, on_done));
    RunUntilStopped(loop.get());
    for (const auto& end : ends) EXPECT_EQ(end->received(), kTotal);
  }
}

// The same with an end on each of two threads, so that the kernel's edges come at any moment of an operation.
TEST_P(StreamTransferTest, EveryByteArrivesAlsoFromAnotherThread) {
  const auto [tcp, share] = GetParam();
  SocketPair pair = tcp ? MakeTcpPair() : MakeUnixPair();
  ShrinkBuffers(pair);
  const auto run = [share = share](UniqueFd fd, unsigned seed) {
    const auto loop = MakeLoop();
    Endpoint end(loop.get(), std::move(fd), seed, share, [&] { loop->Stop(); });
    RunUntilStopped(loop.get());
    EXPECT_EQ(end.received(), kTotal);
  };
  std::thread other(run, std::move(pair.theirs), 1);
  run(std::move(pair.ours), 2);
  other.join();
}

// The same with TLS on one end, and a client of it on the other.
TEST_P(StreamTransferTest, EveryByteArrivesThroughTls) {
  const auto [tcp, share] = GetParam();
  const TestIdentity identity = TestAuthority("ca").Issue("server");
  const auto context = TlsContext::Create(identity.certificate, identity.private_key).value();
  for (unsigned seed = 1; seed <= 4; ++seed) {
    SocketPair pair = tcp ? MakeTcpPair() : MakeUnixPair();
    ShrinkBuffers(pair);
    std::unique_ptr<TlsRelay> relay;  // outlives both ends, since what one has sent may still be in it
    const auto loop = MakeLoop();
    // Our end stays on its loop until the client has all: its close_notify may have to wait for room.
    int left = 2;
    const auto on_done = [&] {
      if (--left == 0) loop->Stop();
    };
    std::thread client([&, share = share] {
      relay = std::make_unique<TlsRelay>(std::move(pair.theirs),
                                         TlsClientOptions{.version = seed % 2 == 0 ? TLS1_2_VERSION : TLS1_3_VERSION});
      EXPECT_EQ(relay->failure(), "");
      const auto client_loop = MakeLoop();
      Endpoint end(client_loop.get(), relay->TakePlain(), seed, share, [&] { client_loop->Stop(); });
      RunUntilStopped(client_loop.get());
      EXPECT_EQ(end.received(), kTotal);
      loop->Post(on_done);
    });
    Endpoint end(loop.get(), std::move(pair.ours), seed + 100, share, on_done, context.get());
    RunUntilStopped(loop.get());
    EXPECT_EQ(end.received(), kTotal);
    client.join();
  }
}

}  // namespace
}  // namespace viaduct::net
