#include "ctl/sidecar/tunnel_name.h"

namespace viaduct::ctl {
namespace {

constexpr std::string_view kTunnelsPrefix = "tunnels/";

}  // namespace

std::string_view TunnelId(std::string_view name) {
  if (name.starts_with(kTunnelsPrefix)) name.remove_prefix(kTunnelsPrefix.size());
  return name;
}

std::string TunnelName(std::string_view typed) { return std::string(kTunnelsPrefix).append(TunnelId(typed)); }

}  // namespace viaduct::ctl
