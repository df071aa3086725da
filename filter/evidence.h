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

// All that the checks look at, gathered from a request and its connection in one pass. Lives as long as these and the
// policy; no judgement of its own.
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
  // Who the mode says spoke to the balancer, or to us where there is none that shows.
  std::optional<ip::IpAddress> edge = std::nullopt;
  // Whether `edge` was told by somebody we trust: the balancer, or the kernel.
  bool edge_believed = false;
  bool edge_in_ranges = false;
  // The member of X-Forwarded-For that CloudFront added, if the mode's reading of it is right.
  std::optional<ip::IpAddress> claimed_viewer = std::nullopt;
  // Which generation of the secret the only line of its field carries.
  std::optional<std::size_t> secret_generation = std::nullopt;
};

Evidence GatherEvidence(const Policy& policy, const RequestView& request, const ConnectionFacts& connection);

}  // namespace viaduct::filter
