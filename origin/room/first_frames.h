#pragma once

#include <chrono>
#include <cstddef>

#include "origin/message/publication.h"
#include "origin/message/uuid.h"
#include "origin/room/hub.h"

namespace viaduct::origin {

// The first frames of a client that has joined: its welcome, and for a client that resumes also the messages that it
// missed, as broadcasts with positions, even those that an earlier connection of the client may have sent.
// `max_message_bytes` is what the client may send, `now` the time of the join.
ClientFrames FirstFrames(const Uuid& id, Dialect dialect, const Hub::Joined& joined, std::size_t max_message_bytes,
                         std::chrono::system_clock::time_point now);

}  // namespace viaduct::origin
