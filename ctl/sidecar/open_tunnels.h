#pragma once

#include <optional>
#include <string>
#include <vector>

#include "api/admin/v1/sidecar_admin.pb.h"
#include "ctl/core/client.h"
#include "ctl/output/exit_code.h"
#include "ctl/sidecar/tunnel_filter.h"

namespace viaduct::ctl {

// A list of tunnels that was fetched page by page. A value.
struct OpenTunnels {
  std::vector<admin::v1::Tunnel> tunnels;
  // The number of open tunnels at the time of the last page.
  int total = 0;
};

// Fetches page after page of at most `page_size`, until the last one or until there are `limit` tunnels.
Outcome FetchTunnels(Client& client, int page_size, std::optional<int> limit, const TunnelFilter& filter,
                     OpenTunnels* open);

// Turns what the operator typed into the resource name of a tunnel. If it is the beginning of an ID, the sidecar is
// asked which tunnel it stands for.
Outcome ResolveTunnel(const std::string& typed, Client& client, std::string* name);

}  // namespace viaduct::ctl
