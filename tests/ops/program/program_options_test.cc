#include "ops/program/program_options.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace viaduct::ops {
namespace {

using Command = ProgramOptions::Command;
using std::chrono::milliseconds;
using std::chrono::seconds;

absl::StatusOr<ProgramOptions> Parse(const std::vector<const char*>& arguments) {
  return ParseProgramOptions(arguments);
}

TEST(ProgramOptionsTest, AConfigIsRunOrChecked) {
  const struct {
    std::vector<const char*> arguments;
    Command command;
  } kTable[] = {
      {{"--config", "a.yaml"}, Command::kRun},
      {{"--config=a.yaml"}, Command::kRun},
      {{"--config", "a.yaml", "--check"}, Command::kCheck},
      {{"--check", "--config=a.yaml"}, Command::kCheck},
  };
  for (const auto& row : kTable) {
    const absl::StatusOr<ProgramOptions> options = Parse(row.arguments);
    ASSERT_TRUE(options.ok()) << options.status();
    EXPECT_EQ(options->command, row.command);
    EXPECT_EQ(options->config, "a.yaml");
    EXPECT_EQ(options->credentials, Credentials::kRead);
  }
  EXPECT_EQ(Parse({"--no-secrets", "--config=a.yaml", "--check"})->credentials, Credentials::kLeft);
}

TEST(ProgramOptionsTest, HelpAndVersionNeedNothingElse) {
  EXPECT_EQ(Parse({"--help"})->command, Command::kHelp);
  EXPECT_EQ(Parse({"--version"})->command, Command::kVersion);
  EXPECT_EQ(Parse({"--config", "a.yaml", "--help", "--nonsense"})->command, Command::kHelp);
}

TEST(ProgramOptionsTest, HealthcheckHasDefaults) {
  const absl::StatusOr<ProgramOptions> options = Parse({"healthcheck"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->command, Command::kHealthcheck);
  EXPECT_EQ(options->config, "");
  EXPECT_EQ(options->ops, "");
  EXPECT_FALSE(options->ready);
  EXPECT_EQ(options->timeout, seconds(2));
}

TEST(ProgramOptionsTest, HealthcheckCanBeToldWhereAndHow) {
  const absl::StatusOr<ProgramOptions> options = Parse({"healthcheck", "--ops", "[::1]:9", "--ready", "--timeout=1ms"});
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_EQ(options->ops, "[::1]:9");
  EXPECT_TRUE(options->ready);
  EXPECT_EQ(options->timeout, milliseconds(1));
  EXPECT_EQ(Parse({"healthcheck", "--config", "a.yaml"})->config, "a.yaml");
}

TEST(ProgramOptionsTest, AnErrorNamesTheArgument) {
  const struct {
    std::vector<const char*> arguments;
    const char* error;
  } kTable[] = {
      {{}, "--config FILE is required; see --help"},
      {{"--check"}, "--config FILE is required; see --help"},
      {{"--config=a", "--no-secrets"}, "--no-secrets needs --check; see --help"},
      {{"--config="}, "--config needs a value; see --help"},
      {{"--config"}, "--config needs a value; see --help"},
      {{"--configure=a"}, "unknown argument \"--configure=a\"; see --help"},
      {{"--config=a", "healthcheck"}, "unknown argument \"healthcheck\"; see --help"},
      {{"--config=a", "--ready"}, "unknown argument \"--ready\"; see --help"},
      {{"healthcheck", "--check"}, "unknown argument \"--check\"; see --help"},
      {{"healthcheck", "--ops"}, "--ops needs a value; see --help"},
      {{"healthcheck", "--ops="}, "--ops needs a value; see --help"},
      {{"healthcheck", "--timeout"}, "--timeout needs a value; see --help"},
      {{"healthcheck", "--ops=a", "--config=b"}, "give either --config or --ops, not both; see --help"},
      {{"healthcheck", "--timeout=0s"}, "--timeout must be longer than 0s; see --help"},
  };
  for (const auto& row : kTable) EXPECT_EQ(Parse(row.arguments).status().message(), row.error);
  const std::string unit = std::string(Parse({"healthcheck", "--timeout", "2"}).status().message());
  EXPECT_EQ(unit.substr(0, 15), "--timeout \"2\": ") << unit;
}

}  // namespace
}  // namespace viaduct::ops
