#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "filter/verdict.h"
#include "http/head.h"
#include "ops/metrics/close_code_counts.h"
#include "ops/metrics/metrics.h"
#include "ops/metrics/metrics_page.h"
#include "sidecar/authorize/check.h"
#include "sidecar/authorize/check_fault.h"
#include "sidecar/authorize/check_form.h"
#include "sidecar/request/request_end.h"
#include "sidecar/request/tunnel_end.h"
#include "sidecar/thread/secret_matches.h"
#include "text/closed_list.h"

namespace viaduct::sidecar {

// The outcomes of a viewer's TLS handshake.
enum class TlsHandshakeResult : std::uint8_t { kDone, kFailed, kTimeout };
inline constexpr auto kTlsHandshakeResults = text::ClosedListOf<TlsHandshakeResult>({
    {TlsHandshakeResult::kDone, "done"},
    {TlsHandshakeResult::kFailed, "failed"},
    {TlsHandshakeResult::kTimeout, "timeout"},
});

// The answers to the questions of other proxies, in one form.
struct CheckCounts {
  ops::Counter allowed;
  std::array<ops::Counter, filter::kDenyReasons.size()> denied;
  std::array<ops::Counter, kCheckFaults.size()> faults;
  std::array<ops::Counter, filter::kDenyReasons.size()> would_deny;
};

// The counters of one worker. Written only by its thread; read by the ops page.
struct alignas(64) SidecarMetrics {
  SidecarMetrics();

  // Counts a decision of the filter. `secret_generation` names the origin secret that matched; empty if none did.
  void CountVerdict(const filter::Verdict& verdict, std::string_view secret_generation);

  // The same for the answer to a question.
  void CountCheck(CheckForm form, const CheckDecision& decision, std::string_view secret_generation);

  ops::Gauge sessions_open;  // connections that speak HTTP
  ops::Gauge tunnels_open;
  ops::Gauge closes_pending;  // tunnels that an operator's order will still close
  ops::Counter tunnels_opened;
  std::array<ops::Counter, kRequestEnds.size()> requests_ended;
  std::array<ops::Counter, kTunnelEnds.size()> tunnels_ended;
  std::array<ops::Counter, 6> responses;  // by the first digit of the status; [0]: cut off before any status
  ops::Counter allowed;
  std::array<ops::Counter, filter::kDenyReasons.size()> denied;
  std::array<ops::Counter, filter::kDenyReasons.size()> would_deny;
  SecretMatches secret_matches;
  std::array<CheckCounts, kCheckForms.size()> checks;
  std::array<ops::Counter, http::kHeadErrors.size()> heads_refused;
  std::array<ops::Counter, kTlsHandshakeResults.size()> tls_handshakes;
  ops::Counter bytes_to_viewer;  // of tunnels
  ops::Counter bytes_to_upstream;
  ops::Counter frames_to_viewer;
  ops::Counter frames_to_upstream;
  ops::Counter stalls_to_viewer;  // one side of a tunnel accepted no more bytes, so the other was not read
  ops::Counter stalls_to_upstream;
  ops::CloseCodeCounts closes_from_viewer;
  ops::CloseCodeCounts closes_from_upstream;
  ops::CloseCodeCounts closes_of_ours;  // to viewers
  ops::Counter pings_sent;
  ops::Counter pongs_received;
  ops::Counter upstream_connections;
  ops::Counter upstream_reused;
  ops::Counter upstream_retries;
  ops::Histogram upgrade_seconds;   // from the request's first byte to the 101
  ops::Histogram response_seconds;  // from the forwarded head to the response's head
  ops::Histogram ping_seconds;      // from our ping to its pong
};

// Adds the metrics families with the sums of all workers. `workers` must outlive the page.
void AddSidecarMetrics(std::vector<const SidecarMetrics*> workers, ops::MetricsPage* page);
// The same for the families about questions of other proxies.
void AddCheckMetrics(std::vector<const SidecarMetrics*> workers, ops::MetricsPage* page);

}  // namespace viaduct::sidecar
