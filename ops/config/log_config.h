#pragma once

#include "absl/status/statusor.h"
#include "api/config/v1/log.pb.h"
#include "text/redaction.h"

namespace viaduct::ops {

// Reads the config's `log`, which keeps the rules of its schema. An error begins with the field's path.
absl::StatusOr<text::QueryRedaction> ReadLogConfig(const config::v1::Log& proto);

}  // namespace viaduct::ops
