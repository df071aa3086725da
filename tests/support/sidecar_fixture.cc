#include "tests/support/sidecar_fixture.h"

#include <chrono>
#include <filesystem>
#include <iterator>
#include <thread>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "api/sidecar/v1/sidecar.pb.h"
#include "ops/config/config_file.h"
#include "sidecar/config/config.h"

namespace viaduct {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kLookAgain{2};

// Asks until the answer is yes or kPatience has passed.
template <typename Fact>
bool WaitUntil(Fact fact, milliseconds time = kPatience) {
  const auto deadline = steady_clock::now() + time;
  for (bool last = false;; last = steady_clock::now() >= deadline) {
    if (fact()) return true;
    if (last) return false;
    std::this_thread::sleep_for(kLookAgain);
  }
}

std::shared_ptr<const sidecar::SidecarConfig> Config(const net::SocketAddress& upstream,
                                                     const RunningSidecar::Settings& settings) {
  const std::string upstream_yaml = absl::StrCat("upstream:\n  address: \"", upstream.ToString(), "\"\n  ",
                                                 settings.upstream, "\n  health: ", settings.health);
  const std::string text =
      absl::StrCat("listen: 127.0.0.1:0\nops_listen: 127.0.0.1:0\nworkers: ", settings.workers,
                   "\nvpc_origin:\n  mode: ", settings.mode, "\n  trusted_peers: [", settings.trusted_peers, "]\n  ",
                   settings.filter, "\n", settings.with_upstream ? upstream_yaml : "", "\n", settings.yaml);
  sidecar::v1::SidecarConfig proto;
  ops::ConfigFile::Parse("test.yaml", text, &proto).value();
  return std::make_shared<const sidecar::SidecarConfig>(sidecar::SidecarConfig::Create(&proto).value());
}

}  // namespace

RunningSidecar::RunningSidecar(const net::SocketAddress& upstream, const Settings& settings)
    : sink_(log_.write_fd()), server_(sidecar::Server::Start(Config(upstream, settings), &sink_).value()) {}

absl::Status RunningSidecar::Apply(const net::SocketAddress& upstream, const Settings& settings) {
  return server_->Apply(Config(upstream, settings));
}

std::string RunningSidecar::AskOps(std::string_view path) const {
  ScriptedPeer peer = ScriptedPeer::Connect(server_->ops_address());
  peer.Send(absl::StrCat("GET ", absl::string_view(path.data(), path.size()),
                         " HTTP/1.1\r\nHost: ops\r\nConnection: close\r\n\r\n"));
  return peer.ReadToEnd();
}

double RunningSidecar::Metric(std::string_view series) const {
  const std::string page = AskOps("/metrics");
  for (const absl::string_view line : absl::StrSplit(page, '\n')) {
    double value = 0;
    if (line.size() > series.size() &&
        line.substr(0, series.size()) == absl::string_view(series.data(), series.size()) &&
        line[series.size()] == ' ' && absl::SimpleAtod(line.substr(series.size() + 1), &value)) {
      return value;
    }
  }
  return -1;
}

bool RunningSidecar::WaitForMetric(std::string_view series, double value) const {
  return WaitUntil([&] { return Metric(series) == value; });
}

bool RunningSidecar::WaitForAtLeast(std::string_view series, double value) const {
  return WaitUntil([&] { return Metric(series) >= value; });
}

bool RunningSidecar::WaitUntilDrained(milliseconds time) {
  return WaitUntil([this] { return server_->drained(); }, time);
}

int OpenDescriptors() {
  const std::filesystem::directory_iterator all("/proc/self/fd");
  return static_cast<int>(std::distance(begin(all), end(all)));
}

void SidecarTest::StartBefore(const net::SocketAddress& upstream, const RunningSidecar::Settings& settings) {
  sidecar_ = std::make_unique<RunningSidecar>(upstream, settings);
  descriptors_ = OpenDescriptors();
}

void SidecarTest::TearDown() {
  if (!sidecar_) return;
  EXPECT_TRUE(sidecar_->WaitForMetric("viaduct_sessions_open", 0));
  EXPECT_TRUE(sidecar_->WaitForMetric("viaduct_tunnels_open", 0));
  // There are fewer after a drain, which closes the listening sockets.
  EXPECT_TRUE(WaitUntil([this] { return OpenDescriptors() <= descriptors_; }))
      << OpenDescriptors() << " descriptors are open, there were " << descriptors_;
  for (const LogRecord& line : sidecar_->log().rest()) {
    EXPECT_EQ(line.count("broken"), 0u) << line.at("broken");
  }
}

ScriptedPeer SidecarTest::Viewer(int receive_buffer_bytes) {
  return ScriptedPeer::Connect(sidecar_->server().address(), receive_buffer_bytes);
}

LogRecord SidecarTest::ExpectEnd(std::string_view msg, std::string_view family, std::string_view end, int count) {
  const LogRecord line = sidecar_->log().Wait({{"msg", msg}, {"end", end}});
  EXPECT_FALSE(line.empty()) << "no log line \"" << msg << "\" with end " << end;
  const std::string series = std::string(family) + "{reason=\"" + std::string(end) + "\"}";
  EXPECT_TRUE(sidecar_->WaitForMetric(series, count)) << series << " is " << sidecar_->Metric(series);
  return line;
}

LogRecord SidecarTest::ExpectRequestEnd(sidecar::RequestEnd end, int count) {
  return ExpectEnd("request", "viaduct_requests_ended_total", sidecar::kRequestEnds.Name(end), count);
}

LogRecord SidecarTest::ExpectTunnelEnd(sidecar::TunnelEnd end, int count) {
  return ExpectEnd("tunnel", "viaduct_tunnels_ended_total", sidecar::kTunnelEnds.Name(end), count);
}

std::string EdgeFields() {
  return "Host: chat.example.com\r\n"
         "X-Forwarded-For: 203.0.113.7, 130.176.114.52\r\n"
         "Via: 1.1 ece5d4a731ece5ff46c564ab2b946ede.cloudfront.net (CloudFront)\r\n"
         "X-Amz-Cf-Id: 3QinF8qURdlfjvILoXcZZqalpUXpxOCEI4nLyjxNpODDTK1thF1D7w==\r\n";
}

std::string Request(std::string_view request_line, std::string_view fields, std::string_view body) {
  std::string text(request_line);
  text.append("\r\n").append(EdgeFields()).append(fields).append("\r\n").append(body);
  return text;
}

std::string Response(std::string_view status_line, std::string_view body, std::string_view fields) {
  std::string text(status_line);
  text.append("\r\nContent-Length: ").append(std::to_string(body.size())).append("\r\n");
  text.append(fields).append("\r\n").append(body);
  return text;
}

}  // namespace viaduct
