#include "ctl/sidecar/tunnel_filter.h"

#include "ctl/options/list_options.h"

namespace viaduct::ctl {

std::vector<Flag> TunnelFilterFlags(TunnelFilter* filter) {
  return {
      {.name = "path",
       .value = "PREFIX",
       .help = "only tunnels whose target begins with this",
       .read = ReadText(&filter->path)},
      ViewerFlag(&filter->viewer),
      AgeFlag(&filter->age),
      IdleFlag(&filter->idle),
  };
}

}  // namespace viaduct::ctl
