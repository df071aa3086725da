#include "filter/evaluate.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

#include "filter/forwarded_tail.h"
#include "filter/host_list.h"
#include "filter/trusted_fields.h"
#include "filter/via_chain.h"
#include "http/field.h"

namespace viaduct {
namespace {

// A field that may have one line only.
struct SingleField {
  std::size_t lines = 0;
  // Of the last line.
  std::string_view value;

  void AddLine(std::string_view line) {
    ++lines;
    value = line;
  }
};

// What the checks look at, gathered from the request in one pass.
struct Evidence {
  const Policy& policy;
  bool is_upgrade;

  bool connection_names_trusted_field = false;
  bool trusted_field_alias = false;
  ForwardedTail forwarded = {};
  ViaChain via = {};
  SingleField cf_id = {};
  SingleField host = {};
  SingleField origin = {};

  bool peer_trusted = false;
  std::optional<IpAddress> edge = std::nullopt;
  bool edge_in_ranges = false;
  std::optional<IpAddress> claimed_viewer = std::nullopt;
};

void AddField(const Field& field, Evidence& evidence) {
  const auto is = [&](std::string_view name) { return EqualsIgnoreCase(field.name, name); };
  if (is("x-forwarded-for")) {
    evidence.forwarded.AddLine(field.value);
  } else if (is("via")) {
    evidence.via.AddLine(field.value);
  } else if (is("x-amz-cf-id")) {
    evidence.cf_id.AddLine(field.value);
  } else if (is("host")) {
    evidence.host.AddLine(field.value);
  } else if (is("origin")) {
    evidence.origin.AddLine(field.value);
  } else if (is("connection")) {
    if (NamesTrustedField(field.value)) evidence.connection_names_trusted_field = true;
  } else if (IsTrustedFieldAlias(field.name)) {
    evidence.trusted_field_alias = true;
  }
}

Evidence Gather(const Policy& policy, const RequestView& request, const IpAddress& peer) {
  Evidence evidence{.policy = policy, .is_upgrade = request.is_upgrade};
  for (const Field& field : request.fields) AddField(field, evidence);
  evidence.peer_trusted = policy.TrustsPeer(peer);
  evidence.edge = ParseAddressMaybePort(evidence.forwarded.last());
  // CloudFront writes no port.
  evidence.claimed_viewer = IpAddress::Parse(evidence.forwarded.before_last());
  evidence.edge_in_ranges = evidence.edge && policy.IsEdge(*evidence.edge);
  return evidence;
}

// The host of a request that has exactly one.
std::optional<std::string_view> RequestHost(const Evidence& evidence) {
  if (evidence.host.lines != 1) return std::nullopt;
  return HostWithoutPort(evidence.host.value);
}

constexpr bool IsCfIdChar(char c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_' || c == '-' || c == '=';
}

// A check says why a request fails it, or nothing.
using Failure = std::optional<DenyReason>;

Failure CheckTrustedPeer(const Evidence& evidence) {
  if (!evidence.peer_trusted) return DenyReason::kUntrustedPeer;
  return std::nullopt;
}

Failure CheckFieldNames(const Evidence& evidence) {
  if (evidence.connection_names_trusted_field) return DenyReason::kConnectionNamesTrustedField;
  if (evidence.trusted_field_alias) return DenyReason::kTrustedFieldAlias;
  return std::nullopt;
}

Failure CheckEdgeRange(const Evidence& evidence) {
  if (evidence.forwarded.count() == 0) return DenyReason::kXffMissing;
  if (evidence.forwarded.count() == 1) return DenyReason::kXffTooShort;
  if (!evidence.edge) return DenyReason::kEdgeAddressUnparsable;
  if (!evidence.edge_in_ranges) return DenyReason::kEdgeNotInRanges;
  if (!evidence.claimed_viewer) return DenyReason::kViewerAddressUnparsable;
  return std::nullopt;
}

Failure CheckVia(const Evidence& evidence) {
  if (evidence.via.malformed()) return DenyReason::kViaMalformed;
  if (evidence.via.last().empty()) return DenyReason::kViaMissing;
  if (!IsCloudFrontVia(evidence.via.last())) return DenyReason::kViaNotCloudFront;
  return std::nullopt;
}

Failure CheckCfId(const Evidence& evidence) {
  // CloudFront's are 56 characters; their length is not promised.
  constexpr std::size_t kMaxSize = 256;
  if (evidence.cf_id.lines == 0) return DenyReason::kCfIdMissing;
  if (evidence.cf_id.lines > 1) return DenyReason::kCfIdRepeated;
  const std::string_view id = evidence.cf_id.value;
  const bool well_formed = !id.empty() && id.size() <= kMaxSize && std::all_of(id.begin(), id.end(), IsCfIdChar);
  if (!well_formed) return DenyReason::kCfIdMalformed;
  return std::nullopt;
}

Failure CheckHost(const Evidence& evidence) {
  const std::optional<std::string_view> host = RequestHost(evidence);
  if (!host || !evidence.policy.AllowsHost(*host)) return DenyReason::kHostNotAllowed;
  return std::nullopt;
}

Failure CheckOrigin(const Evidence& evidence) {
  if (!evidence.is_upgrade || evidence.origin.lines == 0) return std::nullopt;
  if (evidence.origin.lines > 1) return DenyReason::kOriginRepeated;
  if (!evidence.policy.AllowsOrigin(evidence.origin.value, RequestHost(evidence))) return DenyReason::kOriginNotAllowed;
  return std::nullopt;
}

struct Check {
  Failure (*made_by)(const Evidence&);
  // Null: always enforced.
  Enforcement CheckEnforcements::* enforcement;
};

// The order of the checks.
constexpr Check kChecks[] = {
    {CheckTrustedPeer, &CheckEnforcements::trusted_peer},
    {CheckFieldNames, nullptr},
    {CheckEdgeRange, &CheckEnforcements::edge_range},
    {CheckVia, &CheckEnforcements::via},
    {CheckCfId, &CheckEnforcements::cf_id},
    {CheckHost, &CheckEnforcements::host},
    {CheckOrigin, &CheckEnforcements::origin},
};

}  // namespace

Verdict Evaluate(const Policy& policy, const RequestView& request, const IpAddress& peer) {
  const Evidence evidence = Gather(policy, request, peer);
  Verdict verdict;
  if (evidence.edge) verdict.edge = *evidence.edge;
  if (evidence.peer_trusted && evidence.edge_in_ranges) verdict.viewer = evidence.claimed_viewer;

  for (const Check& check : kChecks) {
    const Enforcement enforcement =
        check.enforcement == nullptr ? Enforcement::kEnforce : policy.enforcements().*check.enforcement;
    if (enforcement == Enforcement::kOff) continue;
    const Failure failure = check.made_by(evidence);
    if (!failure) continue;
    if (enforcement == Enforcement::kEnforce) {
      verdict.reason = *failure;
      return verdict;
    }
    verdict.would_deny.Add(*failure);
  }
  verdict.allowed = true;
  return verdict;
}

}  // namespace viaduct
