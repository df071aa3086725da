#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "api/filter/v1/filter.pb.h"
#include "filter/ip_ranges_json.h"
#include "filter/origin_secret.h"
#include "filter/policy.h"

namespace viaduct::filter {

// The content that a VpcOrigin only points to, read by its host: this room reads no files.
struct PolicyInputs {
  // The ranges of edge_ranges.file, or BuiltinRanges.
  IpRanges edge_ranges;
  // The values of secret.sources in their order, without those that are absent.
  std::vector<NamedSecret> secrets;
};

// Combines the settings of a message with the content that it points to. Policy::Create checks the rest. An error's
// message begins with the path of the field at fault (text/field_error.h).
absl::StatusOr<PolicySpec> PolicySpecFromProto(const viaduct::filter::v1::VpcOrigin& message, PolicyInputs inputs);

// Writes into a message, of which a policy was made, the defaults that depend on other fields.
void WriteDefaults(viaduct::filter::v1::VpcOrigin* message);

}  // namespace viaduct::filter
