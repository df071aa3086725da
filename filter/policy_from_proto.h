#pragma once

#include "absl/status/statusor.h"
#include "api/filter/v1/filter.pb.h"
#include "filter/policy.h"

namespace viaduct {

// Takes the settings out of their message and reads the file of ranges that it names, or takes the built-in ranges.
// Policy::Create checks the rest. An error's message begins with the path of the field at fault (filter/spec_error.h).
absl::StatusOr<PolicySpec> PolicySpecFromProto(const viaduct::filter::v1::VpcOrigin& message);

}  // namespace viaduct
