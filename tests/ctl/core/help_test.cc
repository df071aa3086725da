#include "ctl/core/help.h"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>

#include "ctl/core/command_table.h"
#include "ctl/output/text.h"

namespace viaduct::ctl {
namespace {

bool Contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(HelpTest, GeneralHelpNamesEveryCommandGlobalFlagVariableAndExitCode) {
  const std::string help = GeneralHelp();
  for (const Command& command : Commands()) {
    EXPECT_TRUE(Contains(help, "\n  " + std::string(command.name))) << command.name;
    EXPECT_TRUE(Contains(help, command.summary)) << command.name;
  }
  for (const Flag& flag : GlobalFlags()) {
    EXPECT_TRUE(Contains(help, "\n  --" + std::string(flag.name))) << flag.name;
    EXPECT_TRUE(Contains(help, flag.environment)) << flag.name;
  }
  EXPECT_TRUE(Contains(help, "VIADUCT_TOKEN "));
  for (const char* code : {"\n  0  ", "\n  1  ", "\n  2  ", "\n  3  ", "\n  4  ", "\n  130 and 141 "}) {
    EXPECT_TRUE(Contains(help, code)) << code;
  }
}

TEST(HelpTest, EachCommandHasAnExampleAndExplainsItsFlags) {
  for (const Command& command : Commands()) {
    const std::string help = CommandHelp(command);
    EXPECT_TRUE(Contains(help, "Usage: viaductctl " + std::string(command.name))) << command.name;
    EXPECT_TRUE(Contains(std::string(command.examples), "viaductctl " + std::string(command.name))) << command.name;
    for (const Flag& flag : command.flags) EXPECT_TRUE(Contains(help, "\n  --" + std::string(flag.name))) << flag.name;
  }
}

TEST(HelpTest, LinesFitATerminalOf120Columns) {
  std::string all = GeneralHelp();
  for (const Command& command : Commands()) all += CommandHelp(command);
  std::size_t begin = 0;
  for (std::size_t end = all.find('\n'); end != std::string::npos; end = all.find('\n', begin)) {
    const std::string line = all.substr(begin, end - begin);
    EXPECT_LE(Width(line), 120u) << line;
    begin = end + 1;
  }
}

TEST(CommandTableTest, AFlagNameMeansTheSameEverywhere) {
  for (const Command& command : Commands()) {
    for (const Flag& flag : command.flags) {
      EXPECT_EQ(FindFlag(flag.name)->set, flag.set) << flag.name;
      EXPECT_EQ(FindFlag(flag.name)->value, flag.value) << flag.name;
    }
  }
}

TEST(CommandTableTest, OnlyGlobalFlagsReadTheEnvironment) {
  for (const Command& command : Commands()) {
    for (const Flag& flag : command.flags) EXPECT_EQ(flag.environment, "") << flag.name;
  }
}

}  // namespace
}  // namespace viaduct::ctl
