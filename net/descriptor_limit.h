#pragma once

#include <cstdint>

namespace viaduct::net {

// Raises the process's limit of open descriptors to the system's maximum, and returns the limit now in force. Every
// connection takes one descriptor, and the usual soft limit of 1024 is far below what these programs hold.
std::uint64_t RaiseDescriptorLimit();

}  // namespace viaduct::net
