#include "net/send_watch.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

#include "net/address.h"
#include "net/listener.h"
#include "net/unique_fd.h"
#include "tests/net/sockets.h"

namespace viaduct::net {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

constexpr SendWatch::Time kBegin{seconds(1000)};
constexpr auto kPatience = seconds(20);

// Writes until the kernel takes no more; how many bytes.
std::size_t Fill(const UniqueFd& fd) {
  const std::string bytes(64 * 1024, 'x');
  std::size_t filled = 0;
  for (;;) {
    const ssize_t sent = ::send(fd.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) return filled;
    filled += static_cast<std::size_t>(sent);
  }
}

// Reads what is there, for as long as `fact` does not hold.
template <typename Fact>
bool ReadUntil(const UniqueFd& fd, Fact fact) {
  std::string bytes(64 * 1024, '\0');
  const auto deadline = steady_clock::now() + kPatience;
  while (!fact()) {
    if (steady_clock::now() > deadline) return false;
    pollfd ready{.fd = fd.get(), .events = POLLIN, .revents = 0};
    if (::poll(&ready, 1, 2) == 1) EXPECT_GT(::recv(fd.get(), bytes.data(), bytes.size(), MSG_DONTWAIT), 0);
  }
  return true;
}

class ProgressTest : public testing::TestWithParam<bool> {};
INSTANTIATE_TEST_SUITE_P(SendWatchTest, ProgressTest, testing::Bool(),
                         [](const auto& info) { return info.param ? "Tcp" : "Unix"; });

TEST_P(ProgressTest, GrowsWhenThePeerReadsUntilNothingWaits) {
  const SocketPair pair = GetParam() ? MakeTcpPair() : MakeUnixPair();
  EXPECT_EQ(SendProgress::Of(pair.ours.get()).waiting, 0u);
  Fill(pair.ours);
  SendProgress before = SendProgress::Of(pair.ours.get());
  EXPECT_GT(before.waiting, 0u);
  EXPECT_TRUE(ReadUntil(pair.theirs, [&] {
    const SendProgress now = SendProgress::Of(pair.ours.get());
    EXPECT_GE(now.acknowledged, before.acknowledged);
    before = now;
    return now.waiting == 0;
  }));
}

// Otherwise it would hold megabytes.
TEST(SendWatchTest, ShortQueuesAreInheritedFromTheListener) {
  const SocketAddress any = SocketAddress::Parse("127.0.0.1:0").value();
  const UniqueFd listener = BindListener(any).value();
  const UniqueFd theirs = ConnectTo(SocketAddress::OfSocket(listener.get()));
  pollfd ready{.fd = listener.get(), .events = POLLIN, .revents = 0};
  ASSERT_EQ(::poll(&ready, 1, 20'000), 1);
  const UniqueFd ours(::accept(listener.get(), nullptr, nullptr));
  ASSERT_TRUE(ours);
  Fill(ours);
  // Beside the limit, the piece with which it is passed, and what is under way.
  EXPECT_LE(SendProgress::Of(ours.get()).waiting, 512u * 1024);
}

TEST(SendWatchTest, APeerThatTakesNothingIsToldSinceTheBegin) {
  SendWatch watch(kBegin);
  EXPECT_EQ(watch.Look({.acknowledged = 7, .waiting = 1}, false, kBegin + seconds(1)), kBegin);
  EXPECT_EQ(watch.Look({.acknowledged = 7, .waiting = 9}, false, kBegin + seconds(2)), kBegin) << "more waits by now";
  EXPECT_EQ(watch.Look({.acknowledged = 7}, true, kBegin + seconds(3)), kBegin) << "outside of the kernel";
}

TEST(SendWatchTest, OneByteIsProgress) {
  SendWatch watch(kBegin);
  watch.Look({.acknowledged = 7, .waiting = 2}, false, kBegin + seconds(1));
  EXPECT_EQ(watch.Look({.acknowledged = 8, .waiting = 1}, false, kBegin + seconds(2)), kBegin + seconds(2));
  EXPECT_EQ(watch.Look({.acknowledged = 8, .waiting = 1}, false, kBegin + seconds(9)), kBegin + seconds(2));
}

TEST(SendWatchTest, NobodyIsSlowForWhomNothingWaits) {
  SendWatch watch(kBegin);
  watch.Look({.acknowledged = 7, .waiting = 2}, false, kBegin + seconds(1));
  EXPECT_EQ(watch.Look({.acknowledged = 9}, false, kBegin + seconds(2)), std::nullopt);
  EXPECT_EQ(watch.Look({.acknowledged = 9, .waiting = 2}, false, kBegin + seconds(3)), kBegin + seconds(2));
}

}  // namespace
}  // namespace viaduct::net
