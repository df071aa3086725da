#include "ctl/sidecar/stats.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "ctl/core/client.h"
#include "ctl/options/stats_watch.h"
#include "ctl/output/print.h"
#include "ctl/output/print_message.h"
#include "ctl/output/proto_time.h"
#include "ctl/output/table.h"
#include "ctl/output/text.h"

namespace viaduct::ctl {
namespace {

using admin::v1::SidecarAdmin;
using admin::v1::SidecarStats;

// "denied: 3, completed: 10", by name.
std::string Counts(const google::protobuf::Map<std::string, std::int64_t>& counts) {
  const std::map<std::string, std::int64_t> by_name(counts.begin(), counts.end());
  std::string text;
  for (const auto& [name, count] : by_name) absl::StrAppend(&text, text.empty() ? "" : ", ", name, ": ", count);
  return text;
}

constexpr std::array<RateColumn, 9> kRateColumns = {{{"TIME", 24},
                                                     {"TUNNELS", 7},
                                                     {"OPENED", 7},
                                                     {"ENDED", 7},
                                                     {"DENIED", 7},
                                                     {"REQS/s", 8},
                                                     {"FROM-VIEWERS/s", 14},
                                                     {"FROM-UPSTREAM/s", 15},
                                                     {"STATE", 0}}};

std::int64_t Sum(const google::protobuf::Map<std::string, std::int64_t>& counts) {
  std::int64_t sum = 0;
  for (const auto& [name, count] : counts) sum += count;
  return sum;
}

// Returns the changes since `before`, which may be null.
std::vector<std::string> RatesOf(const SidecarStats* before, const SidecarStats& now) {
  std::vector<std::string> row = {
      FormatTime(std::chrono::system_clock::now()), absl::StrCat(now.tunnels_open()), "-", "-", "-", "-", "-", "-",
      now.draining() ? "draining" : "serving"};
  if (before == nullptr) return row;
  const Increase increase(FromProto(now.uptime()) - FromProto(before->uptime()));
  if (!increase.known()) return row;
  row[2] = absl::StrFormat("%.0f", increase.Of(before->tunnels_total(), now.tunnels_total()));
  row[3] = absl::StrFormat("%.0f", increase.Of(Sum(before->tunnels_ended()), Sum(now.tunnels_ended())));
  row[4] = absl::StrFormat("%.0f", increase.Of(Sum(before->denials()), Sum(now.denials())));
  row[5] = absl::StrFormat("%.1f", increase.PerSecond(before->requests_allowed(), now.requests_allowed()));
  row[6] = FormatBytes(increase.PerSecond(before->bytes_from_viewers(), now.bytes_from_viewers()));
  row[7] = FormatBytes(increase.PerSecond(before->bytes_from_upstream(), now.bytes_from_upstream()));
  return row;
}

Outcome Fetch(Client& client, SidecarStats* stats) {
  return client.Call(client.sidecar(), &SidecarAdmin::Stub::GetStats, admin::v1::GetSidecarStatsRequest(), *stats);
}

Outcome Stats(const StatsWatch& options, const Invocation& invocation, Client& client) {
  if (options.watch) {
    return WatchStats<SidecarStats>(
        options, invocation.options, kRateColumns, [&](SidecarStats* stats) { return Fetch(client, stats); }, RatesOf);
  }
  SidecarStats stats;
  if (const Outcome fetched = Fetch(client, &stats)) return fetched;
  if (invocation.options.structured()) return PrintMessage(stats, invocation.options.format);
  const auto frames = [](std::int64_t count, std::int64_t bytes) {
    return absl::StrCat(count, " frames, ", FormatBytes(static_cast<double>(bytes)));
  };
  return Print(RenderFields(
      {{"version", stats.version()},
       {"state", stats.draining() ? "draining" : "serving"},
       {"up",
        absl::StrCat(FormatAge(FromProto(stats.uptime())), ", since ", FormatTime(FromProto(stats.start_time())))},
       {"sessions", absl::StrCat(stats.sessions_open(), " open")},
       {"tunnels", absl::StrCat(stats.tunnels_open(), " open, ", stats.tunnels_total(), " in total")},
       {"from viewers", frames(stats.frames_from_viewers(), stats.bytes_from_viewers())},
       {"from upstream", frames(stats.frames_from_upstream(), stats.bytes_from_upstream())},
       {"pings", absl::StrCat(stats.pings_sent(), " sent, ", stats.pongs_received(), " answered")},
       {"requests allowed", absl::StrCat(stats.requests_allowed())},
       {"denied", Counts(stats.denials())},
       {"would be denied", Counts(stats.would_deny())},
       {"requests ended", Counts(stats.requests_ended())},
       {"tunnels ended", Counts(stats.tunnels_ended())},
       {"closes pending", absl::StrCat(stats.closes_pending())}},
      invocation.options.look()));
}

}  // namespace

Command SidecarStatsCommand() {
  const auto options = std::make_shared<StatsWatch>();
  return {
      .name = "sidecar stats",
      .calls = Calls::kSidecar,
      .flags = StatsWatchFlags(options.get()),
      .summary = "Shows counts since the sidecar started.",
      .details = "With --watch, it prints a line at each interval, which covers the time since the previous line.\n",
      .examples =
          "  viaductctl sidecar stats\n"
          "  viaductctl sidecar stats --watch --interval 1s\n",
      .call = [options](const Invocation& invocation, Client& client) { return Stats(*options, invocation, client); },
  };
}

}  // namespace viaduct::ctl
