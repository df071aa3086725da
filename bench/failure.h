#pragma once

#include <string_view>

namespace viaduct::bench {

// Prints `what` to stderr and ends the process with 1: a figure from a run with a wrong answer is worthless.
[[noreturn]] void Fail(std::string_view what);

// Like Fail, with the system's text for errno.
[[noreturn]] void FailWithErrno(std::string_view what);

}  // namespace viaduct::bench
