#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "filter/connection_facts.h"
#include "filter/policy.h"
#include "net/event_loop.h"
#include "net/proxy_protocol.h"
#include "sidecar/config/config.h"
#include "sidecar/request/access_log.h"
#include "sidecar/request/request_end.h"
#include "sidecar/session/buffered_socket.h"
#include "sidecar/thread/metrics.h"
#include "sidecar/thread/worker_context.h"

namespace viaduct::sidecar {

// The steps of a connection before its first request: the PROXY header of a Network Load Balancer, and TLS.
//
// All steps share the deadline of the first request's head, counted from the accept. Errors are not answered: a peer
// that does not speak these protocols would not understand an answer either. Notes its findings in the session's
// record.
//
// Belongs to its session's thread.
class Opening {
 public:
  // Requires IsNeeded. All arguments must outlive it. `config` is in force at the accept and used throughout; `record`
  // was begun at the accept; `timer` is the session's, set to the deadline of the first head.
  Opening(const SidecarConfig* config, WorkerContext* context, net::Timer* timer, AccessRecord* record)
      : config_(config),
        context_(context),
        timer_(timer),
        record_(record),
        phase_(HasProxyHeader(*config) ? Phase::kProxyHeader : Phase::kTlsHandshake) {}

  // Returns true if connections have any of these steps.
  static bool IsNeeded(const SidecarConfig& config) { return HasProxyHeader(config) || config.tls.has_value(); }
  bool done() const { return phase_ == Phase::kDone; }
  // True while the PROXY header is incomplete.
  bool awaits_proxy_header() const { return phase_ == Phase::kProxyHeader; }

  enum class Result : std::uint8_t {
    kWaiting,
    kProgress,
    kUnused,  // the peer sent nothing and left, as a balancer does that only probes the port; nothing is logged
    kEnded,   // the connection ends with the reason end()
  };
  // Takes one step. `facts` contains the peer, and receives the facts from the PROXY header.
  Result Step(BufferedSocket* viewer, filter::ConnectionFacts* facts);
  RequestEnd end() const { return end_; }
  // Returns the reason with which the connection ends when its deadline passes here.
  RequestEnd TimedOut();
  // The id in the PROXY header; empty if there is none.
  const std::string& vpc_endpoint_id() const { return vpc_endpoint_id_; }

 private:
  enum class Phase : std::uint8_t { kProxyHeader, kTlsHandshake, kDone };

  static bool HasProxyHeader(const SidecarConfig& config) { return config.policy->mode() == filter::EdgeMode::kNlb; }
  Result StepProxyHeader(BufferedSocket* viewer, filter::ConnectionFacts* facts);
  Result StepTlsHandshake(net::StreamSocket* viewer, const filter::ConnectionFacts& facts);
  Result ReadMore(BufferedSocket* viewer, std::size_t size);
  void TakeProxyHeader(const net::ProxyHeaderParse& header, filter::ConnectionFacts* facts);
  Result Deny(const filter::ConnectionFacts& facts);
  Result End(RequestEnd reason);
  void CountHandshake(TlsHandshakeResult result);

  const SidecarConfig* config_;
  WorkerContext* context_;
  net::Timer* timer_;
  AccessRecord* record_;
  Phase phase_;
  RequestEnd end_{};
  std::string vpc_endpoint_id_;
};

}  // namespace viaduct::sidecar
