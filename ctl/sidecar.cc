// The commands about a sidecar as a whole.
#include <algorithm>
#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ctl/commands.h"
#include "ctl/output/print.h"
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

std::string Lower(const std::string& name) { return absl::AsciiStrToLower(name); }

std::string TimeText(const google::protobuf::Timestamp& time) { return FormatTime(FromProto(time)); }

Outcome PrintStatus(const admin::v1::Drain& status, const Options& options) {
  if (options.json) return PrintJson(status);
  const bool drains = status.state() != admin::v1::Drain::SERVING;
  const bool stops = status.cause() == admin::v1::Drain::STOP;
  return Print(RenderFields(
      {{"state", Lower(admin::v1::Drain::State_Name(status.state()))},
       {"because", !drains ? ""
                   : stops ? "the process is stopping"
                           : "an operator said so"},
       {"since", drains ? TimeText(status.start_time()) : ""},
       {"cut at", drains ? TimeText(status.deadline()) : ""},
       {"tunnels", absl::StrCat(status.open(), " open",
                                drains ? absl::StrCat(", ", status.closed(), " ended by the drain") : "")}}));
}

// The time of a rung's side with its term.
std::string SideText(const admin::v1::Rung::Side& side) {
  return absl::StrCat(side.term(), " ", side.has_time() ? FormatAge(FromProto(side.time())) : "off");
}

}  // namespace

Outcome SidecarStats(const CommandLine& line, Client& client) {
  admin::v1::SidecarStats stats;
  const Outcome called =
      client.Call(client.sidecar(), &SidecarAdmin::Stub::GetStats, admin::v1::GetSidecarStatsRequest(), stats);
  if (called) return called;
  if (line.options.json) return PrintJson(stats);
  const auto frames = [](std::int64_t count, std::int64_t bytes) {
    return absl::StrCat(count, " frames, ", FormatBytes(static_cast<double>(bytes)));
  };
  return Print(RenderFields(
      {{"version", stats.version()},
       {"state", stats.draining() ? "draining" : "serving"},
       {"up", absl::StrCat(FormatAge(FromProto(stats.uptime())), ", since ", TimeText(stats.start_time()))},
       {"sessions", absl::StrCat(stats.sessions_open(), " open")},
       {"tunnels", absl::StrCat(stats.tunnels_open(), " open, ", stats.tunnels_total(), " in all")},
       {"from viewers", frames(stats.frames_from_viewers(), stats.bytes_from_viewers())},
       {"from upstream", frames(stats.frames_from_upstream(), stats.bytes_from_upstream())},
       {"pings", absl::StrCat(stats.pings_sent(), " sent, ", stats.pongs_received(), " answered")},
       {"requests allowed", absl::StrCat(stats.requests_allowed())},
       {"denied", Counts(stats.denials())},
       {"would be denied", Counts(stats.would_deny())},
       {"requests ended", Counts(stats.requests_ended())},
       {"tunnels ended", Counts(stats.tunnels_ended())}}));
}

Outcome SidecarLadder(const CommandLine& line, Client& client) {
  admin::v1::Ladder ladder;
  const Outcome called =
      client.Call(client.sidecar(), &SidecarAdmin::Stub::GetLadder, admin::v1::GetLadderRequest(), ladder);
  if (called) return called;
  if (line.options.json) return PrintJson(ladder);
  Table table({{.header = "STATE"},
               {.header = "RUNG"},
               {.header = "MUST-BE-SHORTER", .min_width = 20},
               {.header = "THAN", .min_width = 20},
               {.header = "FIX", .min_width = 20, .drop_order = 1}});
  for (const admin::v1::Rung& rung : ladder.rungs()) {
    const bool holds = rung.state() == admin::v1::Rung::HOLDS;
    table.AddRow({holds ? "ok" : Lower(admin::v1::Rung::State_Name(rung.state())), rung.rung(),
                  SideText(rung.shorter()), SideText(rung.longer()), holds ? "" : rung.fix()});
  }
  return Print(
      table.Render(TerminalWidth(), line.options.no_headers ? Table::Headers::kHidden : Table::Headers::kShown));
}

Outcome SidecarPolicy(const CommandLine& line, Client& client) {
  admin::v1::Policy policy;
  const Outcome called =
      client.Call(client.sidecar(), &SidecarAdmin::Stub::GetPolicy, admin::v1::GetPolicyRequest(), policy);
  if (called) return called;
  if (line.options.json) return PrintJson(policy);
  const auto listed = [](const auto& texts, std::string_view none) {
    return texts.empty() ? std::string(none) : absl::StrJoin(texts, ", ");
  };
  std::vector<std::pair<std::string, std::string>> fields = {
      {"mode", policy.mode()},
      {"trusted peers", listed(policy.trusted_peers(), "none")},
      {"extra edges", absl::StrCat(policy.extra_edges())},
      {"hosts", listed(policy.hosts(), "any")},
      {"origins", listed(policy.origins(), "any")},
      {"secret header", policy.secret_header().empty() ? "no secret is asked for" : policy.secret_header()},
      {"secret values", listed(policy.secret_generations(), "none")}};
  for (const admin::v1::Policy::Check& check : policy.checks()) {
    fields.emplace_back(absl::StrCat("check ", check.check()), check.enforcement());
  }
  return Print(RenderFields(std::move(fields)));
}

Outcome SidecarRanges(const CommandLine& line, Client& client) {
  admin::v1::Ranges ranges;
  const Outcome called =
      client.Call(client.sidecar(), &SidecarAdmin::Stub::GetRanges, admin::v1::GetRangesRequest(), ranges);
  if (called) return called;
  if (line.options.json) return PrintJson(ranges);
  return Print(RenderFields({{"source", ranges.source()},
                             {"sync token", ranges.sync_token()},
                             {"created", ranges.create_date()},
                             {"age", FormatAge(FromProto(ranges.age()))},
                             {"prefixes", absl::StrCat(ranges.prefixes())},
                             {"removed, still valid", absl::StrCat(ranges.removed_prefixes())}}));
}

Outcome SidecarReload(const CommandLine& line, Client& client) {
  admin::v1::ReloadResponse response;
  const Outcome called =
      client.Call(client.sidecar(), &SidecarAdmin::Stub::Reload, admin::v1::ReloadRequest(), response);
  if (called) return called;
  return line.options.json ? PrintJson(response) : Print("reloaded\n");
}

Outcome SidecarStatus(const CommandLine& line, Client& client) {
  admin::v1::Drain status;
  const Outcome called =
      client.Call(client.sidecar(), &SidecarAdmin::Stub::GetDrain, admin::v1::GetDrainRequest(), status);
  return called ? called : PrintStatus(status, line.options);
}

Outcome SidecarDrain(const CommandLine& line, Client& client) {
  admin::v1::Drain status;
  const Outcome called =
      client.Call(client.sidecar(), &SidecarAdmin::Stub::Drain, admin::v1::DrainSidecarRequest(), status);
  return called ? called : PrintStatus(status, line.options);
}

Outcome SidecarUndrain(const CommandLine& line, Client& client) {
  admin::v1::Drain status;
  const Outcome called =
      client.Call(client.sidecar(), &SidecarAdmin::Stub::CancelDrain, admin::v1::CancelDrainRequest(), status);
  return called ? called : PrintStatus(status, line.options);
}

}  // namespace viaduct::ctl
