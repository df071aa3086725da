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

// What a connection goes through before its first request: the PROXY header of a Network Load Balancer, and TLS.
//
// All of it has the deadline of the first request's head, counted from the accept. Nothing here is answered: a peer
// that does not speak these protocols would not understand an answer either. Notes in the session's record what it
// learns.
//
// Belongs to its session's thread.
class Opening {
 public:
  // For a connection that IsNeeded. All must outlive it; `config` is in force at the accept and decides throughout.
  // `record` has begun at the accept. `timer` is the session's, and is set to the deadline of the first head.
  Opening(const SidecarConfig* config, WorkerContext* context, net::Timer* timer, AccessRecord* record)
      : config_(config),
        context_(context),
        timer_(timer),
        record_(record),
        phase_(HasProxyHeader(*config) ? Phase::kProxyHeader : Phase::kTlsHandshake) {}

  // Whether connections go through anything before their first request.
  static bool IsNeeded(const SidecarConfig& config) { return HasProxyHeader(config) || config.tls.has_value(); }
  bool done() const { return phase_ == Phase::kDone; }
  // Whether the PROXY header is not complete yet.
  bool awaits_proxy_header() const { return phase_ == Phase::kProxyHeader; }

  enum class Result : std::uint8_t {
    kWaiting,
    kProgress,
    kUnused,  // the peer left without a word, as a balancer that only looks whether the port is open: it leaves no line
    kEnded,   // the connection ends for end()
  };
  // Takes one step. `facts` has the peer, and gets what the PROXY header says.
  Result Step(BufferedSocket* viewer, filter::ConnectionFacts* facts);
  RequestEnd end() const { return end_; }
  // Why the connection ends when its deadline passes here.
  RequestEnd TimedOut();
  // Of the PROXY header; empty without.
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
