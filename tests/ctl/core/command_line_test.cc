#include "ctl/core/command_line.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace viaduct::ctl {
namespace {

// The options that the flags of the commands below write.
struct Options {
  int limit = 0;
  bool all = false;
  std::string reason;
  std::vector<std::string> headers;
};

absl::Status AddHeader(std::string_view value, std::vector<std::string>* headers) {
  if (value.find(':') == std::string_view::npos) return absl::InvalidArgumentError("expected a field line");
  headers->emplace_back(value);
  return absl::OkStatus();
}

std::vector<Command> SomeCommands(Options* options) {
  return {
      {.name = "things list",
       .calls = Calls::kChat,
       .flags = {{.name = "limit", .value = "N", .help = "", .read = ReadNumber(&options->limit, 1, 1000)},
                 {.name = "all", .help = "", .read = ReadSwitch(&options->all)}},
       .summary = "",
       .examples = "",
       .check =
           [options](const Arguments&) {
             const bool both = options->all && options->limit != 0;
             return both ? absl::InvalidArgumentError("give either --all or --limit, not both") : absl::OkStatus();
           }},
      {.name = "things get",
       .arguments = "ID",
       .min_arguments = 1,
       .max_arguments = 1,
       .calls = Calls::kChat,
       .flags = {{.name = "reason", .value = "TEXT", .help = "", .read = ReadText(&options->reason)}},
       .summary = "",
       .examples = ""},
      {.name = "sidecar things get",
       .arguments = "ID",
       .min_arguments = 1,
       .max_arguments = 1,
       .calls = Calls::kSidecar,
       .summary = "",
       .examples = ""},
      {.name = "stats", .calls = Calls::kChat, .summary = "", .examples = ""},
      {.name = "say",
       .arguments = "TEXT",
       .max_arguments = 1,
       .calls = Calls::kChat,
       .flags = {{.name = "header",
                  .letter = 'H',
                  .value = "LINE",
                  .help = "",
                  .read = [options](std::string_view value) { return AddHeader(value, &options->headers); }}},
       .summary = "",
       .examples = ""},
      {.name = "version", .summary = "", .examples = ""},
  };
}

class CommandLineTest : public testing::Test {
 protected:
  absl::StatusOr<CommandLine> Parse(std::vector<std::string_view> words) {
    const auto environment = [](std::string_view) -> std::optional<std::string> { return std::nullopt; };
    const auto contexts = [](std::string_view) -> absl::StatusOr<std::optional<Context>> { return std::nullopt; };
    return ParseCommandLine(table_, words, environment, contexts);
  }

  std::string ErrorOf(std::vector<std::string_view> words) {
    options_ = {};
    const absl::StatusOr<CommandLine> line = Parse(std::move(words));
    return line.ok() ? "no error" : std::string(line.status().message());
  }

  Options options_;
  CommandTable table_{SomeCommands(&options_)};
};

TEST_F(CommandLineTest, EachCommandIsFoundByItsName) {
  for (const Command& command : table_.commands()) {
    std::vector<std::string> words;
    std::string_view rest = command.name;
    while (!rest.empty()) {
      words.emplace_back(rest.substr(0, rest.find(' ')));
      rest.remove_prefix(std::min(rest.size(), words.back().size() + 1));
    }
    std::size_t used = 0;
    EXPECT_EQ(table_.Find(words, &used), &command);
    EXPECT_EQ(used, words.size());
  }
}

TEST_F(CommandLineTest, ArgumentsFollowTheCommand) {
  const absl::StatusOr<CommandLine> line = Parse({"things", "get", "7c9e"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->command->name, "things get");
  EXPECT_EQ(line->arguments, std::vector<std::string>{"7c9e"});
}

TEST_F(CommandLineTest, ACommandMayHaveThreeWords) {
  const absl::StatusOr<CommandLine> line = Parse({"sidecar", "things", "get", "3f09a1c2-0-17"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->command->name, "sidecar things get");
  EXPECT_EQ(line->arguments, std::vector<std::string>{"3f09a1c2-0-17"});
}

TEST_F(CommandLineTest, FlagsStandAnywhereInBothForms) {
  const absl::StatusOr<CommandLine> line =
      Parse({"--json", "--limit", "7", "things", "list", "--timeout=250ms", "--no-headers"});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->command->name, "things list");
  EXPECT_EQ(table_.global_options().format, Format::kJson);
  EXPECT_TRUE(table_.global_options().no_headers);
  EXPECT_EQ(options_.limit, 7);
  EXPECT_EQ(table_.global_options().timeout, std::chrono::milliseconds(250));
}

TEST_F(CommandLineTest, TheLastOfSeveralFlagsWins) {
  ASSERT_TRUE(Parse({"things", "list", "--limit", "7", "--limit", "8"}).ok());
  EXPECT_EQ(options_.limit, 8);
}

TEST_F(CommandLineTest, AFlagMayHaveAShortFormAndBeGivenTwice) {
  ASSERT_TRUE(Parse({"say", "-H", "Via: a", "--header", "Host: b"}).ok());
  EXPECT_EQ(options_.headers, (std::vector<std::string>{"Via: a", "Host: b"}));
  EXPECT_EQ(ErrorOf({"say", "-H"}), "-H needs LINE");
  EXPECT_EQ(ErrorOf({"say", "-H", "Via"}), "--header \"Via\": expected a field line");
  EXPECT_EQ(ErrorOf({"stats", "-H", "Via: a"}), "--header is not a flag of 'stats': see 'viaductctl help stats'");
}

TEST_F(CommandLineTest, AfterTwoDashesNothingIsAFlag) {
  EXPECT_EQ(Parse({"say", "--", "--json"})->arguments, std::vector<std::string>{"--json"});
  EXPECT_EQ(Parse({"say", "-"})->arguments, std::vector<std::string>{"-"});
}

TEST_F(CommandLineTest, AFlagTakesTheNextWordWhateverItIs) {
  ASSERT_TRUE(Parse({"things", "get", "7c9e", "--reason", "--bye"}).ok());
  EXPECT_EQ(options_.reason, "--bye");
}

TEST_F(CommandLineTest, HelpIsAskedForByFlag) {
  EXPECT_EQ(Parse({"--help"})->command, nullptr);
  EXPECT_EQ(Parse({"things", "-h"})->command, nullptr);
  EXPECT_EQ(Parse({"things", "-h"})->group, "things");
  const absl::StatusOr<CommandLine> line = Parse({"things", "get", "--help"});
  ASSERT_TRUE(line.ok());
  EXPECT_TRUE(line->help);
  EXPECT_EQ(line->command->name, "things get");
}

TEST_F(CommandLineTest, TheVersionIsAskedForByFlag) {
  EXPECT_TRUE(Parse({"--version"})->version);
  EXPECT_EQ(ErrorOf({"stats", "--version"}), "--version stands alone: it takes no command");
}

TEST_F(CommandLineTest, FormatAndColorAreOfTheirLists) {
  ASSERT_TRUE(Parse({"stats", "-o", "yaml", "--color=always"}).ok());
  EXPECT_EQ(table_.global_options().format, Format::kYaml);
  EXPECT_TRUE(table_.global_options().structured());
  EXPECT_TRUE(table_.global_options().look().color);
  EXPECT_EQ(ErrorOf({"stats", "--output", "xml"}), "--output \"xml\": expected table, wide, json or yaml");
  EXPECT_EQ(ErrorOf({"stats", "--color", "yes"}), "--color \"yes\": expected auto, always or never");
}

struct Mistake {
  std::vector<std::string_view> words;
  std::string error;
};

TEST_F(CommandLineTest, EveryMistakeIsNamed) {
  const Mistake mistakes[] = {
      {{}, "no command: 'viaductctl help' lists the commands"},
      {{"xyzzy"}, "unknown command xyzzy: 'viaductctl help' lists the commands"},
      {{"xyzzy", "--help"}, "unknown command xyzzy: 'viaductctl help' lists the commands"},
      {{"\x1b[2J"}, "unknown command \\x1b[2J: 'viaductctl help' lists the commands"},
      {{"verson"}, "unknown command verson: did you mean version?"},
      {{"list"}, "unknown command list: did you mean 'things list'?"},
      {{"things"}, "'things' needs one of list, get"},
      {{"things", "gte", "7c9e"}, "unknown command things gte: did you mean get?"},
      {{"things", "drop"}, "unknown command things drop: 'viaductctl help' lists the commands"},
      {{"sidecar", "things"}, "'sidecar things' needs one of get"},
      {{"sidecar", "tings"}, "unknown command sidecar tings: did you mean things?"},
      {{"stats", "--jsn"}, "unknown flag --jsn: did you mean --json?"},
      {{"stats", "--jsn=1"}, "unknown flag --jsn=1: did you mean --json?"},
      {{"stats", "-x"}, "unknown flag -x: 'viaductctl help' lists the flags; words after -- are arguments"},
      {{"stats", "-json"}, "unknown flag -json: did you mean --json?"},
      {{"stats", "--limit", "1"}, "--limit is not a flag of 'stats': see 'viaductctl help stats'"},
      {{"stats", "--json=yes"}, "--json takes no value"},
      {{"stats", "--timeout"}, "--timeout needs DURATION"},
      {{"stats", "--endpoint="}, "--endpoint \"\": must not be empty"},
      {{"stats", "now"}, "'stats' takes no arguments"},
      {{"things", "get"}, "'things get' needs ID: see 'viaductctl help things get'"},
      {{"things", "get", "a", "b"}, "too many arguments: 'things get' takes ID; quote arguments that contain spaces"},
      {{"things", "list", "--all", "--limit", "1"}, "give either --all or --limit, not both"},
      {{"stats", "--cert", "c"}, "--cert and --key must be given together"},
      {{"things", "list", "--limit", "0"}, "--limit \"0\": expected a whole number from 1 to 1000"},
      {{"things", "list", "--limit", "1.5"}, "--limit \"1.5\": expected a whole number from 1 to 1000"},
  };
  for (const Mistake& mistake : mistakes) EXPECT_EQ(ErrorOf(mistake.words), mistake.error);
}

}  // namespace
}  // namespace viaduct::ctl
