#include "ctl/chat/stats.h"

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "ctl/chat/scope.h"
#include "ctl/core/client.h"
#include "ctl/output/print.h"
#include "ctl/output/print_json.h"
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
  bool watch = false;
  std::chrono::milliseconds interval = std::chrono::seconds(2);
  int rooms = 0;
  bool cluster = false;
};

// On a terminal the heading is repeated after this many lines, before it scrolls away.
constexpr std::size_t kLinesPerHeading = 20;

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

Outcome PrintCounts(const GetStatsResponse& stats) {
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
       {"tasks", absl::StrJoin(stats.tasks(), ", ")}}));
}

Outcome PrintRooms(const GetStatsResponse& stats, Table::Headers headers) {
  Table table({{.header = "ROOM", .min_width = 8}, {.header = "CLIENTS", .align = Column::Align::kRight}});
  for (const GetStatsResponse::RoomStats& room : stats.rooms()) {
    table.AddRow({room.room().empty() ? "(default)" : room.room(), absl::StrCat(room.client_count())});
  }
  const Outcome separated = Print("\n");
  return separated ? separated : PrintTable(table, headers);
}

struct RateColumn {
  std::string_view header;
  std::size_t width;
};

constexpr std::array<RateColumn, 9> kRateColumns = {{{"TIME", 24},
                                                     {"OPEN", 7},
                                                     {"OPENED", 7},
                                                     {"MSGS-IN/s", 10},
                                                     {"MSGS-OUT/s", 10},
                                                     {"IN/s", 10},
                                                     {"OUT/s", 10},
                                                     {"SLOW", 5},
                                                     {"STATE", 0}}};

using RateRow = std::array<std::string, kRateColumns.size()>;

std::string RenderRow(const RateRow& cells) {
  std::string line;
  for (std::size_t i = 0; i < cells.size(); ++i) {
    if (i > 0) line.append("  ");
    line.append(PadLeft(cells[i], kRateColumns[i].width));
  }
  return line + "\n";
}

std::string Heading() {
  RateRow headers;
  for (std::size_t i = 0; i < headers.size(); ++i) headers[i] = std::string(kRateColumns[i].header);
  return RenderRow(headers);
}

// Returns the changes since `before`. Without it, or if the chat was restarted meanwhile, there is nothing to compare.
std::string RateLine(const std::optional<GetStatsResponse>& before, const GetStatsResponse& now) {
  RateRow row{
      FormatTime(std::chrono::system_clock::now()), absl::StrCat(now.connections_open()),   "-", "-", "-", "-", "-",
      absl::StrCat(now.slow_consumers()),           now.draining() ? "draining" : "serving"};
  const double seconds =
      before ? std::chrono::duration<double>(FromProto(now.uptime()) - FromProto(before->uptime())).count() : 0;
  if (seconds <= 0) return RenderRow(row);
  // With doubles, a difference of counts cannot overflow.
  const auto increase = [](std::int64_t from, std::int64_t to) {
    return static_cast<double>(to) - static_cast<double>(from);
  };
  const auto rate = [&increase, seconds](std::int64_t from, std::int64_t to) { return increase(from, to) / seconds; };
  row[2] = absl::StrFormat("%.0f", increase(before->connections_total(), now.connections_total()));
  row[3] = absl::StrFormat("%.1f", rate(before->messages_received(), now.messages_received()));
  row[4] = absl::StrFormat("%.1f", rate(before->messages_delivered(), now.messages_delivered()));
  row[5] = FormatBytes(rate(before->bytes_received(), now.bytes_received()));
  row[6] = FormatBytes(rate(before->bytes_delivered(), now.bytes_delivered()));
  return RenderRow(row);
}

Outcome WatchRates(const Options& options, const GlobalOptions& global, Client& client) {
  const bool on_terminal = TerminalWidth().has_value();
  std::optional<GetStatsResponse> before;
  auto next = std::chrono::steady_clock::now();
  for (std::size_t line = 0;; ++line) {
    GetStatsResponse now;
    const Outcome fetched = Fetch(options, client, now);
    if (fetched) return fetched;
    const bool heading = !global.no_headers && (line == 0 || (on_terminal && line % kLinesPerHeading == 0));
    const Outcome printed =
        global.json ? PrintJson(now) : Print(absl::StrCat(heading ? Heading() : "", RateLine(before, now)));
    if (printed) return printed;
    before = std::move(now);
    next += options.interval;
    std::this_thread::sleep_until(next);
  }
}

Outcome Stats(const Options& options, const Invocation& invocation, Client& client) {
  if (options.watch) return WatchRates(options, invocation.options, client);
  GetStatsResponse stats;
  const Outcome fetched = Fetch(options, client, stats);
  if (fetched) return fetched;
  if (invocation.options.json) return PrintJson(stats);
  const Outcome printed = PrintCounts(stats);
  return printed || options.rooms == 0 ? printed : PrintRooms(stats, invocation.options.headers());
}

}  // namespace

Command StatsCommand() {
  const auto options = std::make_shared<Options>();
  return {
      .name = "stats",
      .calls = Calls::kChat,
      .flags = {{.name = "watch",
                 .help = "print a line of rates at each interval until Ctrl-C",
                 .read = ReadSwitch(&options->watch)},
                {.name = "interval",
                 .value = "DURATION",
                 .help = "time between the lines of --watch (default 2s)",
                 .read = ReadTimeout(&options->interval)},
                {.name = "rooms",
                 .value = "N",
                 .help = "also show the N rooms with the most clients",
                 .read = ReadNumber(&options->rooms, 0, kMaxRooms)},
                ClusterFlag(&options->cluster)},
      .summary = "Shows counts since the chat started.",
      .details = "With --watch, it prints a line at each interval, which covers the time since the previous line.\n",
      .examples =
          "  viaductctl stats\n"
          "  viaductctl stats --watch --interval 1s\n"
          "  viaductctl stats --json | jq '.connections_open | tonumber'\n",
      .call = [options](const Invocation& invocation, Client& client) { return Stats(*options, invocation, client); },
  };
}

}  // namespace viaduct::ctl
