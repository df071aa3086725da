#pragma once

#include "absl/status/statusor.h"
#include "api/filter/v1/filter.pb.h"
#include "filter/policy_from_proto.h"

namespace viaduct::sidecar {

// Reads the files and environment variables that the filter's settings point to: CloudFront's ranges, or the built-in
// ones, and the live values of the secret.
//
// An error's message begins with the path of the field at fault, relative to the message, and never contains any part
// of a secret. May be called from any thread, again whenever files may have changed; the environment does not change.
absl::StatusOr<filter::PolicyInputs> ReadPolicyInputs(const filter::v1::VpcOrigin& message);

// The same without reading the secret, with a value of its own for each source: for checking settings where the secret
// is not at hand.
absl::StatusOr<filter::PolicyInputs> PolicyInputsWithoutSecrets(const filter::v1::VpcOrigin& message);

}  // namespace viaduct::sidecar
