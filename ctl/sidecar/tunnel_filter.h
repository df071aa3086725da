#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "ctl/core/flag.h"
#include "ctl/output/proto_time.h"

namespace viaduct::ctl {

// Selects the tunnels for a command. A value; the initial one selects all of them.
struct TunnelFilter {
  std::string path;
  std::string viewer;
  std::optional<std::chrono::milliseconds> age;
  std::optional<std::chrono::milliseconds> idle;

  bool selects_all() const { return path.empty() && viewer.empty() && !age && !idle; }
};

// --path, --viewer, --age and --idle.
std::vector<Flag> TunnelFilterFlags(TunnelFilter* filter);

// Puts the filter into the fields of a ListTunnelsRequest, or of a TunnelFilter.
template <typename Request>
void SetFilter(const TunnelFilter& filter, Request* request) {
  request->set_path_prefix(filter.path);
  request->set_viewer_range(filter.viewer);
  if (filter.idle) *request->mutable_idle_longer_than() = ToDurationProto(*filter.idle);
  if (filter.age) *request->mutable_open_longer_than() = ToDurationProto(*filter.age);
}

}  // namespace viaduct::ctl
