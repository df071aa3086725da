#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "filter/connection_facts.h"
#include "filter/forwarded_tail.h"
#include "filter/policy.h"
#include "filter/request_view.h"
#include "filter/via_chain.h"
#include "ip/ip_address.h"

namespace viaduct::filter {

// A field that may have only one line.
struct SingleField {
  std::size_t lines = 0;
  // The last line's value.
  std::string_view value;

  void AddLine(std::string_view line) {
    ++lines;
    value = line;
  }
};

// Everything that the checks look at, gathered from a request and its connection in one pass. Valid as long as these
// and the policy live. Makes no judgement of its own.
struct Evidence {
  const Policy& policy;
  const ConnectionFacts& connection;
  bool is_upgrade;

  bool connection_names_trusted_field = false;
  bool trusted_field_alias = false;
  ForwardedTail forwarded = {};
  ViaChain via = {};
  SingleField cf_id = {};
  SingleField host = {};
  SingleField origin = {};
  SingleField secret = {};
  SingleField cloudfront_viewer_address = {};

  bool peer_trusted = false;
  // The address that connected to the balancer, according to the mode, or to us if no balancer is visible.
  std::optional<ip::IpAddress> edge = std::nullopt;
  // True if `edge` comes from a trusted source: the balancer, or the kernel.
  bool edge_believed = false;
  bool edge_in_ranges = false;
  // The member of X-Forwarded-For that CloudFront added, if the mode is right.
  std::optional<ip::IpAddress> claimed_viewer = std::nullopt;
  // The generation of the secret that the only line of its field carries.
  std::optional<std::size_t> secret_generation = std::nullopt;
};

Evidence GatherEvidence(const Policy& policy, const RequestView& request, const ConnectionFacts& connection);

}  // namespace viaduct::filter
