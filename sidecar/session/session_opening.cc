// What a session goes through before its first request: the PROXY header of a Network Load Balancer, and TLS.
//
// All of it has the first request's deadline, counted from the accept. Nothing here is answered: whoever does not speak
// these protocols would not understand an answer either.

#include <algorithm>

#include "filter/evaluate.h"
#include "net/ip_of.h"
#include "sidecar/session/session.h"

namespace viaduct::sidecar {

void Session::Open() {
  if (config_->policy->mode() == filter::EdgeMode::kNlb) {
    phase_ = Phase::kProxyHeader;
  } else if (config_->tls.has_value()) {
    phase_ = Phase::kTlsHandshake;
  }
}

bool Session::StepProxyHeader() {
  if (!config_->policy->ReadsProxyHeader(connection_.peer)) {
    DenyConnection();
    return false;
  }
  const net::ProxyHeaderParse header = net::ParseProxyHeader(from_viewer_.view());
  switch (header.kind) {
    case net::ProxyHeaderParse::Kind::kNeedMore:
      return ReadOpening(header.size - from_viewer_.size());
    case net::ProxyHeaderParse::Kind::kError:
      connection_.proxy_header = header.error == net::ProxyHeaderError::kMissing ? filter::ProxyHeader::kNone
                                                                                 : filter::ProxyHeader::kMalformed;
      record_.NoteRule(net::ProxyHeaderErrorName(header.error));
      DenyConnection();
      return false;
    case net::ProxyHeaderParse::Kind::kLocal:
    case net::ProxyHeaderParse::Kind::kProxy:
      TakeProxyHeader(header);
      return true;
  }
  return false;
}

// Reads at most `size` bytes; false when the session must wait, or is over.
bool Session::ReadOpening(std::size_t size) {
  switch (FillFromViewer(size)) {
    case Fill::kRead:
      return true;
    case Fill::kNothing:
      return false;
    case Fill::kEnded:
    case Fill::kFailed:
      break;
  }
  // A balancer that only looks whether the port is open leaves no line.
  if (from_viewer_.empty()) {
    End();
  } else {
    Abort(EndReason::kDownstreamDisconnect);
  }
  return false;
}

void Session::TakeProxyHeader(const net::ProxyHeaderParse& header) {
  if (header.kind == net::ProxyHeaderParse::Kind::kProxy) {
    connection_.proxy_header = filter::ProxyHeader::kSource;
    connection_.proxy_source = net::IpOf(header.source);
    vpc_endpoint_id_ = header.vpc_endpoint_id;
    if (!vpc_endpoint_id_.empty()) record_.NoteVpcEndpoint(vpc_endpoint_id_);
  } else {
    connection_.proxy_header = filter::ProxyHeader::kLocal;
  }
  from_viewer_.Clear();  // no byte behind the header was read
  phase_ = config_->tls.has_value() ? Phase::kTlsHandshake : Phase::kHead;
}

bool Session::StepTlsHandshake() {
  if (!viewer_->speaks_tls()) {
    // Also at the first request, but a stranger should not even cost a handshake.
    const filter::Verdict verdict = filter::EvaluateConnection(*config_->policy, connection_);
    if (!verdict.allowed && verdict.reason == filter::DenyReason::kUntrustedPeer) {
      DenyConnection();
      return false;
    }
    viewer_->StartTls(*config_->tls->context);
    const auto whole = record_.begin() + config_->request_head_timeout;
    timer_.Set(std::min<net::Clock::time_point>(whole, context_->loop()->now() + config_->tls->handshake_timeout));
  }
  const auto count = [this](TlsHandshakeResult result) {
    context_->metrics().tls_handshakes[static_cast<std::size_t>(result)].Add();
  };
  switch (viewer_->Handshake()) {
    case net::TlsStream::Handshake::kPending:
      return false;
    case net::TlsStream::Handshake::kDone:
      count(TlsHandshakeResult::kDone);
      timer_.Set(record_.begin() + config_->request_head_timeout);
      phase_ = Phase::kHead;
      return true;
    case net::TlsStream::Handshake::kFailed:
      break;
  }
  // A balancer that only looks whether the port is open leaves no line.
  if (!viewer_->tls().received_any()) {
    End();
    return false;
  }
  count(TlsHandshakeResult::kFailed);
  record_.NoteRule(viewer_->tls().failure());
  Abort(EndReason::kTlsHandshakeFailed);
  return false;
}

void Session::DenyConnection() {
  const filter::Verdict verdict = filter::EvaluateConnection(*config_->policy, connection_);
  record_.NoteVerdict(verdict, {}, {});
  context_->metrics().CountVerdict(verdict, {});
  Abort(EndReason::kDenied);
}

}  // namespace viaduct::sidecar
