#include "ctl/chat/stats.h"

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "ctl/chat/scope.h"
#include "ctl/core/client.h"
#include "ctl/options/stats_watch.h"
#include "ctl/output/print.h"
#include "ctl/output/print_message.h"
#include "ctl/output/print_table.h"
#include "ctl/output/proto_time.h"
#include "ctl/output/table.h"
#include "ctl/output/text.h"

namespace viaduct::ctl {
namespace {

using admin::v1::ChatAdmin;
using admin::v1::GetStatsResponse;

constexpr int kMaxRooms = 1000;

struct Options {
  StatsWatch watch;
  int rooms = 0;
  bool cluster = false;
};

Outcome Fetch(const Options& options, Client& client, GetStatsResponse& stats) {
  admin::v1::GetStatsRequest request;
  request.set_room_limit(options.rooms);
  request.set_scope(ScopeOf(options.cluster));
  const Outcome called = client.Call(client.chat(), &ChatAdmin::Stub::GetStats, request, stats);
  if (!called) WarnOfUnanswered(stats.unanswered());
  return called;
}

std::string Closes(const GetStatsResponse& stats) {
  const std::map<int, std::int64_t> by_code(stats.closes().begin(), stats.closes().end());
  std::string text;
  for (const auto& [code, count] : by_code) absl::StrAppend(&text, text.empty() ? "" : ", ", code, ": ", count);
  return text;
}

Outcome PrintCounts(const GetStatsResponse& stats, const Look& look) {
  return Print(RenderFields(
      {{"version", stats.version()},
       {"state", stats.draining() ? "draining" : "serving"},
       {"up",
        absl::StrCat(FormatAge(FromProto(stats.uptime())), ", since ", FormatTime(FromProto(stats.start_time())))},
       {"connections", absl::StrCat(stats.connections_open(), " open, ", stats.connections_total(), " in total")},
       {"received", FormatTraffic(stats.messages_received(), stats.bytes_received())},
       {"delivered", FormatTraffic(stats.messages_delivered(), stats.bytes_delivered())},
       {"slow consumers", absl::StrCat(stats.slow_consumers())},
       {"closes by code", Closes(stats)},
       {"closes pending", absl::StrCat(stats.closes_pending())},
       {"rooms", absl::StrCat(stats.rooms_open(), " open")},
       {"tasks", absl::StrJoin(stats.tasks(), ", ")}},
      look));
}

Outcome PrintRooms(const GetStatsResponse& stats, const Look& look) {
  Table table({{.header = "ROOM", .min_width = 8}, {.header = "CLIENTS", .align = Column::Align::kRight}});
  for (const GetStatsResponse::RoomStats& room : stats.rooms()) {
    table.AddRow({room.room().empty() ? "(default)" : room.room(), absl::StrCat(room.client_count())});
  }
  const Outcome separated = Print("\n");
  return separated ? separated : PrintTable(table, look);
}

constexpr std::array<RateColumn, 9> kRateColumns = {{{"TIME", 24},
                                                     {"OPEN", 7},
                                                     {"OPENED", 7},
                                                     {"MSGS-IN/s", 10},
                                                     {"MSGS-OUT/s", 10},
                                                     {"IN/s", 10},
                                                     {"OUT/s", 10},
                                                     {"SLOW", 5},
                                                     {"STATE", 0}}};

// Returns the changes since `before`, which may be null.
std::vector<std::string> RatesOf(const GetStatsResponse* before, const GetStatsResponse& now) {
  std::vector<std::string> row = {
      FormatTime(std::chrono::system_clock::now()), absl::StrCat(now.connections_open()),   "-", "-", "-", "-", "-",
      absl::StrCat(now.slow_consumers()),           now.draining() ? "draining" : "serving"};
  if (before == nullptr) return row;
  const Increase increase(FromProto(now.uptime()) - FromProto(before->uptime()));
  if (!increase.known()) return row;
  row[2] = absl::StrFormat("%.0f", increase.Of(before->connections_total(), now.connections_total()));
  row[3] = absl::StrFormat("%.1f", increase.PerSecond(before->messages_received(), now.messages_received()));
  row[4] = absl::StrFormat("%.1f", increase.PerSecond(before->messages_delivered(), now.messages_delivered()));
  row[5] = FormatBytes(increase.PerSecond(before->bytes_received(), now.bytes_received()));
  row[6] = FormatBytes(increase.PerSecond(before->bytes_delivered(), now.bytes_delivered()));
  return row;
}

Outcome Stats(const Options& options, const Invocation& invocation, Client& client) {
  if (options.watch.watch) {
    return WatchStats<GetStatsResponse>(
        options.watch, invocation.options, kRateColumns,
        [&](GetStatsResponse* stats) { return Fetch(options, client, *stats); }, RatesOf);
  }
  GetStatsResponse stats;
  const Outcome fetched = Fetch(options, client, stats);
  if (fetched) return fetched;
  if (invocation.options.structured()) return PrintMessage(stats, invocation.options.format);
  const Outcome printed = PrintCounts(stats, invocation.options.look());
  return printed || options.rooms == 0 ? printed : PrintRooms(stats, invocation.options.look());
}

}  // namespace

Command StatsCommand() {
  const auto options = std::make_shared<Options>();
  return {
      .name = "stats",
      .calls = Calls::kChat,
      .flags = JoinFlags({StatsWatchFlags(&options->watch),
                          {{.name = "rooms",
                            .value = "N",
                            .help = "also show the N rooms with the most clients",
                            .read = ReadNumber(&options->rooms, 0, kMaxRooms)},
                           ClusterFlag(&options->cluster)}}),
      .summary = "Shows counts since the chat started.",
      .details = "With --watch, it prints a line at each interval, which covers the time since the previous line.\n",
      .examples =
          "  viaductctl stats\n"
          "  viaductctl stats --watch --interval 1s\n"
          "  viaductctl stats -o json | jq .connections_open\n",
      .call = [options](const Invocation& invocation, Client& client) { return Stats(*options, invocation, client); },
  };
}

}  // namespace viaduct::ctl
