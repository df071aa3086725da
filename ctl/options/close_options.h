#pragma once

#include <string>
#include <vector>

#include "ctl/core/flag.h"

namespace viaduct::ctl {

// The code and reason of a WebSocket Close frame. A value.
struct CloseOptions {
  int code = 1000;
  std::string reason;
};

// --code and --reason. They accept only what an endpoint may send: RFC 6455 section 7.4 limits the codes, and section
// 5.5 the reason, to 123 bytes of UTF-8.
std::vector<Flag> CloseFlags(CloseOptions* options);

}  // namespace viaduct::ctl
