#include "sidecar/upstream/upstream_pool.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "tests/support/scripted_peer.h"

namespace viaduct::sidecar {
namespace {

using std::chrono::milliseconds;

// A user of a connection.
struct User final : net::StreamSocket::Owner {
  void OnSocketReady(net::StreamSocket*) override {}
};

// A loop on a thread of its own with a pool on it, and the far ends of its connections.
class UpstreamPoolTest : public testing::Test {
 protected:
  void Start(std::size_t max_idle, milliseconds idle_timeout = std::chrono::seconds(60)) {
    loop_ = net::EventLoop::Create().value();
    pool_ = std::make_unique<UpstreamPool>(loop_.get(), max_idle, idle_timeout);
    thread_ = std::thread([this] { loop_->Run(); });
  }

  void TearDown() override {
    loop_->Stop();
    thread_.join();
    taken_.clear();
    pool_.reset();
  }

  void OnLoop(std::function<void()> call) {
    std::promise<void> done;
    loop_->Post([&] {
      call();
      done.set_value();
    });
    done.get_future().wait();
  }

  // Gives the pool a new connection, at rest, and returns its far end.
  ScriptedPeer GiveNew() {
    std::array<int, 2> ends;
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), 0);
    OnLoop([&] { pool_->Give(std::make_unique<net::StreamSocket>(loop_.get(), net::UniqueFd(ends[0]), &user_)); });
    return ScriptedPeer(net::UniqueFd(ends[1]));
  }

  // Returns the descriptor that the pool hands out, -1 if none; it stays open.
  int Take() {
    int fd = -1;
    OnLoop([&] {
      std::unique_ptr<net::StreamSocket> connection = pool_->Take(&user_);
      if (!connection) return;
      fd = connection->fd();
      taken_.push_back(std::move(connection));
    });
    return fd;
  }

  // Writes to the connection that was taken as number `index`.
  void Say(std::size_t index, std::string_view bytes) {
    OnLoop([&] { taken_[index]->Write(bytes.data(), bytes.size()); });
  }

  std::unique_ptr<net::EventLoop> loop_;
  std::unique_ptr<UpstreamPool> pool_;
  User user_;
  std::vector<std::unique_ptr<net::StreamSocket>> taken_;
  std::thread thread_;
};

TEST_F(UpstreamPoolTest, AnEmptyPoolHasNothing) {
  Start(2);
  EXPECT_EQ(Take(), -1);
}

TEST_F(UpstreamPoolTest, TheYoungestIsTakenFirst) {
  Start(3);
  ScriptedPeer old = GiveNew();
  ScriptedPeer young = GiveNew();
  ASSERT_GE(Take(), 0);
  ASSERT_GE(Take(), 0);
  EXPECT_EQ(Take(), -1);
  Say(0, "first");
  Say(1, "second");
  EXPECT_EQ(young.Read(5), "first");
  EXPECT_EQ(old.Read(6), "second");
}

TEST_F(UpstreamPoolTest, BeyondTheBoundTheOldestIsClosed) {
  Start(2);
  ScriptedPeer oldest = GiveNew();
  ScriptedPeer middle = GiveNew();
  ScriptedPeer youngest = GiveNew();
  EXPECT_EQ(oldest.WaitForEnd(), PeerEnd::kFin);
  EXPECT_GE(Take(), 0);
  EXPECT_GE(Take(), 0);
  EXPECT_EQ(Take(), -1);
}

TEST_F(UpstreamPoolTest, WithABoundOfZeroNothingIsKept) {
  Start(0);
  ScriptedPeer peer = GiveNew();
  EXPECT_EQ(peer.WaitForEnd(), PeerEnd::kFin);
  EXPECT_EQ(Take(), -1);
}

TEST_F(UpstreamPoolTest, WhatTheUpstreamClosesIsNeverHandedOut) {
  Start(2);
  ScriptedPeer closing = GiveNew();
  ScriptedPeer other = GiveNew();
  closing.ShutdownWrite();
  EXPECT_EQ(closing.WaitForEnd(), PeerEnd::kFin);  // the pool's answer
  ASSERT_GE(Take(), 0);
  EXPECT_EQ(Take(), -1);
  Say(0, "x");
  EXPECT_EQ(other.Read(1), "x");
}

TEST_F(UpstreamPoolTest, WhatTheUpstreamSpeaksOnUnaskedIsClosed) {
  Start(2);
  ScriptedPeer peer = GiveNew();
  peer.Send("H");
  EXPECT_NE(peer.WaitForEnd(), PeerEnd::kOpen);  // a reset, since the byte is unread
  EXPECT_EQ(Take(), -1);
}

TEST_F(UpstreamPoolTest, AnIdleConnectionExpires) {
  const auto begin = std::chrono::steady_clock::now();
  Start(4, milliseconds(100));
  ScriptedPeer first = GiveNew();
  ScriptedPeer second = GiveNew();
  EXPECT_EQ(first.WaitForEnd(), PeerEnd::kFin);
  EXPECT_EQ(second.WaitForEnd(), PeerEnd::kFin);
  const auto took = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(took, milliseconds(100));
  EXPECT_LT(took, kPromptly);
  EXPECT_EQ(Take(), -1);
}

// The time in use does not count: a connection that was used for longer than the timeout stays for as long again.
TEST_F(UpstreamPoolTest, ExpiryCountsFromWhenItWasGivenBack) {
  Start(4, milliseconds(300));
  ScriptedPeer peer;
  OnLoop([&] {
    std::array<int, 2> ends;
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, ends.data()), 0);
    peer = ScriptedPeer(net::UniqueFd(ends[1]));
    pool_->Give(std::make_unique<net::StreamSocket>(loop_.get(), net::UniqueFd(ends[0]), &user_));
    taken_.push_back(pool_->Take(&user_));
  });
  EXPECT_EQ(peer.ReadFor(milliseconds(400)), "");
  EXPECT_EQ(peer.end(), PeerEnd::kOpen);
  const auto begin = std::chrono::steady_clock::now();
  OnLoop([&] { pool_->Give(std::move(taken_[0])); });
  EXPECT_EQ(peer.WaitForEnd(), PeerEnd::kFin);
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(300));
}

TEST_F(UpstreamPoolTest, ClearClosesAll) {
  Start(4);
  ScriptedPeer first = GiveNew();
  ScriptedPeer second = GiveNew();
  OnLoop([&] { pool_->Clear(); });
  EXPECT_EQ(first.WaitForEnd(), PeerEnd::kFin);
  EXPECT_EQ(second.WaitForEnd(), PeerEnd::kFin);
}

}  // namespace
}  // namespace viaduct::sidecar
