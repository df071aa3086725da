#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/filter/v1/filter.pb.h"

namespace viaduct::sidecar {

// Where one value of the origin secret is kept. Errors begin with the field's path in the source, "file: ", and say
// nothing of what the source holds.

// Returns `error` with the path of the source in front: "secret.sources[0].file: ".
absl::Status AtSecretSource(std::size_t index, const absl::Status& error);

// Checks what the message itself says.
absl::Status CheckSecretSource(const filter::v1::SecretSource& source);

// Reads the value, or nullopt if it may be absent and is.
absl::StatusOr<std::optional<std::string>> ReadSecretSource(const filter::v1::SecretSource& source);

}  // namespace viaduct::sidecar
