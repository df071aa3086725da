// A request that meets our closing connection: what the kernel has when we decide is answered, and what comes later
// finds FIN and no reset.
//
// The loop runs on the test's thread, turn by turn, so that a request can come between the moment at which the loop was
// told what is readable and the one at which the timeout fires.

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "api/sidecar/v1/sidecar.pb.h"
#include "net/address_tally.h"
#include "net/event_loop.h"
#include "net/listener.h"
#include "ops/config/config_file.h"
#include "ops/log/log_sink.h"
#include "sidecar/config/config.h"
#include "sidecar/thread/session_limits.h"
#include "sidecar/thread/worker_context.h"
#include "sidecar/upstream/upstream_health.h"
#include "sidecar/worker/worker.h"
#include "tests/net/run_loop.h"
#include "tests/support/http_message.h"
#include "tests/support/log_lines.h"
#include "tests/support/scripted_peer.h"

namespace viaduct::sidecar {
namespace {

using std::chrono::milliseconds;

constexpr char kConfig[] = R"(
listen: 127.0.0.1:0
vpc_origin: {mode: ALB, trusted_peers: [127.0.0.0/8]}
upstream: {address: "127.0.0.1:1"}
timeouts: {keep_alive_timeout: 500ms, request_head_timeout: 20s}
drain: {accept_window: 0s, spread: 0s, close_wait: 1s, timeout: 5s}
)";

// The sidecar answers this request itself, so no upstream is needed.
constexpr char kRequest[] = "GET /healthz HTTP/1.1\r\nHost: h\r\n\r\n";

std::shared_ptr<const SidecarConfig> Config() {
  sidecar::v1::SidecarConfig proto;
  ops::ConfigFile::Parse("test.yaml", kConfig, &proto).value();
  return std::make_shared<const SidecarConfig>(SidecarConfig::Create(&proto).value());
}

class SessionClosingTest : public testing::Test {
 protected:
  // Returns a connection whose first request was answered.
  ScriptedPeer Kept() {
    ScriptedPeer peer = ScriptedPeer::Connect(worker_->local_address());
    peer.Send(kRequest);
    const double answered = Answered();
    net::RunUntil(loop_.get(), [&] { return Answered() > answered; });
    EXPECT_EQ(ReadHttpMessage(&peer).status(), 200);
    return peer;
  }
  // Returns `count` of these, none of which has timed out yet: on a slow machine, others are made.
  std::vector<ScriptedPeer> KeptAtOnce(int count) {
    for (;;) {
      std::vector<ScriptedPeer> peers;
      const net::Clock::time_point begin = net::Clock::now();
      for (int i = 0; i < count; ++i) peers.push_back(Kept());
      if (net::Clock::now() - begin < config_->keep_alive_timeout) return peers;
      peers.clear();
      RunOut();
    }
  }
  double Answered() const {
    return static_cast<double>(
        worker_->metrics().requests_ended[static_cast<std::size_t>(RequestEnd::kHealthCheck)].value());
  }
  bool Over() const { return worker_->metrics().sessions_open.value() == 0; }
  // Runs the loop until all sessions are over, without any action of the peer.
  void RunOut() {
    net::RunUntil(loop_.get(), [this] { return Over(); });
  }

  LogCatcher log_;
  ops::LogSink sink_{log_.write_fd()};
  const std::shared_ptr<const SidecarConfig> config_ = Config();
  std::atomic<int> open_sessions_{0};
  net::AddressTally viewers_;
  UpstreamHealth health_{[](std::string_view, std::string_view) {}};
  std::unique_ptr<net::EventLoop> loop_ = net::MakeLoop();
  std::unique_ptr<Worker> worker_ = std::make_unique<Worker>(
      loop_.get(), config_, SessionLimits{.max_sessions = config_->max_sessions},
      SharedByWorkers{
          .sink = &sink_, .upstream_health = &health_, .viewers = &viewers_, .open_sessions = &open_sessions_},
      0, net::BindListener(config_->listen).value());
};

TEST_F(SessionClosingTest, ARequestThatCameBeforeTheTimeoutFiredIsAnswered) {
  std::vector<ScriptedPeer> peers = KeptAtOnce(50);
  // Runs in the turn in which the connections time out, but after the loop has read the readiness events.
  net::CallOnTimer before(loop_.get(), [&] {
    for (ScriptedPeer& peer : peers) peer.Send(kRequest);
  });
  before->Set(loop_->now());
  std::this_thread::sleep_for(milliseconds(550));
  const double answered = Answered();
  net::RunUntil(loop_.get(), [&] { return Answered() == answered + 50; });
  for (ScriptedPeer& peer : peers) EXPECT_EQ(ReadHttpMessage(&peer).status(), 200);
  peers.clear();
  RunOut();
}

TEST_F(SessionClosingTest, ARequestThatComesBehindOurFinFindsNoReset) {
  ScriptedPeer peer = Kept();
  std::this_thread::sleep_for(milliseconds(550));
  const auto begin = net::Clock::now();
  net::RunOneTurn(loop_.get());
  EXPECT_EQ(peer.ReadToEnd(), "");
  EXPECT_EQ(peer.end(), PeerEnd::kFin);
  peer.Send(kRequest);
  net::RunOneTurn(loop_.get());
  net::RunOneTurn(loop_.get());
  if (net::Clock::now() - begin < milliseconds(1000))
    EXPECT_FALSE(Over()) << "a close now would reset what the peer sends";
  peer.ShutdownWrite();
  RunOut();
  EXPECT_EQ(Answered(), 1) << "nobody may take it for served";
}

TEST_F(SessionClosingTest, WhoNeverAnswersOurFinIsNotWaitedForLong) {
  ScriptedPeer peer = Kept();
  const auto begin = net::Clock::now();
  RunOut();
  EXPECT_GE(net::Clock::now() - begin, milliseconds(1000));
  EXPECT_EQ(peer.ReadToEnd(), "");
}

TEST_F(SessionClosingTest, ADrainAnswersWhatTheKernelHas) {
  std::vector<ScriptedPeer> kept = KeptAtOnce(50);
  const double answered = Answered();
  // The same for connections that wait to be accepted.
  std::vector<ScriptedPeer> fresh;
  for (int i = 0; i < 50; ++i) fresh.push_back(ScriptedPeer::Connect(worker_->local_address()));
  for (auto* peers : {&kept, &fresh}) {
    for (ScriptedPeer& peer : *peers) peer.Send(kRequest);
  }
  bool drained = false;
  worker_->BeginDrain([&] { drained = true; });
  net::RunUntil(loop_.get(), [&] { return Answered() == answered + 100; });
  for (auto* peers : {&kept, &fresh}) {
    for (ScriptedPeer& peer : *peers) {
      const HttpMessage answer = ReadHttpMessage(&peer);
      EXPECT_EQ(answer.status(), 503);
      EXPECT_EQ(answer.Field("connection"), "close");
      EXPECT_EQ(peer.end(), PeerEnd::kOpen);
    }
  }
  kept.clear();
  fresh.clear();
  net::RunUntil(loop_.get(), [&] { return drained; });
}

// A balancer that connects has a request, which may come a moment later.
TEST_F(SessionClosingTest, ADrainWaitsAMomentForAFirstRequest) {
  ScriptedPeer late = ScriptedPeer::Connect(worker_->local_address());
  ScriptedPeer never = ScriptedPeer::Connect(worker_->local_address());
  bool drained = false;
  const auto begin = loop_->now();  // by which the worker sets its timers
  worker_->BeginDrain([&] { drained = true; });
  for (int i = 0; i < 5; ++i) net::RunOneTurn(loop_.get());
  late.Send(kRequest);
  net::RunUntil(loop_.get(), [&] { return Answered() == 1; });
  EXPECT_EQ(ReadHttpMessage(&late).status(), 503);
  late.Close();
  net::RunUntil(loop_.get(), [&] { return worker_->metrics().sessions_open.value() == 1; });
  EXPECT_FALSE(drained);
  std::thread reader([&] {
    EXPECT_EQ(never.WaitForEnd(), PeerEnd::kFin) << "no answer to what nobody asked";
    never.Close();
  });
  net::RunUntil(loop_.get(), [&] { return drained; });
  reader.join();
  EXPECT_GE(net::Clock::now() - begin, milliseconds(1000));
  EXPECT_EQ(never.ReadToEnd(), "");
}

TEST_F(SessionClosingTest, ADrainClosesWhoIsIdle) {
  ScriptedPeer kept = Kept();
  bool drained = false;
  worker_->BeginDrain([&] { drained = true; });
  EXPECT_EQ(kept.ReadToEnd(), "");
  EXPECT_EQ(kept.end(), PeerEnd::kFin);
  kept.Close();
  net::RunUntil(loop_.get(), [&] { return drained; });
}

}  // namespace
}  // namespace viaduct::sidecar
