#include "ctl/core/surroundings.h"

#include <gtest/gtest.h>

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ctl/core/command_line.h"

namespace viaduct::ctl {
namespace {

using Variables = std::map<std::string, std::string, std::less<>>;

// Returns the options of one of three commands, which differ in the program that they call: "stats", "sidecar stats"
// and "version".
absl::StatusOr<GlobalOptions> Parse(std::vector<std::string_view> words, const Variables& variables = {},
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
  CommandTable table({{.name = "stats", .calls = Calls::kChat, .summary = "", .examples = ""},
                      {.name = "sidecar stats", .calls = Calls::kSidecar, .summary = "", .examples = ""},
                      {.name = "version", .summary = "", .examples = ""}});
  const absl::StatusOr<CommandLine> line = ParseCommandLine(table, words, environment, lookup);
  if (!line.ok()) return line.status();
  return table.global_options();
}

std::string ErrorOf(std::vector<std::string_view> words, const Variables& variables = {},
                    const Contexts& contexts = {}) {
  const absl::StatusOr<GlobalOptions> options = Parse(std::move(words), variables, contexts);
  return options.ok() ? "no error" : std::string(options.status().message());
}

// Returns two contexts, the first of which is current.
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

TEST(SurroundingsTest, TheCurrentContextGivesEndpointAndCredentials) {
  const GlobalOptions options = *Parse({"stats"}, {}, TwoContexts());
  EXPECT_EQ(options.endpoint, "10.0.0.5:8083");
  EXPECT_EQ(options.token_file, "/etc/prod.token");
  EXPECT_EQ(options.ca_file, "/etc/prod.pem");
  EXPECT_EQ(Parse({"stats", "--token-file", "mine"}, {}, TwoContexts())->token_file, "mine");
  const GlobalOptions with_token = *Parse({"stats"}, {{"VIADUCT_TOKEN", "t"}}, TwoContexts());
  EXPECT_EQ(with_token.token, "t");
  EXPECT_EQ(with_token.token_file, "");
}

TEST(SurroundingsTest, AContextThatIsAskedForHidesTheEnvironment) {
  const Variables variables = {{"VIADUCT_ENDPOINT", "unix:/other"}, {"VIADUCT_TOKEN", "another's"}};
  const GlobalOptions options = *Parse({"stats", "--context", "here"}, variables, TwoContexts());
  EXPECT_EQ(options.endpoint, "unix:/run/chat.sock");
  EXPECT_EQ(options.token, "");
  EXPECT_EQ(Parse({"sidecar", "stats", "--context", "here"}, {}, TwoContexts())->endpoint, "unix:/run/sidecar.sock");
  EXPECT_EQ(Parse({"stats"}, {{"VIADUCT_CONTEXT", "here"}}, TwoContexts())->endpoint, "unix:/run/chat.sock");
}

TEST(SurroundingsTest, AnEndpointThatIsGivenHidesTheCurrentContext) {
  const GlobalOptions by_flag = *Parse({"stats", "--endpoint", "unix:/mine"}, {}, TwoContexts());
  EXPECT_EQ(by_flag.endpoint, "unix:/mine");
  EXPECT_EQ(by_flag.token_file, "") << "a context's token is for its own endpoint";
  const GlobalOptions by_variable = *Parse({"stats"}, {{"VIADUCT_ENDPOINT", "unix:/mine"}}, TwoContexts());
  EXPECT_EQ(by_variable.endpoint, "unix:/mine");
  EXPECT_EQ(by_variable.token_file, "");
}

TEST(SurroundingsTest, WrongContextsAreNamed) {
  EXPECT_EQ(ErrorOf({"stats", "--context", "prd"}, {}, TwoContexts()), "no context prd: did you mean prod?");
  EXPECT_EQ(ErrorOf({"sidecar", "stats"}, {}, TwoContexts()), "context prod has no sidecar: give --endpoint");
  EXPECT_EQ(ErrorOf({"stats", "--context", "here", "--endpoint", "unix:/x"}, {}, TwoContexts()),
            "give either --context or --endpoint, not both");
}

TEST(SurroundingsTest, DefaultsAreThoseOfTheHelp) {
  const GlobalOptions options = *Parse({"stats"});
  EXPECT_EQ(options.endpoint, "unix:/tmp/viaduct/chat-admin.sock");
  EXPECT_EQ(options.timeout, std::chrono::seconds(5));
  EXPECT_EQ(options.format, Format::kTable);
}

TEST(SurroundingsTest, FlagsOfTheAccessArriveInTheOptions) {
  const GlobalOptions options =
      *Parse({"stats", "--endpoint", "h:1", "--ca", "a", "--cert", "c", "--key", "k", "--token-file", "t"});
  EXPECT_EQ(options.endpoint, "h:1");
  EXPECT_EQ(options.ca_file, "a");
  EXPECT_EQ(options.certificate_file, "c");
  EXPECT_EQ(options.private_key_file, "k");
  EXPECT_EQ(options.token_file, "t");
}

TEST(SurroundingsTest, TheEnvironmentStandsInForFlags) {
  const Variables variables = {{"VIADUCT_ENDPOINT", "h:1"}, {"VIADUCT_TOKEN", "secret"}, {"VIADUCT_CA", "ca.pem"}};
  const absl::StatusOr<GlobalOptions> options = Parse({"stats"}, variables);
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options->endpoint, "h:1");
  EXPECT_EQ(options->token, "secret");
  EXPECT_EQ(options->ca_file, "ca.pem");
  EXPECT_EQ(Parse({"stats", "--endpoint", "flag:1"}, variables)->endpoint, "flag:1");
}

TEST(SurroundingsTest, AnEmptyVariableIsNone) {
  EXPECT_EQ(Parse({"stats"}, {{"VIADUCT_ENDPOINT", ""}, {"VIADUCT_TOKEN", ""}})->endpoint, kChatEndpoint);
}

TEST(SurroundingsTest, ATokenFileOnTheCommandLineWinsOverAnyVariable) {
  const absl::StatusOr<GlobalOptions> options =
      Parse({"stats", "--token-file", "mine"}, {{"VIADUCT_TOKEN", "secret"}, {"VIADUCT_TOKEN_FILE", "theirs"}});
  ASSERT_TRUE(options.ok());
  EXPECT_EQ(options->token_file, "mine");
  EXPECT_EQ(options->token, "");
}

TEST(SurroundingsTest, TwoTokensInTheEnvironmentAreAnError) {
  const Variables both = {{"VIADUCT_TOKEN", "secret"}, {"VIADUCT_TOKEN_FILE", "theirs"}};
  EXPECT_EQ(ErrorOf({"stats"}, both), "VIADUCT_TOKEN and VIADUCT_TOKEN_FILE are both set: unset one of them");
  EXPECT_EQ(ErrorOf({"version"}, both), "no error");
}

TEST(SurroundingsTest, CommandsOfTheSidecarHaveAnEndpointOfTheirOwn) {
  EXPECT_EQ(Parse({"sidecar", "stats"}, {{"VIADUCT_ENDPOINT", "unix:/chat"}})->endpoint, kSidecarEndpoint);
  EXPECT_EQ(Parse({"sidecar", "stats"}, {{"VIADUCT_SIDECAR_ENDPOINT", "unix:/s"}})->endpoint, "unix:/s");
  EXPECT_EQ(Parse({"stats"}, {{"VIADUCT_SIDECAR_ENDPOINT", "unix:/s"}})->endpoint, kChatEndpoint);
  EXPECT_EQ(Parse({"sidecar", "stats", "--endpoint", "unix:/x"})->endpoint, "unix:/x");
}

}  // namespace
}  // namespace viaduct::ctl
