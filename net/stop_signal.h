#pragma once

#include <chrono>
#include <optional>

namespace viaduct::net {

// Signals as values, for main threads that have nothing to do but wait for them.
//
// SIGTERM and SIGINT ask a program to stop, SIGHUP to read its files again. Blocked here, before any thread starts,
// they reach nobody but WaitForSignal. SIGPIPE is ignored: a vanished peer is an error of a write.
void BlockSignals();

// The next of SIGTERM, SIGINT, SIGHUP, or nullopt when `timeout` passes first. One caller at a time.
std::optional<int> WaitForSignal(std::chrono::milliseconds timeout);

}  // namespace viaduct::net
