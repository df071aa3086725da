#pragma once

#include <chrono>
#include <optional>

namespace viaduct::net {

// Turns signals into values, for main threads that only wait for them.
//
// SIGTERM and SIGINT ask a program to stop, SIGHUP asks it to read its files again. Call BlockSignals before any thread
// starts; then only WaitForSignal receives them. SIGPIPE is ignored: writing to a vanished peer returns an error.
void BlockSignals();

// Returns the next SIGTERM, SIGINT or SIGHUP, or nullopt when `timeout` passes first. One caller at a time.
std::optional<int> WaitForSignal(std::chrono::milliseconds timeout);

}  // namespace viaduct::net
