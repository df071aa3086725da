// What one tunnel may do in one turn of its worker's loop. Every allocation of this program goes through the operators
// below.

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "api/sidecar/v1/sidecar.pb.h"
#include "net/address_tally.h"
#include "net/event_loop.h"
#include "net/stream_socket.h"
#include "net/unique_fd.h"
#include "ops/config/config_file.h"
#include "ops/log/log_sink.h"
#include "sidecar/config/config.h"
#include "sidecar/request/access_log.h"
#include "sidecar/request/routes.h"
#include "sidecar/thread/session_limits.h"
#include "sidecar/thread/worker_context.h"
#include "sidecar/tunnel/tunnel.h"
#include "sidecar/upstream/upstream_health.h"
#include "tests/net/run_loop.h"
#include "tests/net/sockets.h"
#include "tests/support/log_lines.h"
#include "tests/support/ws_frames.h"
#include "websocket/frame_header.h"
#include "websocket/opcode.h"

namespace {

std::size_t allocations = 0;

void* Allocate(std::size_t size) {
  ++allocations;
  void* const memory = std::malloc(size);
  if (memory == nullptr) std::abort();
  return memory;
}

}  // namespace

void* operator new(std::size_t size) { return Allocate(size); }
void* operator new[](std::size_t size) { return Allocate(size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace viaduct::sidecar {
namespace {

// What a turn of this loop takes by itself, with room to spare.
constexpr std::size_t kFewAllocations = 20;

std::shared_ptr<const SidecarConfig> Config() {
  sidecar::v1::SidecarConfig proto;
  ops::ConfigFile::Parse("test.yaml",
                         "listen: 127.0.0.1:0\nvpc_origin: {mode: ALB, trusted_peers: [127.0.0.0/8]}\n"
                         "upstream: {address: '127.0.0.1:1'}\n",
                         &proto)
      .value();
  return std::make_shared<const SidecarConfig>(SidecarConfig::Create(&proto).value());
}

// A tunnel on a loop that the test turns.
class TunnelTurnTest : public testing::Test, private Tunnel::Owner, private net::StreamSocket::Owner {
 protected:
  TunnelTurnTest() {
    const auto socket = [this](net::UniqueFd fd) {
      return std::unique_ptr<net::StreamSocket>(new net::StreamSocket(loop_.get(), std::move(fd), this));
    };
    AccessRecord record;
    record.Begin(loop_->now(), "127.0.0.1:1");
    RouteError error{};
    tunnel_ = std::unique_ptr<Tunnel>(new Tunnel(&context_, this,
                                                 Tunnel::Start{.config = config_,
                                                               .route = config_->routes.Find("/", &error),
                                                               .viewer = socket(std::move(viewer_.ours)),
                                                               .upstream = socket(std::move(upstream_.ours)),
                                                               .record = std::move(record),
                                                               .to_viewer = {},
                                                               .from_viewer = {},
                                                               .from_upstream = {},
                                                               .rsv1 = websocket::Rsv1::kRefused}));
    for (int turn = 0; turn < 3; ++turn) net::RunOneTurn(loop_.get());
  }

  // Sends whole frames until the kernel takes no more; how many bytes.
  std::size_t Flood(const std::string& frame) {
    std::string frames;
    while (frames.size() < 60'000) frames += frame;
    std::size_t sent = 0;
    for (;;) {
      const ssize_t size = ::send(viewer_.theirs.get(), frames.data(), frames.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
      if (size <= 0) return sent;
      sent += static_cast<std::size_t>(size);
      if (static_cast<std::size_t>(size) < frames.size()) return sent;
    }
  }
  void DrainUpstream() {
    std::string buffer(1 << 20, '\0');
    while (::recv(upstream_.theirs.get(), buffer.data(), buffer.size(), MSG_DONTWAIT) > 0) {
    }
  }
  std::uint64_t Passed() const { return context_.metrics().bytes_to_upstream.value(); }

  const std::unique_ptr<net::EventLoop> loop_ = net::MakeLoop();
  const std::shared_ptr<const SidecarConfig> config_ = Config();
  LogCatcher log_;
  ops::LogSink sink_{log_.write_fd()};
  UpstreamHealth health_{[](std::string_view, std::string_view) {}};
  std::atomic<int> open_sessions_{0};
  net::AddressTally viewers_;
  WorkerContext context_{
      loop_.get(), config_, SessionLimits{.max_sessions = config_->max_sessions},
      SharedByWorkers{
          .sink = &sink_, .upstream_health = &health_, .viewers = &viewers_, .open_sessions = &open_sessions_}};
  net::SocketPair viewer_ = net::MakeTcpPair();
  net::SocketPair upstream_ = net::MakeTcpPair();
  std::unique_ptr<Tunnel> tunnel_;

 private:
  void OnEnded(Tunnel*, const TunnelFigures&) override {}
  void OnSocketReady(net::StreamSocket*) override {}
};

TEST_F(TunnelTurnTest, AFloodOfControlFramesGetsABoundedTurnWithoutMemory) {
  const std::string ping = FromViewer(websocket::Opcode::kPing, "");
  ASSERT_EQ(ping.size(), 6u);
  const std::size_t sent = Flood(ping);
  ASSERT_GT(sent, std::size_t{256} << 10);
  std::uint64_t before = Passed();
  for (int turn = 0; before < sent; ++turn) {
    const std::size_t allocations_before = allocations;
    net::RunOneTurn(loop_.get());
    const std::uint64_t passed = Passed() - before;
    // What kind of bytes they are shows in the first turn.
    EXPECT_LE(passed, turn == 0 ? 128u << 10 : 20u << 10) << "in one turn";
    EXPECT_LE(allocations - allocations_before, kFewAllocations) << "for " << passed / 6 << " frames";
    if (testing::Test::HasFailure()) break;
    before += passed;
    DrainUpstream();
    if (sent - before < 6) break;
  }
}

TEST_F(TunnelTurnTest, ALongMessageGetsABoundedTurn) {
  const std::size_t sent = Flood(FromViewer(websocket::Opcode::kBinary, std::string(20'000, 'x')));
  ASSERT_GT(sent, std::size_t{256} << 10);
  net::RunOneTurn(loop_.get());
  EXPECT_GT(Passed(), 0u);
  EXPECT_LE(Passed(), 128u << 10);
}

}  // namespace
}  // namespace viaduct::sidecar
