#include "sidecar/session/opening.h"

#include <algorithm>

#include "filter/evaluate.h"
#include "filter/explain.h"
#include "filter/request_view.h"
#include "sidecar/request/rule.h"

namespace viaduct::sidecar {

Opening::Result Opening::Step(BufferedSocket* viewer, filter::ConnectionFacts* facts) {
  return phase_ == Phase::kProxyHeader ? StepProxyHeader(viewer, facts) : StepTlsHandshake(viewer->socket(), *facts);
}

Opening::Result Opening::StepProxyHeader(BufferedSocket* viewer, filter::ConnectionFacts* facts) {
  if (!config_->policy->ReadsProxyHeader(facts->peer)) return Deny(*facts);
  const net::ProxyHeaderParse header = net::ParseProxyHeader(viewer->in().view());
  switch (header.kind) {
    case net::ProxyHeaderParse::Kind::kNeedMore:
      return ReadMore(viewer, header.size - viewer->in().size());
    case net::ProxyHeaderParse::Kind::kError:
      facts->proxy_header = header.error == net::ProxyHeaderError::kMissing ? filter::ProxyHeader::kNone
                                                                            : filter::ProxyHeader::kMalformed;
      record_->NoteRule(Rule(header.error));
      return Deny(*facts);
    case net::ProxyHeaderParse::Kind::kLocal:
    case net::ProxyHeaderParse::Kind::kProxy:
      break;
  }
  TakeProxyHeader(header, facts);
  viewer->in().Clear();  // no byte behind the header was read
  phase_ = config_->tls.has_value() ? Phase::kTlsHandshake : Phase::kDone;
  return Result::kProgress;
}

// Reads at most `size` bytes.
Opening::Result Opening::ReadMore(BufferedSocket* viewer, std::size_t size) {
  switch (viewer->FillOnce(size)) {
    case BufferedSocket::Fill::kRead:
      return Result::kProgress;
    case BufferedSocket::Fill::kNothing:
      return Result::kWaiting;
    case BufferedSocket::Fill::kEnded:
    case BufferedSocket::Fill::kFailed:
      break;
  }
  return viewer->in().empty() ? Result::kUnused : End(RequestEnd::kDownstreamDisconnect);
}

void Opening::TakeProxyHeader(const net::ProxyHeaderParse& header, filter::ConnectionFacts* facts) {
  if (header.kind == net::ProxyHeaderParse::Kind::kLocal) {
    facts->proxy_header = filter::ProxyHeader::kLocal;
    return;
  }
  facts->proxy_header = filter::ProxyHeader::kSource;
  facts->proxy_source = header.source.ip();
  vpc_endpoint_id_ = header.vpc_endpoint_id;
  if (!vpc_endpoint_id_.empty()) record_->NoteVpcEndpoint(vpc_endpoint_id_);
}

Opening::Result Opening::StepTlsHandshake(net::StreamSocket* viewer, const filter::ConnectionFacts& facts) {
  const auto deadline = record_->begin() + config_->request_head_timeout;
  if (!viewer->speaks_tls()) {
    // The first request would be denied too, but an untrusted peer should not even cost a handshake.
    const filter::Verdict verdict = filter::EvaluateConnection(*config_->policy, facts);
    if (!verdict.allowed && verdict.reason == filter::DenyReason::kUntrustedPeer) return Deny(facts);
    viewer->StartTls(*config_->tls->context);
    timer_->Set(std::min<net::Clock::time_point>(deadline, context_->loop()->now() + config_->tls->handshake_timeout));
  }
  switch (viewer->Handshake()) {
    case net::TlsStream::Handshake::kPending:
      return Result::kWaiting;
    case net::TlsStream::Handshake::kDone:
      CountHandshake(TlsHandshakeResult::kDone);
      timer_->Set(deadline);
      phase_ = Phase::kDone;
      return Result::kProgress;
    case net::TlsStream::Handshake::kFailed:
      break;
  }
  if (!viewer->tls().received_any()) return Result::kUnused;
  CountHandshake(TlsHandshakeResult::kFailed);
  record_->NoteProblem(viewer->tls().failure());
  return End(RequestEnd::kTlsHandshakeFailed);
}

Opening::Result Opening::Deny(const filter::ConnectionFacts& facts) {
  const filter::Verdict verdict = filter::EvaluateConnection(*config_->policy, facts);
  record_->NoteVerdict(verdict, {}, {});
  record_->NoteFacts(filter::DenialFacts(*config_->policy, filter::RequestView(), facts));
  context_->metrics().CountVerdict(verdict, {});
  return End(RequestEnd::kDenied);
}

Opening::Result Opening::End(RequestEnd reason) {
  end_ = reason;
  return Result::kEnded;
}

RequestEnd Opening::TimedOut() {
  if (phase_ == Phase::kProxyHeader) return RequestEnd::kRequestHeadTimeout;
  CountHandshake(TlsHandshakeResult::kTimeout);
  return RequestEnd::kTlsHandshakeTimeout;
}

void Opening::CountHandshake(TlsHandshakeResult result) {
  context_->metrics().tls_handshakes[static_cast<std::size_t>(result)].Add();
}

}  // namespace viaduct::sidecar
