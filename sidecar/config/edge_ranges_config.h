#pragma once

#include <optional>
#include <string>

#include "api/filter/v1/filter.pb.h"
#include "ops/config/field_checker.h"

namespace viaduct::sidecar {

// How the list of CloudFront's ranges stays fresh; see EdgeRanges in api/filter/v1/filter.proto. A value.
struct EdgeRangesConfig {
  using Duration = ops::FieldChecker::Duration;

  // Fetching the list from AWS.
  struct Refresh {
    std::string url;
    Duration interval{};
    Duration timeout{};
    std::string ca_file;  // "": those that OpenSSL trusts

    friend bool operator==(const Refresh&, const Refresh&) = default;
  };

  std::string file;  // "": the built-in list
  Duration removal_grace{};
  std::optional<Duration> max_age;  // nullopt: any age will do
  std::optional<Refresh> refresh;
};

// Reads `proto`, which stands at vpc_origin.edge_ranges.
EdgeRangesConfig ReadEdgeRanges(filter::v1::EdgeRanges* proto, ops::FieldChecker* check);

}  // namespace viaduct::sidecar
