#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "api/admin/v1/chat_admin.pb.h"
#include "ctl/core/flag.h"

namespace viaduct::ctl {

// Selects the connections for a command. A value; the initial one selects all of them.
struct ConnectionFilter {
  std::optional<std::string> room;
  std::string viewer;
  std::string peer_range;
  std::optional<std::chrono::milliseconds> age;
  std::optional<std::chrono::milliseconds> idle;
};

// --room, --viewer, --peer-range, --age and --idle.
std::vector<Flag> ConnectionFilterFlags(ConnectionFilter* filter);

// Returns the filter for the chat; nullopt if it selects all connections.
std::optional<admin::v1::ConnectionFilter> ToProto(const ConnectionFilter& filter);

}  // namespace viaduct::ctl
