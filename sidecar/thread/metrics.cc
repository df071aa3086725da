#include "sidecar/thread/metrics.h"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ops/metrics/worker_sums.h"

namespace viaduct::sidecar {
namespace {

constexpr double kLatencyBuckets[] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};

using M = SidecarMetrics;
using Workers = std::vector<const SidecarMetrics*>;
using Sums = ops::WorkerSums<SidecarMetrics>;

ops::MetricsPage::Samples TwoWays(const Sums& sums, ops::Counter M::* to_viewer, ops::Counter M::* to_upstream) {
  return [to_viewer = sums.Value(to_viewer), to_upstream = sums.Value(to_upstream)] {
    return std::vector<ops::MetricSample>{{.labels = {{"to", "viewer"}}, .value = to_viewer()},
                                          {.labels = {{"to", "upstream"}}, .value = to_upstream()}};
  };
}

ops::MetricsPage::Samples CloseSamples(const Sums& sums) {
  static constexpr std::pair<std::string_view, ops::CloseCodeCounts M::*> kFrom[] = {
      {"viewer", &M::closes_from_viewer},
      {"upstream", &M::closes_from_upstream},
      {"sidecar", &M::closes_of_ours},
  };
  return [sums, codes = ops::CloseCodeCounts::Labels()] {
    std::vector<ops::MetricSample> samples;
    for (const auto& [from, member] : kFrom) {
      const std::vector<std::int64_t> counts = sums.OfCloses(member);
      for (std::size_t i = 0; i < codes.size(); ++i) {
        samples.push_back(
            {.labels = {{"from", std::string(from)}, {"code", codes[i]}}, .value = static_cast<double>(counts[i])});
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

// The sums of counters of CheckCounts, by form.
ops::MetricsPage::Samples CheckSamples(const Workers& workers, std::uint64_t (*count)(const CheckCounts&)) {
  return [workers, count] {
    std::vector<ops::MetricSample> samples;
    for (const CheckForm form : kCheckForms) {
      std::uint64_t sum = 0;
      for (const M* worker : workers) sum += count(worker->checks[kCheckForms.Index(form)]);
      samples.push_back({.labels = {{"form", std::string(kCheckForms.Name(form))}}, .value = static_cast<double>(sum)});
    }
    return samples;
  };
}

// The sums of an array of CheckCounts, by form and by the name in `list` that indexes the array.
template <typename Member, typename List>
void AddCheckSamples(const Workers& workers, Member member, const List& list, std::vector<ops::MetricSample>* samples) {
  for (const CheckForm form : kCheckForms) {
    for (const auto reason : list) {
      std::uint64_t sum = 0;
      for (const M* worker : workers) {
        sum += (worker->checks[kCheckForms.Index(form)].*member)[list.Index(reason)].value();
      }
      samples->push_back(
          {.labels = {{"form", std::string(kCheckForms.Name(form))}, {"reason", std::string(list.Name(reason))}},
           .value = static_cast<double>(sum)});
    }
  }
}

}  // namespace

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

void SidecarMetrics::CountCheck(CheckForm form, const CheckDecision& decision, std::string_view secret_generation) {
  CheckCounts& counts = checks[kCheckForms.Index(form)];
  if (decision.allowed) {
    counts.allowed.Add();
    if (!secret_generation.empty()) secret_matches.Add(secret_generation);
  } else if (decision.fault.has_value()) {
    counts.faults[kCheckFaults.Index(*decision.fault)].Add();
  } else if (decision.verdict.has_value()) {
    counts.denied[filter::kDenyReasons.Index(decision.verdict->reason)].Add();
  }
  if (!decision.verdict.has_value()) return;
  for (const filter::DenyReason reason : filter::kDenyReasons) {
    if (decision.verdict->would_deny.Has(reason)) counts.would_deny[filter::kDenyReasons.Index(reason)].Add();
  }
}

void AddCheckMetrics(std::vector<const SidecarMetrics*> workers, ops::MetricsPage* page) {
  page->AddCounter("viaduct_authorize_allowed_total", "Questions of other proxies that were answered with yes.",
                   CheckSamples(workers, [](const CheckCounts& counts) { return counts.allowed.value(); }));
  page->AddCounter("viaduct_authorize_denied_total", "Questions that were answered with no, by reason.", [workers] {
    std::vector<ops::MetricSample> samples;
    AddCheckSamples(workers, &CheckCounts::denied, filter::kDenyReasons, &samples);
    AddCheckSamples(workers, &CheckCounts::faults, kCheckFaults, &samples);
    return samples;
  });
  page->AddCounter("viaduct_authorize_would_deny_total", "Failed checks in MONITOR, by reason.", [workers] {
    std::vector<ops::MetricSample> samples;
    AddCheckSamples(workers, &CheckCounts::would_deny, filter::kDenyReasons, &samples);
    return samples;
  });
}

void AddSidecarMetrics(std::vector<const SidecarMetrics*> workers, ops::MetricsPage* page) {
  const Sums sums(workers);
  page->AddGauge("viaduct_sessions_open", "Downstream connections that speak HTTP.", sums.Value(&M::sessions_open));
  page->AddGauge("viaduct_tunnels_open", "Open WebSocket tunnels.", sums.Value(&M::tunnels_open));
  page->AddGauge("viaduct_closes_pending", "Tunnels that an operator's CloseTunnels will still close.",
                 sums.Value(&M::closes_pending));
  page->AddCounter("viaduct_tunnels_opened_total", "Upgrades that the upstream accepted.",
                   sums.Value(&M::tunnels_opened));
  page->AddCounter("viaduct_tunnels_ended_total", "Ended tunnels by reason.",
                   sums.Samples(&M::tunnels_ended, "reason", kTunnelEnds));
  page->AddCounter("viaduct_requests_ended_total", "Ended requests by reason.",
                   sums.Samples(&M::requests_ended, "reason", kRequestEnds));
  page->AddCounter(
      "viaduct_responses_total", "Responses by status class.",
      sums.Samples(&M::responses, "class", std::vector<std::string>{"none", "1xx", "2xx", "3xx", "4xx", "5xx"}));
  page->AddCounter("viaduct_filter_allowed_total", "Requests that the filter let through.", sums.Value(&M::allowed));
  page->AddCounter("viaduct_filter_denied_total", "Requests that the filter denied, by reason.",
                   sums.Samples(&M::denied, "reason", filter::kDenyReasons));
  page->AddCounter("viaduct_filter_would_deny_total", "Failed checks in MONITOR, by reason.",
                   sums.Samples(&M::would_deny, "reason", filter::kDenyReasons));
  page->AddCounter("viaduct_secret_matches_total",
                   "Allowed requests by the generation of the origin secret they carried.", SumSecretMatches(workers));
  page->AddCounter("viaduct_heads_refused_total", "Request heads refused as malformed, by rule.",
                   sums.Samples(&M::heads_refused, "rule", http::kHeadErrors));
  page->AddCounter("viaduct_tls_handshakes_total", "TLS handshakes on the listener, by result.",
                   sums.Samples(&M::tls_handshakes, "result", kTlsHandshakeResults));
  page->AddCounter("viaduct_tunnel_bytes_total", "Bytes relayed through tunnels.",
                   TwoWays(sums, &M::bytes_to_viewer, &M::bytes_to_upstream));
  page->AddCounter("viaduct_tunnel_frames_total", "Data frames relayed through tunnels.",
                   TwoWays(sums, &M::frames_to_viewer, &M::frames_to_upstream));
  page->AddCounter("viaduct_tunnel_stalls_total",
                   "Times that a side took no more bytes, so that the other was not read.",
                   TwoWays(sums, &M::stalls_to_viewer, &M::stalls_to_upstream));
  page->AddCounter("viaduct_close_frames_total", "Close frames by sender and code; 1005 stands for none.",
                   CloseSamples(sums));
  page->AddCounter("viaduct_pings_sent_total", "Pings sent to viewers.", sums.Value(&M::pings_sent));
  page->AddCounter("viaduct_pongs_received_total", "Pongs that answered them.", sums.Value(&M::pongs_received));
  page->AddCounter("viaduct_upstream_connections_total", "Connections opened to the upstream.",
                   sums.Value(&M::upstream_connections));
  page->AddCounter("viaduct_upstream_reused_total", "Requests sent on a kept connection.",
                   sums.Value(&M::upstream_reused));
  page->AddCounter("viaduct_upstream_retries_total", "Requests sent again because a kept connection had closed.",
                   sums.Value(&M::upstream_retries));
  page->AddHistogram("viaduct_upgrade_seconds", "From an upgrade's first byte to its 101.",
                     sums.Histograms(&M::upgrade_seconds));
  page->AddHistogram("viaduct_response_seconds", "From a forwarded request to the upstream's response head.",
                     sums.Histograms(&M::response_seconds));
  page->AddHistogram("viaduct_ping_seconds", "From a ping to its pong.", sums.Histograms(&M::ping_seconds));
}

}  // namespace viaduct::sidecar
