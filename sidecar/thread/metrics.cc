#include "sidecar/thread/metrics.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace viaduct::sidecar {
namespace {

constexpr double kLatencyBuckets[] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};

using Workers = std::vector<const SidecarMetrics*>;

template <typename Number>
ops::MetricsPage::Value Sum(const Workers& workers, Number SidecarMetrics::* member) {
  return [workers, member] {
    double sum = 0;
    for (const SidecarMetrics* worker : workers) sum += static_cast<double>((worker->*member).value());
    return sum;
  };
}

// One sample for each element of an array of counters.
template <std::size_t kSize>
ops::MetricsPage::Samples SumEach(const Workers& workers, std::array<ops::Counter, kSize> SidecarMetrics::* member,
                                  std::string label, std::string (*name)(std::size_t)) {
  return [workers, member, label, name] {
    std::vector<ops::MetricSample> samples;
    for (std::size_t i = 0; i < kSize; ++i) {
      double sum = 0;
      for (const SidecarMetrics* worker : workers) sum += static_cast<double>((worker->*member)[i].value());
      samples.push_back({.labels = {{label, name(i)}}, .value = sum});
    }
    return samples;
  };
}

ops::MetricsPage::Histograms SumHistograms(const Workers& workers, ops::Histogram SidecarMetrics::* member) {
  return [workers, member] {
    ops::HistogramSnapshot sum;
    for (const SidecarMetrics* worker : workers) sum.Add((worker->*member).Snapshot());
    return std::vector<ops::HistogramSample>{{.labels = {}, .value = std::move(sum)}};
  };
}

ops::MetricsPage::Samples TwoWays(const Workers& workers, ops::Counter SidecarMetrics::* to_viewer,
                                  ops::Counter SidecarMetrics::* to_upstream) {
  return [to_viewer = Sum(workers, to_viewer), to_upstream = Sum(workers, to_upstream)] {
    return std::vector<ops::MetricSample>{{.labels = {{"to", "viewer"}}, .value = to_viewer()},
                                          {.labels = {{"to", "upstream"}}, .value = to_upstream()}};
  };
}

ops::MetricsPage::Samples SumCloses(const Workers& workers) {
  static constexpr std::pair<std::string_view, CloseCodeCounts SidecarMetrics::*> kFrom[] = {
      {"viewer", &SidecarMetrics::closes_from_viewer},
      {"upstream", &SidecarMetrics::closes_from_upstream},
      {"sidecar", &SidecarMetrics::closes_of_ours},
  };
  return [workers] {
    std::vector<ops::MetricSample> samples;
    for (const auto& [from, member] : kFrom) {
      for (std::size_t place = 0; place < CloseCodeCounts::kPlaces; ++place) {
        std::uint64_t sum = 0;
        for (const SidecarMetrics* worker : workers) sum += (worker->*member).value(place);
        samples.push_back({.labels = {{"from", std::string(from)}, {"code", CloseCodeCounts::PlaceName(place)}},
                           .value = static_cast<double>(sum)});
      }
    }
    return samples;
  };
}

ops::MetricsPage::Samples SumSecretMatches(const Workers& workers) {
  return [workers] {
    std::map<std::string_view, std::uint64_t> sums;
    for (const SidecarMetrics* worker : workers) {
      for (const auto& [generation, matches] : worker->secret_matches.Read()) sums[generation] += matches;
    }
    std::vector<ops::MetricSample> samples;
    for (const auto& [generation, sum] : sums) {
      samples.push_back({.labels = {{"generation", std::string(generation)}}, .value = static_cast<double>(sum)});
    }
    return samples;
  };
}

std::string EndName(std::size_t i) { return std::string(EndReasonName(static_cast<EndReason>(i))); }
std::string DenyName(std::size_t i) {
  return std::string(filter::kDenyReasons.Name(static_cast<filter::DenyReason>(i)));
}
std::string HeadName(std::size_t i) { return std::string(http::kHeadErrors.Name(static_cast<http::HeadError>(i))); }
std::string HandshakeName(std::size_t i) {
  return std::string(kTlsHandshakeResults.Name(static_cast<TlsHandshakeResult>(i)));
}
std::string StatusClass(std::size_t i) { return i == 0 ? "none" : std::to_string(i) + "xx"; }

}  // namespace

std::size_t CloseCodeCounts::PlaceOf(std::uint16_t code) {
  if (code >= 1000 && code <= 1015) return code - 1000u;
  if (code >= 3000 && code <= 3999) return 16;
  return code >= 4000 && code <= 4999 ? 17 : 18;
}

std::string CloseCodeCounts::PlaceName(std::size_t place) {
  if (place < 16) return std::to_string(1000 + place);
  if (place == 18) return "other";
  return place == 16 ? "3000-3999" : "4000-4999";
}

SidecarMetrics::SidecarMetrics()
    : upgrade_seconds(kLatencyBuckets), response_seconds(kLatencyBuckets), ping_seconds(kLatencyBuckets) {}

void SidecarMetrics::CountVerdict(const filter::Verdict& verdict, std::string_view secret_generation) {
  if (verdict.allowed) {
    allowed.Add();
    if (!secret_generation.empty()) secret_matches.Add(secret_generation);
  } else {
    denied[filter::kDenyReasons.Index(verdict.reason)].Add();
  }
  if (verdict.would_deny.empty()) return;
  for (const filter::DenyReason reason : filter::kDenyReasons) {
    if (verdict.would_deny.Has(reason)) would_deny[filter::kDenyReasons.Index(reason)].Add();
  }
}

void AddSidecarMetrics(std::vector<const SidecarMetrics*> workers, ops::MetricsPage* page) {
  using M = SidecarMetrics;
  page->AddGauge("viaduct_sessions_open", "Downstream connections that speak HTTP.", Sum(workers, &M::sessions_open));
  page->AddGauge("viaduct_tunnels_open", "Open WebSocket tunnels.", Sum(workers, &M::tunnels_open));
  page->AddCounter("viaduct_tunnels_opened_total", "Upgrades that the upstream accepted.",
                   Sum(workers, &M::tunnels_opened));
  page->AddCounter("viaduct_tunnels_ended_total", "Ended tunnels by reason.",
                   SumEach(workers, &M::tunnels_ended, "reason", EndName));
  page->AddCounter("viaduct_requests_ended_total", "Ended requests by reason.",
                   SumEach(workers, &M::requests_ended, "reason", EndName));
  page->AddCounter("viaduct_responses_total", "Responses by status class.",
                   SumEach(workers, &M::responses, "class", StatusClass));
  page->AddCounter("viaduct_filter_allowed_total", "Requests that the filter let through.", Sum(workers, &M::allowed));
  page->AddCounter("viaduct_filter_denied_total", "Requests that the filter denied, by reason.",
                   SumEach(workers, &M::denied, "reason", DenyName));
  page->AddCounter("viaduct_filter_would_deny_total", "Failed checks in MONITOR, by reason.",
                   SumEach(workers, &M::would_deny, "reason", DenyName));
  page->AddCounter("viaduct_secret_matches_total",
                   "Allowed requests by the generation of the origin secret they carried.", SumSecretMatches(workers));
  page->AddCounter("viaduct_heads_refused_total", "Request heads refused as malformed, by rule.",
                   SumEach(workers, &M::heads_refused, "rule", HeadName));
  page->AddCounter("viaduct_tls_handshakes_total", "TLS handshakes on the listener, by result.",
                   SumEach(workers, &M::tls_handshakes, "result", HandshakeName));
  page->AddCounter("viaduct_tunnel_bytes_total", "Bytes relayed through tunnels.",
                   TwoWays(workers, &M::bytes_to_viewer, &M::bytes_to_upstream));
  page->AddCounter("viaduct_tunnel_frames_total", "Data frames relayed through tunnels.",
                   TwoWays(workers, &M::frames_to_viewer, &M::frames_to_upstream));
  page->AddCounter("viaduct_tunnel_stalls_total",
                   "Times that a side took no more bytes, so that the other was not read.",
                   TwoWays(workers, &M::stalls_to_viewer, &M::stalls_to_upstream));
  page->AddCounter("viaduct_close_frames_total", "Close frames by sender and code; 1005 stands for none.",
                   SumCloses(workers));
  page->AddCounter("viaduct_pings_sent_total", "Pings sent to viewers.", Sum(workers, &M::pings_sent));
  page->AddCounter("viaduct_pongs_received_total", "Pongs that answered them.", Sum(workers, &M::pongs_received));
  page->AddCounter("viaduct_upstream_connections_total", "Connections opened to the upstream.",
                   Sum(workers, &M::upstream_connections));
  page->AddCounter("viaduct_upstream_reused_total", "Requests sent on a kept connection.",
                   Sum(workers, &M::upstream_reused));
  page->AddCounter("viaduct_upstream_retries_total", "Requests sent again because a kept connection had closed.",
                   Sum(workers, &M::upstream_retries));
  page->AddHistogram("viaduct_upgrade_seconds", "From an upgrade's first byte to its 101.",
                     SumHistograms(workers, &M::upgrade_seconds));
  page->AddHistogram("viaduct_response_seconds", "From a forwarded request to the upstream's response head.",
                     SumHistograms(workers, &M::response_seconds));
  page->AddHistogram("viaduct_ping_seconds", "From a ping to its pong.", SumHistograms(workers, &M::ping_seconds));
}

}  // namespace viaduct::sidecar
