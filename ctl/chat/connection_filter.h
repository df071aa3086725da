#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "api/admin/v1/chat_admin.pb.h"
#include "ctl/core/flag.h"

namespace viaduct::ctl {

// Which connections a command is about. A value; the initial one is about all of them.
struct ConnectionFilter {
  std::optional<std::string> room;
  std::string viewer;
  std::string peer_range;
  std::optional<std::chrono::milliseconds> age;
  std::optional<std::chrono::milliseconds> idle;
};

// --room, --viewer, --peer-range, --age and --idle.
std::vector<Flag> ConnectionFilterFlags(ConnectionFilter* filter);

// The filter as the chat reads it; nullopt if it selects all connections.
std::optional<admin::v1::ConnectionFilter> ToProto(const ConnectionFilter& filter);

}  // namespace viaduct::ctl
