#include "ctl/sidecar/open_tunnels.h"

#include <algorithm>
#include <cstddef>
#include <utility>

#include "absl/status/statusor.h"
#include "ctl/options/id_prefix.h"
#include "ctl/sidecar/tunnel_name.h"

namespace viaduct::ctl {
namespace {

constexpr int kLargestPage = 1000;

}  // namespace

Outcome FetchTunnels(Client& client, int page_size, std::optional<int> limit, const TunnelFilter& filter,
                     OpenTunnels* open) {
  admin::v1::ListTunnelsRequest request;
  SetFilter(filter, &request);
  while (true) {
    const int left = limit ? *limit - static_cast<int>(open->tunnels.size()) : page_size;
    request.set_page_size(std::min(page_size, left));
    admin::v1::ListTunnelsResponse response;
    const Outcome called =
        client.Call(client.sidecar(), &admin::v1::SidecarAdmin::Stub::ListTunnels, request, response);
    if (called) return called;
    open->total = response.total_size();
    for (admin::v1::Tunnel& tunnel : *response.mutable_tunnels()) {
      open->tunnels.push_back(std::move(tunnel));
      if (limit && open->tunnels.size() == static_cast<std::size_t>(*limit)) return std::nullopt;
    }
    if (response.next_page_token().empty()) return std::nullopt;
    if (response.tunnels().empty() || response.next_page_token() == request.page_token()) {
      return Failure{ExitCode::kRefused, "the sidecar listed the same page of tunnels twice"};
    }
    request.set_page_token(response.next_page_token());
  }
}

Outcome ResolveTunnel(const std::string& typed, Client& client, std::string* name) {
  const absl::StatusOr<TypedTunnel> tunnel = ParseTunnel(typed);
  if (!tunnel.ok()) return UsageFailure(tunnel.status());
  if (tunnel->whole) {
    *name = TunnelName(tunnel->id);
    return std::nullopt;
  }
  OpenTunnels open;
  if (const Outcome fetched = FetchTunnels(client, kLargestPage, std::nullopt, {}, &open)) return fetched;
  std::vector<std::string> ids;
  for (const admin::v1::Tunnel& candidate : open.tunnels) ids.emplace_back(TunnelId(candidate.name()));
  const absl::StatusOr<std::string> match = MatchId("tunnel", tunnel->id, ids);
  if (!match.ok()) {
    const ExitCode code = absl::IsNotFound(match.status()) ? ExitCode::kRefused : ExitCode::kUsage;
    return Failure{code, std::string(match.status().message())};
  }
  *name = TunnelName(*match);
  return std::nullopt;
}

}  // namespace viaduct::ctl
