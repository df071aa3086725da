#pragma once

#include <string>

#include "ctl/output/value.h"

namespace viaduct::ctl {

// Writes `value` as one line of JSON without its line end. Nothing in it moves a terminal's cursor.
std::string ToJson(const Value& value);

}  // namespace viaduct::ctl
