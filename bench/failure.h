#pragma once

#include <string_view>

namespace viaduct::bench {

// Prints `what` to stderr and ends the process with 1: a figure next to a wrong answer is worth nothing.
[[noreturn]] void Fail(std::string_view what);

// As Fail, with the system's word for errno.
[[noreturn]] void FailWithErrno(std::string_view what);

}  // namespace viaduct::bench
