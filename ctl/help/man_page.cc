#include "ctl/help/man_page.h"

#include <cstddef>
#include <string_view>

#include "ctl/core/command_table.h"
#include "ctl/help/help_text.h"

namespace viaduct::ctl {
namespace {

// Escapes text for roff, which then shows it unchanged: no escapes, hyphens that can be copied, no line that is a
// request.
std::string Plain(std::string_view text) {
  std::string plain;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) plain += "\\&";
    line_begins = c == '\n';
    switch (c) {
      case '\\':
        plain += "\\e";
        break;
      case '-':
        plain += "\\-";
        break;
      case '\'':
        plain += "\\(aq";
        break;
      case '^':
        plain += "\\(ha";
        break;
      case '~':
        plain += "\\(ti";
        break;
      case '`':
        plain += "\\(ga";
        break;
      default:
        plain += c;
    }
  }
  return plain;
}

// Returns lines that roff does not fill, for examples.
std::string Verbatim(std::string_view text) { return ".nf\n" + Plain(text) + ".fi\n"; }

// Returns the flag's names in bold, its value in italics, and its meaning.
std::string FlagDefinition(const Flag& flag) {
  std::string text = ".TP\n\\fB" + Plain("--" + std::string(flag.name));
  if (flag.letter != '\0') text += ", \\-" + std::string(1, flag.letter);
  text += "\\fR";
  if (!flag.value.empty()) text += " \\fI" + Plain(flag.value) + "\\fR";
  return text + "\n" + Plain(FlagMeaning(flag)) + "\n";
}

std::string CommandSection(const Command& command) {
  std::string text = ".SS viaductctl " + Plain(command.name);
  if (!command.arguments.empty()) text += " " + Plain(command.arguments);
  text += "\n" + Plain(command.summary) + "\n";
  if (!command.details.empty()) text += ".PP\n" + Plain(command.details);
  for (const Flag& flag : command.flags) text += FlagDefinition(flag);
  return text + ".PP\nExamples:\n.PP\n" + Verbatim(command.examples);
}

// Returns a section from "Title:\n" and indented lines, as help has them.
std::string Section(std::string_view title, std::string_view help) {
  const std::size_t begin = help.find(":\n");
  return ".SH " + std::string(title) + "\n" + Verbatim(help.substr(begin + 2));
}

}  // namespace

std::string ManPage(const CommandTable& table) {
  std::string page = ".TH VIADUCTCTL 1 \"\" \"Viaduct " VIADUCT_VERSION "\" \"Viaduct\"\n";
  page += ".SH NAME\nviaductctl \\- controls a running Viaduct chat and sidecar\n";
  page += ".SH SYNOPSIS\n.B viaductctl\n.I COMMAND\n[\\fIARGUMENTS\\fR] [\\fIFLAGS\\fR]\n";
  page += ".SH DESCRIPTION\n" + Plain(HelpIntroduction());
  page += ".SH OPTIONS\nEvery command that calls the chat or the sidecar takes these flags.\n";
  for (const Flag& flag : table.global_flags()) page += FlagDefinition(flag);
  page += ".SH COMMANDS\n";
  for (const Command& command : table.commands()) page += CommandSection(command);
  page += Section("OUTPUT", HelpOutput());
  page += Section("ENVIRONMENT", HelpEnvironment());
  page += Section("FILES", HelpContexts());
  page += Section("EXIT STATUS", HelpExitCodes());
  return page;
}

}  // namespace viaduct::ctl
