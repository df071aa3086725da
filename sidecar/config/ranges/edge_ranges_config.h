#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "api/filter/v1/filter.pb.h"

namespace viaduct::sidecar {

// How the list of CloudFront's ranges stays fresh; see EdgeRanges in api/filter/v1/filter.proto. A value.
struct EdgeRangesConfig {
  using Duration = std::chrono::milliseconds;

  // How the list is fetched from AWS.
  struct Refresh {
    std::string url;
    Duration interval{};
    Duration timeout{};
    std::string ca_file;  // "": those that OpenSSL trusts

    friend bool operator==(const Refresh&, const Refresh&) = default;
  };

  // `proto` keeps the rules of its schema (ops/config/field_rules.h) and stands at vpc_origin.edge_ranges, with which
  // errors begin.
  static absl::StatusOr<EdgeRangesConfig> Create(const filter::v1::EdgeRanges& proto);

  std::string file;  // "": the built-in list
  Duration removal_grace{};
  std::optional<Duration> max_age;  // nullopt: a list of any age is good
  std::optional<Refresh> refresh;
};

}  // namespace viaduct::sidecar
