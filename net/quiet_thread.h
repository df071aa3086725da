#pragma once

#include <functional>
#include <thread>

namespace viaduct::net {

// Starts a thread that receives no signals: those are for the program's own threads. A write to a closed pipe on this
// thread fails with EPIPE instead of raising SIGPIPE.
std::thread StartQuietThread(std::function<void()> function);

}  // namespace viaduct::net
