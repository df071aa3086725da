#include "ctl/sidecar/stats.h"

#include <cstdint>
#include <map>
#include <string>

#include "absl/strings/str_cat.h"
#include "ctl/core/client.h"
#include "ctl/output/print_json.h"
#include "ctl/output/proto_time.h"
#include "ctl/output/table.h"
#include "ctl/output/text.h"

namespace viaduct::ctl {
namespace {

using admin::v1::SidecarAdmin;

// "denied: 3, completed: 10", by name.
std::string Counts(const google::protobuf::Map<std::string, std::int64_t>& counts) {
  const std::map<std::string, std::int64_t> by_name(counts.begin(), counts.end());
  std::string text;
  for (const auto& [name, count] : by_name) absl::StrAppend(&text, text.empty() ? "" : ", ", name, ": ", count);
  return text;
}

Outcome Stats(const Invocation& invocation, Client& client) {
  admin::v1::SidecarStats stats;
  const Outcome called =
      client.Call(client.sidecar(), &SidecarAdmin::Stub::GetStats, admin::v1::GetSidecarStatsRequest(), stats);
  if (called) return called;
  if (invocation.options.json) return PrintJson(stats);
  const auto frames = [](std::int64_t count, std::int64_t bytes) {
    return absl::StrCat(count, " frames, ", FormatBytes(static_cast<double>(bytes)));
  };
  return Print(
      RenderFields({{"version", stats.version()},
                    {"state", stats.draining() ? "draining" : "serving"},
                    {"up", absl::StrCat(FormatAge(FromProto(stats.uptime())), ", since ",
                                        FormatTime(FromProto(stats.start_time())))},
                    {"sessions", absl::StrCat(stats.sessions_open(), " open")},
                    {"tunnels", absl::StrCat(stats.tunnels_open(), " open, ", stats.tunnels_total(), " in total")},
                    {"from viewers", frames(stats.frames_from_viewers(), stats.bytes_from_viewers())},
                    {"from upstream", frames(stats.frames_from_upstream(), stats.bytes_from_upstream())},
                    {"pings", absl::StrCat(stats.pings_sent(), " sent, ", stats.pongs_received(), " answered")},
                    {"requests allowed", absl::StrCat(stats.requests_allowed())},
                    {"denied", Counts(stats.denials())},
                    {"would be denied", Counts(stats.would_deny())},
                    {"requests ended", Counts(stats.requests_ended())},
                    {"tunnels ended", Counts(stats.tunnels_ended())}}));
}

}  // namespace

Command SidecarStatsCommand() {
  return {
      .name = "sidecar stats",
      .calls = Calls::kSidecar,
      .summary = "Shows counts since the sidecar started.",
      .examples = "  viaductctl sidecar stats\n",
      .call = Stats,
  };
}

}  // namespace viaduct::ctl
