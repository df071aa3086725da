#pragma once

#include "origin/message/publication.h"
#include "origin/message/uuid.h"
#include "origin/room/hub.h"

namespace viaduct::origin {

// What a client that has joined gets first. One of the plain protocol: its welcome. One that resumes also what it
// missed: broadcasts with their positions, of messages that an earlier connection of the client may have sent, too.
ClientFrames FirstFrames(const Uuid& id, Dialect dialect, const Hub::Joined& joined);

}  // namespace viaduct::origin
