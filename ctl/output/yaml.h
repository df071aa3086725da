#pragma once

#include <string>

#include "ctl/output/value.h"

namespace viaduct::ctl {

// Writes `value` as lines of YAML 1.2. Every string is quoted, so that a reader takes none for a number, a date or a
// truth value.
std::string ToYaml(const Value& value);

}  // namespace viaduct::ctl
