#include "sidecar/worker/tunnel_control.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "ip/address_ranges.h"
#include "tests/sidecar/tunnel/tunnel_fixture.h"

namespace viaduct::sidecar {
namespace {

class TunnelControlTest : public TunnelTest {
 protected:
  TunnelControl& control() { return sidecar().server().tunnels(); }
  static net::Clock::time_point Soon() { return net::Clock::now() + kPatience; }

  std::vector<TunnelView> List(const TunnelFilter& filter = TunnelFilter()) {
    const auto page = control().List(filter, {}, 1000, Soon());
    EXPECT_TRUE(page.ok()) << page.status();
    EXPECT_FALSE(page->last.has_value());
    return page->tunnels;
  }
  TunnelView Only() {
    const std::vector<TunnelView> views = List();
    EXPECT_EQ(views.size(), 1u);
    return views.empty() ? TunnelView() : views.front();
  }
  TunnelEnds OpenAt(const std::string& target, const std::string& viewer) {
    TunnelEnds ends{.viewer = Viewer(), .upstream = {}};
    std::string request = Upgrade(target);
    request.replace(request.find("203.0.113.7"), std::string("203.0.113.7").size(), viewer);
    ends.viewer.Send(request);
    ends.upstream = upstream_.Accept();
    ends.upstream.ReadThrough("\r\n\r\n");
    ends.upstream.Send(kSwitching);
    EXPECT_TRUE(ends.viewer.ReadThrough("\r\n\r\n").starts_with("HTTP/1.1 101 "));
    return ends;
  }
};

TEST_F(TunnelControlTest, ATunnelIsSeenAsItIs) {
  Start();
  EXPECT_TRUE(List().empty());
  const net::Clock::time_point before = net::Clock::now();
  TunnelEnds ends = Open();
  const TunnelView fresh = Only();
  EXPECT_GE(fresh.opened, before - std::chrono::milliseconds(1));
  EXPECT_LE(fresh.opened, net::Clock::now());
  EXPECT_EQ(fresh.from_viewer.last_data, std::nullopt);
  EXPECT_EQ(fresh.end, std::nullopt);
  EXPECT_EQ(TunnelRequest::FromRecord(fresh.record).viewer, "203.0.113.7");

  ExpectAlive(&ends);
  const TunnelView used = Only();
  EXPECT_EQ(used.number, fresh.number);
  EXPECT_EQ(used.from_viewer.frames, 1u);
  EXPECT_EQ(used.from_viewer.bytes, 6u + 6u) << "a header with a mask, and the text";
  EXPECT_EQ(used.from_upstream.frames, 1u);
  EXPECT_EQ(used.from_upstream.bytes, 2u + 6u);
  ASSERT_TRUE(used.from_viewer.last_data.has_value());
  EXPECT_GE(*used.from_viewer.last_data, fresh.last_data);
  EXPECT_EQ(used.last_data, *used.from_upstream.last_data);
  ClosePolitely(&ends);
}

TEST_F(TunnelControlTest, PagesHaveEveryTunnelOfEveryWorkerOnce) {
  Start({.workers = 3});
  std::vector<TunnelEnds> all;
  for (int i = 0; i < 12; ++i) all.push_back(Open());
  std::set<std::string> seen;
  TunnelControl::Position after;
  std::vector<std::size_t> sizes;
  for (bool more = true; more;) {
    const auto page = control().List(TunnelFilter(), after, 5, Soon());
    ASSERT_TRUE(page.ok()) << page.status();
    sizes.push_back(page->tunnels.size());
    for (const TunnelView& view : page->tunnels) EXPECT_TRUE(seen.insert(control().IdOf(view).Text()).second);
    more = page->last.has_value();
    if (more) after = *page->last;
  }
  EXPECT_EQ(sizes, (std::vector<std::size_t>{5, 5, 2}));
  EXPECT_EQ(seen.size(), 12u);
  EXPECT_EQ(control().open(), 12);
  for (TunnelEnds& ends : all) ClosePolitely(&ends);
}

TEST_F(TunnelControlTest, AWorkersTunnelsComeInTheOrderOfOpening) {
  Start();
  std::vector<TunnelEnds> all;
  for (int i = 0; i < 4; ++i) all.push_back(Open());
  ClosePolitely(&all[0]);
  EXPECT_TRUE(sidecar().WaitForMetric("viaduct_tunnels_open", 3));
  std::vector<std::uint64_t> numbers;
  for (const TunnelView& view : List()) numbers.push_back(view.number);
  EXPECT_EQ(numbers, (std::vector<std::uint64_t>{2, 3, 4}));
  for (int i = 1; i < 4; ++i) ClosePolitely(&all[i]);
}

TEST_F(TunnelControlTest, AFilterLooksAtTheRequest) {
  Start();
  TunnelEnds a = OpenAt("/websocket?room=a", "203.0.113.7");
  TunnelEnds b = OpenAt("/other", "198.51.100.9");
  const auto shown = [this](const TunnelFilter::Spec& spec) {
    std::vector<std::uint64_t> numbers;
    for (const TunnelView& view : List(TunnelFilter(spec))) numbers.push_back(view.number);
    return numbers;
  };
  EXPECT_EQ(shown({.target_prefix = "/websocket"}), std::vector<std::uint64_t>{1});
  EXPECT_EQ(shown({.viewer_range = *ip::AddressPrefix::ParseOrAddress("198.51.100.0/24")}),
            std::vector<std::uint64_t>{2});
  EXPECT_EQ(shown({.target_prefix = "/nowhere"}), std::vector<std::uint64_t>());
  EXPECT_EQ(shown({.idle_for = std::chrono::hours(1)}), std::vector<std::uint64_t>());
  ClosePolitely(&a);
  ClosePolitely(&b);
}

TEST_F(TunnelControlTest, AClosedTunnelTellsBothSidesTheOperatorsCodeAndLosesNothing) {
  Start();
  TunnelEnds ends = Open();
  const TunnelId id = control().IdOf(Only());
  EXPECT_TRUE(control().Close(id, 4001, "moderated", Soon()).ok());
  EXPECT_EQ(ReadFrame(&ends.viewer), UpstreamClose(4001, "moderated"));
  EXPECT_EQ(Only().end, TunnelEnd::kAdminClose);
  EXPECT_TRUE(control().Close(id, 4002, "too late", Soon()).ok()) << "it is ending already";
  // Data that was on its way still reaches the upstream, before its Close.
  ends.viewer.Send(FromViewer(websocket::Opcode::kText, "last words") + CloseFromViewer(4001));
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerFrame(websocket::Opcode::kText, "last words"));
  EXPECT_EQ(ReadFrame(&ends.upstream), ViewerClose(4001, "moderated"));
  ends.upstream.Send(CloseFromUpstream(4001));
  ends.upstream.ShutdownWrite();
  EXPECT_EQ(ends.viewer.WaitForEnd(), PeerEnd::kFin);
  EXPECT_EQ(ends.upstream.WaitForEnd(), PeerEnd::kFin);
  ends.viewer.Close();
  ends.upstream.Close();
  const LogRecord line = ExpectTunnelEnd(TunnelEnd::kAdminClose);
  EXPECT_EQ(line.at("closeSent"), "4001");
}

TEST_F(TunnelControlTest, ManyAreClosedByAFilterTheOldestFirstOverTheSpread) {
  Start({.workers = 2});
  std::vector<TunnelEnds> meant;
  for (int i = 0; i < 4; ++i) meant.push_back(OpenAt("/websocket", "203.0.113.7"));
  std::vector<TunnelEnds> others;
  for (int i = 0; i < 3; ++i) others.push_back(OpenAt("/websocket", "198.51.100.9"));
  const TunnelFilter filter({.viewer_range = *ip::AddressPrefix::ParseOrAddress("203.0.113.0/24")});
  EXPECT_EQ(*control().Count(filter, Soon()), 4);
  EXPECT_EQ(*control().CloseMany(filter, 4001, "bye", std::chrono::hours(1), Soon()), 4);
  // Of each worker that has any, the first one is due early in the hour; the others wait.
  EXPECT_GE(sidecar().Metric("viaduct_closes_pending"), 2);
  // A later order takes over what still waits.
  EXPECT_LE(*control().CloseMany(filter, 4002, "now", std::chrono::nanoseconds(0), Soon()), 4);
  EXPECT_TRUE(sidecar().WaitForMetric("viaduct_closes_pending", 0));
  for (TunnelEnds& ends : meant) {
    const WsFrame close = ReadFrame(&ends.viewer);
    EXPECT_TRUE(close == UpstreamClose(4001, "bye") || close == UpstreamClose(4002, "now"));
  }
  EXPECT_EQ(*control().Count(filter, Soon()), 0) << "they are ending";
  for (TunnelEnds& ends : others) ExpectAlive(&ends);
  EXPECT_EQ(*control().CloseMany(TunnelFilter(), 4003, "", std::chrono::hours(1), Soon()), 3);
  EXPECT_GE(sidecar().Metric("viaduct_closes_pending"), 1) << "a worker has two of them";
  meant.clear();
  others.clear();
  EXPECT_TRUE(sidecar().WaitForMetric("viaduct_closes_pending", 0)) << "what has ended waits no longer";
}

TEST_F(TunnelControlTest, WhatIsNotOpenIsNotFound) {
  Start();
  TunnelEnds ends = Open();
  const TunnelId id = control().IdOf(Only());
  EXPECT_TRUE(control().Get(id, Soon()).ok());
  for (const TunnelId& wrong : {TunnelId{id.process, id.worker, id.number + 1}, TunnelId{id.process, 1, id.number},
                                TunnelId{id.process + 1, id.worker, id.number}}) {
    EXPECT_EQ(control().Get(wrong, Soon()).status().code(), absl::StatusCode::kNotFound) << wrong.Text();
    EXPECT_EQ(control().Close(wrong, 1000, "", Soon()).code(), absl::StatusCode::kNotFound) << wrong.Text();
  }
  ExpectAlive(&ends);
  ClosePolitely(&ends);
  EXPECT_TRUE(sidecar().WaitForMetric("viaduct_tunnels_open", 0));
  EXPECT_EQ(control().Get(id, Soon()).status().code(), absl::StatusCode::kNotFound);
}

TEST_F(TunnelControlTest, ADeadlineThatIsOverIsSaid) {
  Start();
  EXPECT_EQ(control().List(TunnelFilter(), {}, 10, net::Clock::now() - std::chrono::hours(1)).status().code(),
            absl::StatusCode::kDeadlineExceeded);
}

}  // namespace
}  // namespace viaduct::sidecar
