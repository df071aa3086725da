#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "api/filter/v1/filter.pb.h"
#include "filter/ip_ranges_json.h"
#include "filter/origin_secret.h"
#include "filter/policy.h"

namespace viaduct::filter {

// What a VpcOrigin only points to, as its host has read it: this room reads no file.
struct PolicyInputs {
  // Of edge_ranges.file, or BuiltinRanges.
  IpRanges edge_ranges;
  // Of secret.sources, in their order, without those that are absent.
  std::vector<NamedSecret> secrets;
};

// Puts the settings of a message and what it points to together. Policy::Create checks the rest. An error's message
// begins with the path of the field at fault (text/field_error.h).
absl::StatusOr<PolicySpec> PolicySpecFromProto(const viaduct::filter::v1::VpcOrigin& message, PolicyInputs inputs);

}  // namespace viaduct::filter
