#pragma once

#include <functional>
#include <thread>

namespace viaduct::net {

// Starts a thread that takes no signal: those are for the program's own threads, and a write to a closed pipe fails
// with EPIPE there instead of raising SIGPIPE.
std::thread StartQuietThread(std::function<void()> function);

}  // namespace viaduct::net
