#include "sidecar/thread/metrics.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

namespace viaduct::sidecar {
namespace {

TEST(SidecarMetricsTest, WorkersAreAddedUp) {
  const auto first = std::make_unique<SidecarMetrics>();
  const auto second = std::make_unique<SidecarMetrics>();
  ops::MetricsPage page;
  AddSidecarMetrics({first.get(), second.get()}, &page);
  first->sessions_open.Add(2);
  second->sessions_open.Add(1);
  first->tunnels_ended[static_cast<std::size_t>(TunnelEnd::kIdleTimeout)].Add(4);
  second->tunnels_ended[static_cast<std::size_t>(TunnelEnd::kIdleTimeout)].Add(5);
  second->responses[5].Add(3);
  first->bytes_to_viewer.Add(7);
  second->bytes_to_upstream.Add(8);
  first->closes_from_viewer.Add(1001);
  second->closes_from_viewer.Add(1001);
  second->closes_of_ours.Add(4001);
  second->closes_from_upstream.Add(999);
  first->stalls_to_viewer.Add(6);
  first->secret_matches.Declare("current");
  first->secret_matches.Add("next");
  second->secret_matches.Add("next");
  first->ping_seconds.Observe(std::chrono::milliseconds(3));
  const std::string text = page.Render();
  for (const char* line :
       {"\nviaduct_sessions_open 3\n", "\nviaduct_tunnels_ended_total{reason=\"idle_timeout\"} 9\n",
        "\nviaduct_responses_total{class=\"5xx\"} 3\n", "\nviaduct_responses_total{class=\"none\"} 0\n",
        "\nviaduct_tunnel_bytes_total{to=\"viewer\"} 7\n", "\nviaduct_tunnel_bytes_total{to=\"upstream\"} 8\n",
        "\nviaduct_close_frames_total{from=\"viewer\",code=\"1001\"} 2\n",
        "\nviaduct_close_frames_total{from=\"sidecar\",code=\"4000-4999\"} 1\n",
        "\nviaduct_close_frames_total{from=\"upstream\",code=\"other\"} 1\n",
        "\nviaduct_close_frames_total{from=\"upstream\",code=\"3000-3999\"} 0\n",
        "\nviaduct_tunnel_stalls_total{to=\"viewer\"} 6\n",
        "\nviaduct_secret_matches_total{generation=\"current\"} 0\n",
        "\nviaduct_secret_matches_total{generation=\"next\"} 2\n", "\nviaduct_ping_seconds_count 1\n"}) {
    EXPECT_NE(text.find(line), std::string::npos) << line;
  }
}

// Requests and tunnels have lists of their own: a series that can never move would only be noise.
TEST(SidecarMetricsTest, NoReasonOfATunnelIsARequestsNorTheReverse) {
  const auto metrics = std::make_unique<SidecarMetrics>();
  ops::MetricsPage page;
  AddSidecarMetrics({metrics.get()}, &page);
  const std::string text = page.Render();
  EXPECT_EQ(text.find("viaduct_requests_ended_total{reason=\"drain\"}"), std::string::npos);
  EXPECT_EQ(text.find("viaduct_tunnels_ended_total{reason=\"completed\"}"), std::string::npos);
  EXPECT_NE(text.find("viaduct_requests_ended_total{reason=\"cut\"}"), std::string::npos);
  EXPECT_NE(text.find("viaduct_tunnels_ended_total{reason=\"cut\"}"), std::string::npos);
}

// A rate needs the zero that was before the first.
TEST(SidecarMetricsTest, EveryReasonIsThereFromTheStart) {
  const auto metrics = std::make_unique<SidecarMetrics>();
  ops::MetricsPage page;
  AddSidecarMetrics({metrics.get()}, &page);
  const std::string text = page.Render();
  const auto expect = [&text](const std::string& series) {
    EXPECT_NE(text.find("\n" + series + " 0\n"), std::string::npos) << series;
  };
  for (const RequestEnd end : kRequestEnds) {
    expect("viaduct_requests_ended_total{reason=\"" + std::string(kRequestEnds.Name(end)) + "\"}");
  }
  for (const TunnelEnd end : kTunnelEnds) {
    expect("viaduct_tunnels_ended_total{reason=\"" + std::string(kTunnelEnds.Name(end)) + "\"}");
  }
  for (const filter::DenyReason denied : filter::kDenyReasons) {
    const std::string reason = "{reason=\"" + std::string(filter::kDenyReasons.Name(denied)) + "\"}";
    expect("viaduct_filter_denied_total" + reason);
    expect("viaduct_filter_would_deny_total" + reason);
  }
  for (const http::HeadError error : http::kHeadErrors) {
    expect("viaduct_heads_refused_total{rule=\"" + std::string(http::kHeadErrors.Name(error)) + "\"}");
  }
}

}  // namespace
}  // namespace viaduct::sidecar
