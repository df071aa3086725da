#pragma once

#include <cstdint>

namespace viaduct::net {

// Raises the process's limit of open descriptors to what the system allows: every connection is one, and the usual soft
// limit of 1024 is far below what these programs hold. Returns the limit that is in force now.
std::uint64_t RaiseDescriptorLimit();

}  // namespace viaduct::net
