#include "ctl/help/help_text.h"

#include <gtest/gtest.h>

#include <string>
#include <string_view>

#include "ctl/commands.h"
#include "ctl/core/command_table.h"
#include "ctl/output/text.h"

namespace viaduct::ctl {
namespace {

bool Contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST(HelpTest, GeneralHelpNamesEveryCommandGlobalFlagVariableAndExitCode) {
  const CommandTable table(Commands());
  const std::string help = GeneralHelp(table);
  for (const Command& command : table.commands()) {
    EXPECT_TRUE(Contains(help, "\n  " + std::string(command.name))) << command.name;
    EXPECT_TRUE(Contains(help, command.summary)) << command.name;
  }
  for (const Flag& flag : table.global_flags()) {
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
  const CommandTable table(Commands());
  std::string all = GeneralHelp(table);
  for (const Command& command : table.commands()) all += CommandHelp(command);
  std::size_t begin = 0;
  for (std::size_t end = all.find('\n'); end != std::string::npos; end = all.find('\n', begin)) {
    const std::string line = all.substr(begin, end - begin);
    EXPECT_LE(Width(line), 120u) << line;
    begin = end + 1;
  }
}

}  // namespace
}  // namespace viaduct::ctl
