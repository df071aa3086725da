#include "ctl/core/command_line.h"

#include <gtest/gtest.h>

#include <chrono>
#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace viaduct::ctl {
namespace {

using Variables = std::map<std::string, std::string, std::less<>>;

absl::StatusOr<CommandLine> Parse(std::vector<std::string_view> words, const Variables& variables = {},
                                  const Contexts& contexts = {}) {
  const auto environment = [&variables](std::string_view name) -> std::optional<std::string> {
    const auto found = variables.find(name);
    if (found == variables.end()) return std::nullopt;
    return found->second;
  };
  const auto lookup = [&contexts](std::string_view name) -> absl::StatusOr<std::optional<Context>> {
    if (name.empty() && contexts.current.empty()) return std::nullopt;
    return contexts.Find(name.empty() ? contexts.current : name);
  };
  return ParseCommandLine(words, environment, lookup);
}

std::string ErrorOf(std::vector<std::string_view> words, const Variables& variables = {}) {
  const absl::StatusOr<CommandLine> line = Parse(std::move(words), variables);
  return line.ok() ? "no error" : std::string(line.status().message());
}

// Two contexts, the first of which is current.
Contexts TwoContexts() {
  return {.path = "contexts.yaml",
          .current = "prod",
          .contexts = {{.name = "prod",
                        .chat = "10.0.0.5:8083",
                        .sidecar = "",
                        .token_file = "/etc/prod.token",
                        .ca_file = "/etc/prod.pem",
                        .certificate_file = "",
                        .private_key_file = ""},
                       {.name = "here",
                        .chat = "unix:/run/chat.sock",
                        .sidecar = "unix:/run/sidecar.sock",
                        .token_file = "",
                        .ca_file = "",
                        .certificate_file = "",
                        .private_key_file = ""}}};
}

TEST(CommandLineTest, TheCurrentContextGivesEndpointAndCredentials) {
  const Options options = Parse({"stats"}, {}, TwoContexts())->options;
  EXPECT_EQ(options.endpoint, "10.0.0.5:8083");
  EXPECT_EQ(options.token_file, "/etc/prod.token");
  EXPECT_EQ(options.ca_file, "/etc/prod.pem");
  EXPECT_EQ(Parse({"stats", "--token-file", "mine"}, {}, TwoContexts())->options.token_file, "mine");
  const Options with_token = Parse({"stats"}, {{"VIADUCT_TOKEN", "t"}}, TwoContexts())->options;
  EXPECT_EQ(with_token.token, "t");
  EXPECT_EQ(with_token.token_file, "");
}

TEST(CommandLineTest, AContextThatIsAskedForHidesTheEnvironment) {
  const Variables variables = {{"VIADUCT_ENDPOINT", "unix:/other"}, {"VIADUCT_TOKEN", "another's"}};
  const Options options = Parse({"stats", "--context", "here"}, variables, TwoContexts())->options;
  EXPECT_EQ(options.endpoint, "unix:/run/chat.sock");
  EXPECT_EQ(options.token, "");
  EXPECT_EQ(Parse({"sidecar", "stats", "--context", "here"}, {}, TwoContexts())->options.endpoint,
            "unix:/run/sidecar.sock");
  EXPECT_EQ(Parse({"stats"}, {{"VIADUCT_CONTEXT", "here"}}, TwoContexts())->options.endpoint, "unix:/run/chat.sock");
}

TEST(CommandLineTest, AnEndpointThatIsGivenHidesTheCurrentContext) {
  const Options by_flag = Parse({"stats", "--endpoint", "unix:/mine"}, {}, TwoContexts())->options;
  EXPECT_EQ(by_flag.endpoint, "unix:/mine");
  EXPECT_EQ(by_flag.token_file, "") << "a context's token is for its own endpoint";
  const Options by_variable = Parse({"stats"}, {{"VIADUCT_ENDPOINT", "unix:/mine"}}, TwoContexts())->options;
  EXPECT_EQ(by_variable.endpoint, "unix:/mine");
  EXPECT_EQ(by_variable.token_file, "");
}

TEST(CommandLineTest, WrongContextsAreNamed) {
  const auto error = [](std::vector<std::string_view> words) {
    const auto line = Parse(std::move(words), {}, TwoContexts());
    return line.ok() ? "no error" : std::string(line.status().message());
  };
  EXPECT_EQ(error({"stats", "--context", "prd"}), "no context prd: did you mean prod?");
  EXPECT_EQ(error({"sidecar", "stats"}), "context prod has no sidecar: give --endpoint");
  EXPECT_EQ(error({"stats", "--context", "here", "--endpoint", "unix:/x"}),
            "give either --context or --endpoint, not both");
}

TEST(CommandLineTest, ManyAreClosedOnlyIfThatIsSaid) {
  const std::string needs =
      "'connections close' needs ID, a filter (--room, --viewer, --peer-range, --age, --idle) or --all";
  EXPECT_EQ(ErrorOf({"connections", "close"}), needs);
  EXPECT_EQ(ErrorOf({"connections", "close", "--spread", "1m"}), needs);
  EXPECT_EQ(ErrorOf({"connections", "close", "--all", "--room", "x"}), "give either --all or a filter, not both");
  EXPECT_EQ(ErrorOf({"connections", "close", "7c9e", "--room", "x"}),
            "give either ID or a filter: --spread, --dry-run and --wait are for many");
  const Options options =
      Parse({"connections", "close", "--room", "", "--age", "48h", "--spread=5m", "--dry-run"})->options;
  EXPECT_EQ(options.room, "");
  EXPECT_EQ(options.age, std::chrono::hours(48));
  EXPECT_EQ(options.spread, std::chrono::minutes(5));
  EXPECT_TRUE(options.dry_run);
}

TEST(CommandLineTest, EachCommandIsFoundByItsName) {
  for (const Command& command : Commands()) {
    const std::string name(command.name);
    const std::size_t space = name.find(' ');
    std::vector<std::string> words = {name.substr(0, space)};
    if (space != std::string::npos) words.push_back(name.substr(space + 1));
    std::size_t used = 0;
    EXPECT_EQ(FindCommand(words, used), &command);
    EXPECT_EQ(used, words.size());
  }
}

TEST(CommandLineTest, ArgumentsFollowTheCommand) {
  const absl::StatusOr<CommandLine> line = Parse({"connections", "send", "7c9e", "hello there"});
  ASSERT_TRUE(line.ok());
  EXPECT_EQ(line->command->id, CommandId::kConnectionsSend);
  EXPECT_EQ(line->arguments, (std::vector<std::string>{"7c9e", "hello there"}));
}

TEST(CommandLineTest, FlagsStandAnywhereInBothForms) {
  const absl::StatusOr<CommandLine> line =
      Parse({"--json", "--limit", "7", "connections", "--page-size=20", "list", "--timeout=250ms", "--no-headers"});
  ASSERT_TRUE(line.ok()) << line.status().ToString();
  EXPECT_EQ(line->command->id, CommandId::kConnectionsList);
  EXPECT_TRUE(line->options.json);
  EXPECT_TRUE(line->options.no_headers);
  EXPECT_EQ(line->options.limit, 7);
  EXPECT_EQ(line->options.page_size, 20);
  EXPECT_EQ(line->options.timeout, std::chrono::milliseconds(250));
}

TEST(CommandLineTest, TheLastOfSeveralFlagsWins) {
  EXPECT_EQ(Parse({"connections", "list", "--limit", "7", "--limit", "8"})->options.limit, 8);
}

TEST(CommandLineTest, DefaultsAreThoseOfTheHelp) {
  const Options options = Parse({"stats"})->options;
  EXPECT_EQ(options.endpoint, "unix:/tmp/viaduct/chat-admin.sock");
  EXPECT_EQ(options.timeout, std::chrono::seconds(5));
  EXPECT_EQ(options.interval, std::chrono::seconds(2));
  EXPECT_EQ(options.page_size, 500);
  EXPECT_EQ(options.code, 1000);
  EXPECT_FALSE(options.limit);
  EXPECT_FALSE(options.json);
  EXPECT_TRUE(options.kinds.empty());
}

TEST(CommandLineTest, AfterTwoDashesNothingIsAFlag) {
  EXPECT_EQ(Parse({"broadcast", "--", "--json"})->arguments, std::vector<std::string>{"--json"});
  EXPECT_EQ(Parse({"broadcast", "-"})->arguments, std::vector<std::string>{"-"});
}

TEST(CommandLineTest, AFlagTakesTheNextWordWhateverItIs) {
  EXPECT_EQ(Parse({"connections", "close", "7c9e", "--reason", "--bye"})->options.reason, "--bye");
}

TEST(CommandLineTest, ValuesArriveInTheOptions) {
  const absl::StatusOr<CommandLine> close =
      Parse({"connections", "close", "7c9e", "--code", "4999", "--reason", "bye"});
  EXPECT_EQ(close->options.code, 4999);
  EXPECT_EQ(close->options.reason, "bye");
  const absl::StatusOr<CommandLine> watch = Parse({"watch", "--kinds", "message,connected"});
  EXPECT_EQ(watch->options.kinds, (std::vector<std::string>{"message", "connected"}));
  const absl::StatusOr<CommandLine> stats = Parse({"stats", "--watch", "--interval", "1m"});
  EXPECT_TRUE(stats->options.watch);
  EXPECT_EQ(stats->options.interval, std::chrono::minutes(1));
  const absl::StatusOr<CommandLine> tls =
      Parse({"stats", "--endpoint", "h:1", "--ca", "a", "--cert", "c", "--key", "k", "--token-file", "t"});
  EXPECT_EQ(tls->options.endpoint, "h:1");
  EXPECT_EQ(tls->options.ca_file, "a");
  EXPECT_EQ(tls->options.certificate_file, "c");
  EXPECT_EQ(tls->options.private_key_file, "k");
  EXPECT_EQ(tls->options.token_file, "t");
}

TEST(CommandLineTest, TheEnvironmentStandsInForFlags) {
  const Variables variables = {{"VIADUCT_ENDPOINT", "h:1"}, {"VIADUCT_TOKEN", "secret"}, {"VIADUCT_CA", "ca.pem"}};
  const absl::StatusOr<CommandLine> line = Parse({"stats"}, variables);
  ASSERT_TRUE(line.ok());
  EXPECT_EQ(line->options.endpoint, "h:1");
  EXPECT_EQ(line->options.token, "secret");
  EXPECT_EQ(line->options.ca_file, "ca.pem");
  EXPECT_EQ(Parse({"stats", "--endpoint", "flag:1"}, variables)->options.endpoint, "flag:1");
}

TEST(CommandLineTest, AnEmptyVariableIsNone) {
  EXPECT_EQ(Parse({"stats"}, {{"VIADUCT_ENDPOINT", ""}, {"VIADUCT_TOKEN", ""}})->options.endpoint, kChatEndpoint);
}

TEST(CommandLineTest, ATokenFileOnTheCommandLineWinsOverAnyVariable) {
  const absl::StatusOr<CommandLine> line =
      Parse({"stats", "--token-file", "mine"}, {{"VIADUCT_TOKEN", "secret"}, {"VIADUCT_TOKEN_FILE", "theirs"}});
  ASSERT_TRUE(line.ok());
  EXPECT_EQ(line->options.token_file, "mine");
  EXPECT_EQ(line->options.token, "");
}

TEST(CommandLineTest, TwoTokensInTheEnvironmentAreAnError) {
  const Variables both = {{"VIADUCT_TOKEN", "secret"}, {"VIADUCT_TOKEN_FILE", "theirs"}};
  EXPECT_EQ(ErrorOf({"stats"}, both), "VIADUCT_TOKEN and VIADUCT_TOKEN_FILE are both set: unset one of them");
  EXPECT_EQ(ErrorOf({"version"}, both), "no error");
}

TEST(CommandLineTest, HelpIsAskedForByFlag) {
  EXPECT_EQ(Parse({"--help"})->command, nullptr);
  EXPECT_EQ(Parse({"connections", "-h"})->command, nullptr);
  const absl::StatusOr<CommandLine> line = Parse({"connections", "close", "--help"});
  ASSERT_TRUE(line.ok());
  EXPECT_TRUE(line->help);
  EXPECT_EQ(line->command->id, CommandId::kConnectionsClose);
}

struct Mistake {
  std::vector<std::string_view> words;
  std::string error;
};

TEST(CommandLineTest, EveryMistakeIsNamed) {
  const std::string long_reason(124, 'x');
  const Mistake mistakes[] = {
      {{}, "no command: 'viaductctl help' lists the commands"},
      {{"xyzzy"}, "unknown command xyzzy: 'viaductctl help' lists the commands"},
      {{"xyzzy", "--help"}, "unknown command xyzzy: 'viaductctl help' lists the commands"},
      {{"\x1b[2J"}, "unknown command \\x1b[2J: 'viaductctl help' lists the commands"},
      {{"brodcast", "x"}, "unknown command brodcast: did you mean broadcast?"},
      {{"list"}, "unknown command list: did you mean 'connections list'?"},
      {{"connections"}, "'connections' needs one of list, get, send, close"},
      {{"connections", "clsoe", "7c9e"}, "unknown command connections clsoe: did you mean close?"},
      {{"connections", "drop"}, "unknown command connections drop: 'viaductctl help' lists the commands"},
      {{"stats", "--jsn"}, "unknown flag --jsn: did you mean --json?"},
      {{"stats", "--jsn=1"}, "unknown flag --jsn=1: did you mean --json?"},
      {{"stats", "-x"}, "unknown flag -x: 'viaductctl help' lists them; after -- nothing is a flag"},
      {{"stats", "-json"}, "unknown flag -json: did you mean --json?"},
      {{"stats", "--limit", "1"}, "--limit is not a flag of 'stats': see 'viaductctl help stats'"},
      {{"stats", "--json=yes"}, "--json takes no value"},
      {{"stats", "--timeout"}, "--timeout needs DURATION"},
      {{"stats", "--endpoint="}, "--endpoint \"\": it is empty"},
      {{"stats", "now"}, "'stats' takes no arguments"},
      {{"connections", "get"}, "'connections get' needs ID: see 'viaductctl help connections get'"},
      {{"connections", "get", "a", "b"}, "too many arguments: 'connections get' takes ID; quote what has spaces"},
      {{"broadcast", "a", "b"}, "too many arguments: 'broadcast' takes TEXT|-; quote what has spaces"},
      {{"broadcast"}, "'broadcast' needs TEXT, - or --binary-file FILE"},
      {{"broadcast", ""}, "TEXT is empty"},
      {{"broadcast", "\xFF"}, "TEXT is not UTF-8: send other bytes with --binary-file"},
      {{"broadcast", "x", "--binary-file", "f"}, "give either TEXT or --binary-file, not both"},
      {{"connections", "send", "7c9e"}, "'connections send' needs TEXT, - or --binary-file FILE"},
      {{"connections", "send", "7c9e", "x", "--binary-file", "f"}, "give either TEXT or --binary-file, not both"},
      {{"connections", "list", "--all", "--limit", "1"}, "give either --all or --limit, not both"},
      {{"stats", "--cert", "c"}, "--cert and --key come together: give both or neither"},
      {{"stats", "--key", "k"}, "--cert and --key come together: give both or neither"},
      {{"connections", "list", "--limit", "0"}, "--limit \"0\": expected a whole number from 1 to 2147483647"},
      {{"connections", "list", "--limit", "1.5"}, "--limit \"1.5\": expected a whole number from 1 to 2147483647"},
      {{"connections", "list", "--page-size", "1001"}, "--page-size \"1001\": expected a whole number from 1 to 1000"},
      {{"connections", "close", "7c9e", "--reason", long_reason},
       "--reason \"" + long_reason + "\": it has 124 bytes, a close reason has at most 123"},
      {{"connections", "close", "7c9e", "--reason", "\xFF"}, "--reason \"\\xff\": a close reason is UTF-8 text"},
      {{"watch", "--kinds", "closed"},
       "--kinds \"closed\": expected some of connected,disconnected,message, separated by commas"},
      {{"watch", "--kinds", "message,"},
       "--kinds \"message,\": expected some of connected,disconnected,message, separated by commas"},
  };
  for (const Mistake& mistake : mistakes) EXPECT_EQ(ErrorOf(mistake.words), mistake.error);
}

TEST(CommandLineTest, DurationsHaveAUnitAndBounds) {
  for (const char* good : {"1ms", "1h", "1.5s", "2m30s"}) {
    EXPECT_EQ(ErrorOf({"stats", "--timeout", good}), "no error") << good;
  }
  for (const char* bad : {"5", "0", "0s", "-1s", "999us", "61m", "inf", "", "5 s", "s"}) {
    EXPECT_EQ(ErrorOf({"stats", "--timeout", bad}),
              "--timeout \"" + std::string(bad) + "\": expected a duration from 1ms to 1h, like 500ms, 5s or 2m");
  }
}

TEST(CommandLineTest, CloseCodesAreThoseAnEndpointMaySend) {
  for (const char* good : {"1000", "1003", "1007", "1014", "3000", "4999"}) {
    EXPECT_EQ(ErrorOf({"connections", "close", "7c9e", "--code", good}), "no error") << good;
  }
  for (const char* bad : {"0", "999", "1004", "1005", "1006", "1015", "2999", "5000", "1000x", ""}) {
    EXPECT_EQ(ErrorOf({"connections", "close", "7c9e", "--code", bad}),
              "--code \"" + std::string(bad) + "\": expected a close code: 1000 to 1003, 1007 to 1014 or 3000 to 4999");
  }
}

TEST(CommandLineTest, AReasonOf123BytesIsTheLongest) {
  EXPECT_EQ(ErrorOf({"connections", "close", "7c9e", "--reason", std::string(123, 'x')}), "no error");
}

TEST(CommandLineTest, CommandsOfTheSidecarHaveAnEndpointOfTheirOwn) {
  EXPECT_EQ(Parse({"sidecar", "stats"}, {{"VIADUCT_ENDPOINT", "unix:/chat"}})->options.endpoint, kSidecarEndpoint);
  EXPECT_EQ(Parse({"sidecar", "stats"}, {{"VIADUCT_SIDECAR_ENDPOINT", "unix:/s"}})->options.endpoint, "unix:/s");
  EXPECT_EQ(Parse({"stats"}, {{"VIADUCT_SIDECAR_ENDPOINT", "unix:/s"}})->options.endpoint, kChatEndpoint);
  EXPECT_EQ(Parse({"sidecar", "stats", "--endpoint", "unix:/x"}, {})->options.endpoint, "unix:/x");
}

TEST(CommandLineTest, ACommandMayHaveThreeWords) {
  const auto line = Parse({"sidecar", "tunnels", "get", "3f09a1c2-0-17"}, {});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->command->id, CommandId::kTunnelsGet);
  EXPECT_EQ(line->arguments, std::vector<std::string>{"3f09a1c2-0-17"});
  EXPECT_EQ(Parse({"sidecar", "tunnels"}, {}).status().message(), "'sidecar tunnels' needs one of list, get, close");
  EXPECT_EQ(Parse({"sidecar", "tunnels", "lst"}, {}).status().message(),
            "unknown command sidecar tunnels lst: did you mean list?");
  EXPECT_EQ(Parse({"sidecar", "tunels"}, {}).status().message(),
            "unknown command sidecar tunels: did you mean tunnels?");
}

TEST(CommandLineTest, ARequestToExplainIsGivenByItsLinesOrAsAWhole) {
  const auto line = Parse({"explain", "--peer", "10.0.0.1", "-H", "Via: a", "--header", "Host: b"}, {});
  ASSERT_TRUE(line.ok()) << line.status();
  EXPECT_EQ(line->options.headers, (std::vector<std::string>{"Via: a", "Host: b"}));
  EXPECT_EQ(Parse({"explain"}, {}).status().message(), "'explain' needs --peer ADDRESS");
  EXPECT_EQ(Parse({"explain", "--peer", "1.2.3.4", "-H", "A: b", "--raw", "-"}, {}).status().message(),
            "give either --raw or -H, not both");
  EXPECT_EQ(Parse({"explain", "--peer", "1.2.3.4", "-H", "Via"}, {}).status().message(),
            "--header \"Via\": expected a field line, 'Name: value'");
  EXPECT_EQ(Parse({"explain", "-H"}, {}).status().message(), "-H needs LINE");
}

}  // namespace
}  // namespace viaduct::ctl
