#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "api/filter/v1/filter.pb.h"

namespace viaduct::sidecar {

// Settings that keep the list of CloudFront's ranges up to date; see EdgeRanges in api/filter/v1/filter.proto. A value.
struct EdgeRangesConfig {
  using Duration = std::chrono::milliseconds;

  // Settings for fetching the list from AWS.
  struct Refresh {
    std::string url;
    Duration interval{};
    Duration timeout{};
    std::string ca_file;  // "": the authorities that OpenSSL trusts

    friend bool operator==(const Refresh&, const Refresh&) = default;
  };

  // Reads `proto`, which keeps the rules of its schema (ops/config/field_rules.h). Errors begin with
  // "vpc_origin.edge_ranges".
  static absl::StatusOr<EdgeRangesConfig> Create(const filter::v1::EdgeRanges& proto);

  std::string file;  // "": the built-in list
  Duration removal_grace{};
  std::optional<Duration> max_age;  // nullopt: a list of any age is good
  std::optional<Refresh> refresh;
};

}  // namespace viaduct::sidecar
