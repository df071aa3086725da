#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>

#include "filter/connection_facts.h"
#include "filter/envoy_module/stream_host.h"
#include "filter/policy.h"
#include "filter/verdict.h"
#include "http/field.h"

namespace viaduct::filter {

// Judges the requests of one proxy by one policy, and makes the proxy act on it: denied requests are answered with 403,
// allowed ones go on with the viewer's address in X-Viaduct-Viewer-Address and without the secret, as through the
// sidecar. Keeps nothing about a request. May be called from any thread.
class VpcOriginFilter {
 public:
  // The reason, beside those of DenyReason, when the proxy hides the TCP peer and a check needs it.
  static constexpr std::string_view kPeerNotVisible = "peer_not_visible";

  explicit VpcOriginFilter(std::shared_ptr<const Policy> policy) : policy_(std::move(policy)) {}

  // Returns true if the request may go on; otherwise it has been answered.
  bool OnRequestHeaders(StreamHost& host) const;

 private:
  // Returns what is known of the connection; nullopt if the peer is hidden.
  std::optional<ConnectionFacts> FactsOf(StreamHost& host) const;
  // Returns true if an enforced check judges the peer.
  bool NeedsPeer() const;
  // Returns true if the proxy itself has added `connection`'s end to X-Forwarded-For, and says so once.
  bool ProxyAppendedPeer(const ConnectionFacts& connection, const Verdict& verdict, StreamHost& host) const;

  bool Deny(std::string_view reason, StreamHost& host) const;
  void WriteMetadata(const Verdict& verdict, StreamHost& host) const;
  // `fields` are those of the host, before any change.
  void ChangeFields(std::span<const http::Field> fields, const std::optional<ip::IpAddress>& viewer,
                    StreamHost& host) const;

  const std::shared_ptr<const Policy> policy_;
  mutable std::atomic<bool> said_hidden_ = false;
  mutable std::atomic<bool> said_appended_ = false;
};

}  // namespace viaduct::filter
