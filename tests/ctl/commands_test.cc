// The list of viaductctl's commands as a whole, and the checks of each command line before any call.
#include "ctl/commands.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "ctl/core/command_line.h"
#include "ctl/core/command_table.h"

namespace viaduct::ctl {
namespace {

std::string ErrorOf(std::vector<std::string_view> words) {
  CommandTable table(Commands());
  const auto environment = [](std::string_view) -> std::optional<std::string> { return std::nullopt; };
  const auto contexts = [](std::string_view) -> absl::StatusOr<std::optional<Context>> { return std::nullopt; };
  const absl::StatusOr<CommandLine> line = ParseCommandLine(table, words, environment, contexts);
  return line.ok() ? "no error" : std::string(line.status().message());
}

TEST(CommandsTest, EachIsFoundByItsName) {
  const CommandTable table(Commands());
  for (const Command& command : table.commands()) {
    std::vector<std::string> words;
    std::string_view rest = command.name;
    while (!rest.empty()) {
      words.emplace_back(rest.substr(0, rest.find(' ')));
      rest.remove_prefix(std::min(rest.size(), words.back().size() + 1));
    }
    std::size_t used = 0;
    EXPECT_EQ(table.Find(words, &used), &command);
    EXPECT_EQ(used, words.size());
  }
}

TEST(CommandsTest, EachDoesOneThing) {
  for (const Command& command : Commands()) EXPECT_NE(bool{command.call}, bool{command.run}) << command.name;
}

TEST(CommandsTest, AFlagNameTakesTheSameValueEverywhere) {
  const CommandTable table(Commands());
  std::map<std::string_view, const Flag*> first;
  for (const Command& command : table.commands()) {
    for (const Flag& flag : command.flags) {
      const Flag& same = *first.emplace(flag.name, &flag).first->second;
      EXPECT_EQ(same.value, flag.value) << flag.name;
      EXPECT_EQ(same.letter, flag.letter) << flag.name;
      EXPECT_EQ(FindFlag(table.global_flags(), flag.name), nullptr) << flag.name;
    }
  }
}

TEST(CommandsTest, OnlyGlobalFlagsReadTheEnvironment) {
  for (const Command& command : Commands()) {
    for (const Flag& flag : command.flags) EXPECT_EQ(flag.environment, "") << flag.name;
  }
}

TEST(CommandsTest, ManyAreClosedOnlyIfThatIsSaid) {
  const std::string needs =
      "'connections close' needs ID, a filter (--room, --viewer, --peer-range, --age, --idle) or --all";
  EXPECT_EQ(ErrorOf({"connections", "close"}), needs);
  EXPECT_EQ(ErrorOf({"connections", "close", "--spread", "1m"}), needs);
  EXPECT_EQ(ErrorOf({"connections", "close", "--all", "--room", "x"}), "give either --all or a filter, not both");
  EXPECT_EQ(ErrorOf({"connections", "close", "7c9e", "--room", "x"}),
            "give either ID or a filter; --spread, --dry-run and --wait need a filter or --all");
  EXPECT_EQ(ErrorOf({"connections", "close", "--room", "", "--age", "48h", "--spread=5m", "--dry-run"}), "no error");
}

struct Mistake {
  std::vector<std::string_view> words;
  std::string error;
};

TEST(CommandsTest, EveryMistakeIsNamed) {
  const Mistake mistakes[] = {
      {{"brodcast", "x"}, "unknown command brodcast: did you mean broadcast?"},
      {{"list"}, "unknown command list: did you mean 'connections list'?"},
      {{"connections"}, "'connections' needs one of list, get, send, close"},
      {{"connections", "clsoe", "7c9e"}, "unknown command connections clsoe: did you mean close?"},
      {{"sidecar", "tunnels"}, "'sidecar tunnels' needs one of list, get, close"},
      {{"sidecar", "tunnels", "lst"}, "unknown command sidecar tunnels lst: did you mean list?"},
      {{"sidecar", "tunels"}, "unknown command sidecar tunels: did you mean tunnels?"},
      {{"stats", "--limit", "1"}, "--limit is not a flag of 'stats': see 'viaductctl help stats'"},
      {{"connections", "get"}, "'connections get' needs ID: see 'viaductctl help connections get'"},
      {{"connections", "get", "a", "b"},
       "too many arguments: 'connections get' takes ID; quote arguments that contain spaces"},
      {{"broadcast", "a", "b"}, "too many arguments: 'broadcast' takes TEXT|-; quote arguments that contain spaces"},
      {{"broadcast"}, "'broadcast' needs TEXT, - or --binary-file FILE"},
      {{"broadcast", ""}, "TEXT is empty"},
      {{"broadcast", "\xFF"}, "TEXT is not UTF-8; use --binary-file for other bytes"},
      {{"broadcast", "x", "--binary-file", "f"}, "give either TEXT or --binary-file, not both"},
      {{"connections", "send", "7c9e"}, "'connections send' needs TEXT, - or --binary-file FILE"},
      {{"connections", "send", "7c9e", "x", "--binary-file", "f"}, "give either TEXT or --binary-file, not both"},
      {{"connections", "list", "--all", "--limit", "1"}, "give either --all or --limit, not both"},
      {{"sidecar", "tunnels", "list", "--all", "--limit", "1"}, "give either --all or --limit, not both"},
      {{"stats", "--cert", "c"}, "--cert and --key must be given together"},
      {{"stats", "--key", "k"}, "--cert and --key must be given together"},
      {{"connections", "list", "--limit", "0"}, "--limit \"0\": expected a whole number from 1 to 2147483647"},
      {{"connections", "list", "--limit", "1.5"}, "--limit \"1.5\": expected a whole number from 1 to 2147483647"},
      {{"connections", "list", "--page-size", "1001"}, "--page-size \"1001\": expected a whole number from 1 to 1000"},
      {{"connections", "close", "7c9e", "--code", "1006"},
       "--code \"1006\": expected a close code: 1000 to 1003, 1007 to 1014 or 3000 to 4999"},
      {{"connections", "close", "7c9e", "--reason", "\xFF"}, "--reason \"\\xff\": a close reason must be UTF-8 text"},
      {{"watch", "--kinds", "closed"},
       "--kinds \"closed\": expected connected, disconnected, message or broadcast, or several of them separated by "
       "commas"},
      {{"watch", "--kinds", "message,"},
       "--kinds \"message,\": expected connected, disconnected, message or broadcast, or several of them separated by "
       "commas"},
      {{"sidecar", "tunnels", "close"},
       "'sidecar tunnels close' needs TUNNEL, a filter (--path, --viewer, --age, --idle) or --all"},
      {{"sidecar", "tunnels", "close", "3f09a1c2-0-17", "--wait"},
       "give either TUNNEL or a filter; --spread, --dry-run and --wait need a filter or --all"},
      {{"sidecar", "tunnels", "list", "--sort", "rom"}, "--sort \"rom\": unknown field: did you mean room?"},
      {{"explain"}, "'explain' needs --peer ADDRESS"},
      {{"explain", "--peer", "1.2.3.4", "-H", "A: b", "--raw", "-"}, "give either --raw or -H, not both"},
      {{"explain", "--peer", "1.2.3.4", "-H", "Via"}, "--header \"Via\": expected a header field line, 'Name: value'"},
      {{"explain", "-H"}, "-H needs LINE"},
  };
  for (const Mistake& mistake : mistakes) EXPECT_EQ(ErrorOf(mistake.words), mistake.error);
}

}  // namespace
}  // namespace viaduct::ctl
