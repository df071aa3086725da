// The admin API as a client of it sees it.
#include "sidecar/admin/admin_service.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include "ops/admin/admin_credentials.h"
#include "ops/admin/admin_server.h"
#include "ops/log/log_sink.h"
#include "ops/log/logger.h"
#include "ops/metrics/reload_counts.h"
#include "tests/sidecar/tunnel/tunnel_fixture.h"
#include "tests/support/log_lines.h"
#include "tests/support/socket_path.h"

namespace viaduct::sidecar {
namespace {

using Stub = admin::v1::SidecarAdmin::Stub;

class SidecarAdminServiceTest : public TunnelTest {
 protected:
  // gRPC opens descriptors at its first call and keeps them, so this happens before a test counts them.
  static void SetUpTestSuite() {
    const SocketPath socket;
    const ops::AdminListener listener{.unix_socket = *net::SocketAddress::Parse("unix:" + socket.path()), .tcp = {}};
    const auto server = ops::AdminServer::Start(listener, {}, 1, nullptr, nullptr);
    ASSERT_TRUE(server.ok()) << server.status();
    const auto stub = admin::v1::SidecarAdmin::NewStub(
        grpc::CreateChannel("unix:" + socket.path(), grpc::InsecureChannelCredentials()));
    grpc::ClientContext context;
    admin::v1::Drain status;
    EXPECT_EQ(stub->GetDrain(&context, {}, &status).error_code(), grpc::StatusCode::UNIMPLEMENTED);
  }
  void Serve(const RunningSidecar::Settings& settings = {}) {
    Start(settings);
    // No test here asks for ranges or a reload: those need the program's files (tests/integration).
    service_ =
        std::make_unique<SidecarAdminService>(&sidecar().server(), nullptr, nullptr, &credentials_, &logger_, &audit_);
    const ops::AdminListener listener{.unix_socket = *net::SocketAddress::Parse("unix:" + socket_.path()), .tcp = {}};
    auto server = ops::AdminServer::Start(listener, {{service_.get(), "viaduct.admin.v1.SidecarAdmin"}}, 1 << 18,
                                          &credentials_, nullptr);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
    stub_ = admin::v1::SidecarAdmin::NewStub(
        grpc::CreateChannel("unix:" + socket_.path(), grpc::InsecureChannelCredentials()));
  }
  void TearDown() override {
    stub_.reset();
    server_.reset();
    TunnelTest::TearDown();
  }

  // Returns "" if the call succeeds, otherwise "CODE_NUMBER: message".
  template <typename Request, typename Response>
  std::string Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                   const Request& request, Response* response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kPatience);
    const grpc::Status status = (stub_.get()->*method)(&context, request, response);
    return status.ok() ? "" : std::to_string(status.error_code()) + ": " + status.error_message();
  }
  admin::v1::ListTunnelsResponse List(const admin::v1::ListTunnelsRequest& request = {}) {
    admin::v1::ListTunnelsResponse response;
    EXPECT_EQ(Call(&Stub::ListTunnels, request, &response), "");
    return response;
  }

  LogCatcher log_;
  ops::LogSink sink_{log_.write_fd()};
  ops::Logger logger_{&sink_};
  ops::ReloadCounts reloads_;
  ops::AdminCredentials credentials_{ops::AdminListener(), &logger_, &reloads_};
  ops::AdminAudit audit_{&logger_, &credentials_};
  SocketPath socket_;
  std::unique_ptr<SidecarAdminService> service_;
  std::unique_ptr<ops::AdminServer> server_;
  std::unique_ptr<Stub> stub_;
};

TEST_F(SidecarAdminServiceTest, TunnelsAreListedAndGot) {
  Serve();
  TunnelEnds ends = Open();
  ExpectAlive(&ends);
  const admin::v1::ListTunnelsResponse list = List();
  ASSERT_EQ(list.tunnels_size(), 1);
  EXPECT_EQ(list.total_size(), 1);
  EXPECT_EQ(list.next_page_token(), "");
  const admin::v1::Tunnel& tunnel = list.tunnels(0);
  EXPECT_EQ(tunnel.name().rfind("tunnels/", 0), 0u);
  EXPECT_EQ(tunnel.peer_address(), "127.0.0.1:" + std::to_string(ends.viewer.local_port()));
  EXPECT_EQ(tunnel.viewer_address(), "203.0.113.7");
  EXPECT_EQ(tunnel.edge_address(), "130.176.114.52");
  EXPECT_EQ(tunnel.host(), "chat.example.com");
  EXPECT_EQ(tunnel.path(), "/websocket");
  EXPECT_EQ(tunnel.cloudfront_id(), "3QinF8qURdlfjvILoXcZZqalpUXpxOCEI4nLyjxNpODDTK1thF1D7w==");
  EXPECT_EQ(tunnel.from_viewer().data_frames(), 1);
  EXPECT_EQ(tunnel.from_viewer().bytes(), 12);
  EXPECT_EQ(tunnel.from_upstream().bytes(), 8);
  EXPECT_GE(tunnel.last_activity_time().seconds(), tunnel.open_time().seconds());
  EXPECT_EQ(tunnel.closing(), "");

  admin::v1::GetTunnelRequest get;
  get.set_name(tunnel.name());
  admin::v1::Tunnel got;
  EXPECT_EQ(Call(&Stub::GetTunnel, get, &got), "");
  EXPECT_EQ(got.name(), tunnel.name());
  EXPECT_EQ(got.cloudfront_id(), tunnel.cloudfront_id());
  ClosePolitely(&ends);
}

TEST_F(SidecarAdminServiceTest, EndsAreFoundByIdAndAddress) {
  Serve();
  TunnelEnds ends = Open();
  const std::string name = List().tunnels(0).name();
  ExpectAlive(&ends);
  ClosePolitely(&ends);
  EXPECT_EQ(ExpectTunnelEnd(TunnelEnd::kViewerClose)["tunnel"], name.substr(8));
  ScriptedPeer direct = Viewer();
  direct.Send("GET / HTTP/1.1\r\nHost: chat.example.com\r\nX-Amzn-Trace-Id: Root=1-67891233-abcdef\r\n\r\n");
  ExpectRequestEnd(RequestEnd::kDenied);

  const auto find = [this](const std::string& id) {
    admin::v1::ListRecentEndsRequest request;
    request.set_id(id);
    admin::v1::ListRecentEndsResponse response;
    EXPECT_EQ(Call(&Stub::ListRecentEnds, request, &response), "");
    return response;
  };
  const admin::v1::ListRecentEndsResponse tunnel = find(name.substr(8));
  ASSERT_EQ(tunnel.ends_size(), 1);
  EXPECT_EQ(tunnel.ends(0).kind(), "tunnel");
  EXPECT_EQ(tunnel.ends(0).fields().fields().at("end").string_value(), "viewer_close");
  EXPECT_EQ(find("203.0.113.7").ends_size(), 1);
  const admin::v1::ListRecentEndsResponse denied = find("Root=1-67891233-abcdef");
  ASSERT_EQ(denied.ends_size(), 1);
  EXPECT_EQ(denied.ends(0).fields().fields().at("denyReason").string_value(), "xff_missing");
  EXPECT_EQ(denied.ends(0).fields().fields().at("facts").string_value(),
            "X-Forwarded-For is missing; X-Forwarded-For has no member for the viewer");
  EXPECT_EQ(find("00000000-0-1").ends_size(), 0);

  admin::v1::ListRecentEndsResponse response;
  EXPECT_EQ(Call(&Stub::ListRecentEnds, {}, &response), "3: id: is required");
}

TEST_F(SidecarAdminServiceTest, PagesFollowEachOther) {
  Serve({.workers = 2});
  std::vector<TunnelEnds> all;
  for (int i = 0; i < 5; ++i) all.push_back(Open());
  std::set<std::string> names;
  admin::v1::ListTunnelsRequest request;
  request.set_page_size(2);
  for (const int expected : {2, 2, 1}) {
    const admin::v1::ListTunnelsResponse page = List(request);
    EXPECT_EQ(page.tunnels_size(), expected);
    EXPECT_EQ(page.total_size(), 5);
    for (const admin::v1::Tunnel& tunnel : page.tunnels()) names.insert(tunnel.name());
    request.set_page_token(page.next_page_token());
  }
  EXPECT_EQ(request.page_token(), "");
  EXPECT_EQ(names.size(), 5u);
  for (TunnelEnds& ends : all) ClosePolitely(&ends);
}

// A page of the most tunnels, all with the longest texts, fits gRPC's 4 MiB.
TEST_F(SidecarAdminServiceTest, APageIsNotTooLargeForAClient) {
  // No pings: the first viewers would not have answered them in time while the last ones connect.
  Serve({.yaml = "keepalive: {ping_interval: 0s}\n"});
  const std::string target = "/" + std::string(1000, 'a');
  const std::string fields = "User-Agent: " + std::string(1024, 'b') + "\r\nX-Amzn-Trace-Id: " + std::string(1024, 'c');
  constexpr int kTunnels = 200;
  constexpr int kMostTunnels = 1000;
  std::vector<TunnelEnds> all;
  for (int i = 0; i < kTunnels; ++i) {
    TunnelEnds ends{.viewer = Viewer(), .upstream = {}};
    ends.viewer.Send(Upgrade(target, fields + "\r\n"));
    ends.upstream = upstream_.Accept();
    ends.upstream.Send(kSwitching);
    ASSERT_TRUE(ends.viewer.ReadThrough("\r\n\r\n").starts_with("HTTP/1.1 101 "));
    all.push_back(std::move(ends));
  }
  admin::v1::ListTunnelsRequest request;
  request.set_page_size(kMostTunnels);
  const admin::v1::ListTunnelsResponse page = List(request);
  EXPECT_EQ(page.tunnels_size(), kTunnels);
  EXPECT_EQ(page.next_page_token(), "");
  EXPECT_LT(page.ByteSizeLong() * (kMostTunnels / kTunnels), std::size_t{4} << 20);
}

TEST_F(SidecarAdminServiceTest, WhatIsWrongWithARequestIsNamed) {
  Serve();
  admin::v1::ListTunnelsResponse list;
  admin::v1::ListTunnelsRequest request;
  request.set_page_size(-1);
  EXPECT_EQ(Call(&Stub::ListTunnels, request, &list), "3: page_size: must not be negative");
  for (const char* token : {"x", "YWZ0ZXI6", "YWZ0ZXI6MQ", "YWZ0ZXI6MS0yLTM"}) {
    request = {};
    request.set_page_token(token);
    EXPECT_EQ(Call(&Stub::ListTunnels, request, &list), "3: page_token: is not a next_page_token of ListTunnels")
        << token;
  }
  request = {};
  request.mutable_idle_longer_than()->set_seconds(-1);
  EXPECT_EQ(Call(&Stub::ListTunnels, request, &list), "3: idle_longer_than: must not be negative");
  request = {};
  request.mutable_open_longer_than()->set_nanos(-1);
  EXPECT_EQ(Call(&Stub::ListTunnels, request, &list), "3: open_longer_than: must not be negative");

  admin::v1::CloseTunnelRequest close;
  admin::v1::CloseTunnelResponse closed;
  close.set_name("connections/1");
  const std::string bad_name = "3: name: \"connections/1\": must be \"tunnels/{id}\", the id as ListTunnels tells it";
  EXPECT_EQ(Call(&Stub::CloseTunnel, close, &closed), bad_name);
  admin::v1::GetTunnelRequest get;
  get.set_name("connections/1");
  admin::v1::Tunnel tunnel;
  EXPECT_EQ(Call(&Stub::GetTunnel, get, &tunnel), bad_name);
  close.set_name("tunnels/00000000-0-1");
  for (const int code : {-1, 1, 999, 1004, 1005, 1006, 1015, 2999, 5000, 66536}) {
    close.set_code(code);
    EXPECT_EQ(Call(&Stub::CloseTunnel, close, &closed),
              "3: code: " + std::to_string(code) + ": must be 1000 to 1003, 1007 to 1014 or 3000 to 4999");
  }
  close.set_code(4999);
  close.set_reason(std::string(124, 'r'));
  EXPECT_EQ(Call(&Stub::CloseTunnel, close, &closed), "3: reason: has more than 123 bytes");
  close.set_reason(std::string(123, 'r'));
  EXPECT_EQ(Call(&Stub::CloseTunnel, close, &closed), "5: no such tunnel is open here");
}

TEST_F(SidecarAdminServiceTest, AnOperatorClosesATunnel) {
  Serve();
  TunnelEnds ends = Open();
  admin::v1::CloseTunnelRequest request;
  request.set_name(List().tunnels(0).name());
  request.set_reason("bye");
  admin::v1::CloseTunnelResponse response;
  EXPECT_EQ(Call(&Stub::CloseTunnel, request, &response), "");
  EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamClose(1000, "bye")) << "1000 unless another code is said";
  EXPECT_EQ(List().tunnels(0).closing(), "admin_close");
  ends.viewer.Send(CloseFromViewer(1000));
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerClose(1000, "bye"));
  ends.upstream.Send(CloseFromUpstream(1000));
  ends.upstream.ShutdownWrite();
  EXPECT_EQ(ends.upstream.WaitForEnd(), PeerEnd::kFin);
  ends.upstream.Close();
  ends.viewer.Close();
}

TEST_F(SidecarAdminServiceTest, ManyAreCountedAndClosedByAFilterOrAll) {
  Serve();
  TunnelEnds ends = Open();
  admin::v1::CloseTunnelsRequest request;
  admin::v1::CloseTunnelsResponse response;
  EXPECT_EQ(Call(&Stub::CloseTunnels, request, &response), "3: filter: must have a condition, unless all is set");
  request.mutable_filter()->set_viewer_range("203.0.113.0/24");
  request.set_all(true);
  EXPECT_EQ(Call(&Stub::CloseTunnels, request, &response), "3: all: cannot be combined with a filter");
  request.set_all(false);
  request.set_code(1006);
  EXPECT_EQ(Call(&Stub::CloseTunnels, request, &response),
            "3: code: 1006: must be 1000 to 1003, 1007 to 1014 or 3000 to 4999");
  request.set_code(4001);
  request.mutable_spread()->set_seconds(86'401);
  EXPECT_EQ(Call(&Stub::CloseTunnels, request, &response), "3: spread: longer than 24h");
  request.clear_spread();
  request.set_validate_only(true);
  EXPECT_EQ(Call(&Stub::CloseTunnels, request, &response), "");
  EXPECT_EQ(response.count(), 1);
  EXPECT_EQ(List().tunnels(0).closing(), "") << "it was only counted";
  request.set_validate_only(false);
  EXPECT_EQ(Call(&Stub::CloseTunnels, request, &response), "");
  EXPECT_EQ(response.count(), 1);
  EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamClose(4001, ""));
  EXPECT_FALSE(
      log_.Wait({{"msg", "admin call"}, {"method", "CloseTunnels"}, {"resource", "viewer_range=203.0.113.0/24"}})
          .empty());
  ends.viewer.Close();
  ends.upstream.Close();
}

TEST_F(SidecarAdminServiceTest, ADrainIsToldAndLogged) {
  Serve({.yaml = "drain: {accept_window: 0s, spread: 0s}\n"});
  admin::v1::Drain status;
  EXPECT_EQ(Call(&Stub::GetDrain, admin::v1::GetDrainRequest(), &status), "");
  EXPECT_EQ(status.state(), admin::v1::Drain::SERVING);
  EXPECT_EQ(status.cause(), admin::v1::Drain::CAUSE_UNSPECIFIED);
  EXPECT_FALSE(status.has_start_time());
  EXPECT_EQ(Call(&Stub::Drain, admin::v1::DrainSidecarRequest(), &status), "");
  EXPECT_EQ(status.state(), admin::v1::Drain::DRAINED);
  EXPECT_EQ(status.cause(), admin::v1::Drain::OPERATOR);
  EXPECT_EQ(status.deadline().seconds() - status.start_time().seconds(), 25) << "drain.timeout";
  EXPECT_FALSE(log_.Wait({{"msg", "draining"}, {"by", "operator"}}).empty());
  EXPECT_EQ(Call(&Stub::CancelDrain, admin::v1::CancelDrainRequest(), &status), "");
  EXPECT_EQ(status.state(), admin::v1::Drain::SERVING);
  EXPECT_FALSE(log_.Wait({{"msg", "drain cancelled"}, {"by", "operator"}}).empty());
  sidecar().server().BeginDrain();
  EXPECT_EQ(Call(&Stub::CancelDrain, admin::v1::CancelDrainRequest(), &status), "9: the sidecar is stopping");
}

TEST_F(SidecarAdminServiceTest, StatsAreThoseOfTheMetrics) {
  Serve();
  TunnelEnds ends = Open();
  ExpectAlive(&ends);
  ScriptedPeer denied = Viewer();
  denied.Send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  EXPECT_TRUE(denied.ReadToEnd().starts_with("HTTP/1.1 403 "));
  EXPECT_TRUE(sidecar().WaitForMetric("viaduct_tunnel_frames_total{to=\"viewer\"}", 1));
  admin::v1::SidecarStats stats;
  EXPECT_EQ(Call(&Stub::GetStats, admin::v1::GetSidecarStatsRequest(), &stats), "");
  EXPECT_EQ(stats.tunnels_open(), 1);
  EXPECT_EQ(stats.tunnels_total(), 1);
  EXPECT_EQ(stats.requests_allowed(), 1);
  EXPECT_EQ(stats.denials().size(), 1u);
  EXPECT_EQ(stats.denials().at("xff_missing"), 1);
  EXPECT_EQ(stats.requests_ended().at("denied"), 1);
  EXPECT_TRUE(stats.tunnels_ended().empty());
  EXPECT_EQ(stats.bytes_from_viewers(), 12);
  EXPECT_EQ(stats.frames_from_upstream(), 1);
  EXPECT_GT(stats.start_time().seconds(), 0);
  EXPECT_NE(stats.version(), "");
  EXPECT_FALSE(stats.draining());
  ClosePolitely(&ends);
}

TEST_F(SidecarAdminServiceTest, TheLadderNamesWhatIsWrong) {
  Serve({.yaml = "timeouts: {keep_alive_timeout: 30s}\n"});
  admin::v1::Ladder ladder;
  EXPECT_EQ(Call(&Stub::GetLadder, admin::v1::GetLadderRequest(), &ladder), "");
  ASSERT_GT(ladder.rungs_size(), 3);
  const admin::v1::Rung& rung = ladder.rungs(0);
  EXPECT_EQ(rung.rung(), "keep_alive_over_alb_idle");
  EXPECT_EQ(rung.state(), admin::v1::Rung::WRONG);
  EXPECT_EQ(rung.longer().term(), "timeouts.keep_alive_timeout");
  EXPECT_EQ(rung.longer().time().seconds(), 30);
  EXPECT_NE(rung.fix(), "");
}

}  // namespace
}  // namespace viaduct::sidecar
