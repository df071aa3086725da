#pragma once

#include <string_view>

#include "ops/program/program_options.h"

namespace viaduct::ops {

// Implements `NAME healthcheck`, for images without curl. Asks the ops page that listens on `ops_listen`, as the config
// says it ("0.0.0.0:9081" is asked on 127.0.0.1), and prints the answer in one line that begins with `program`. Returns
// the exit status: 0 if the answer was 200, otherwise kExitFailure.
int Healthcheck(std::string_view program, std::string_view ops_listen, const ProgramOptions& options);

}  // namespace viaduct::ops
