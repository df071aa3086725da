#include "ctl/core/man_page.h"

#include <cstddef>
#include <string_view>

#include "ctl/core/command_table.h"
#include "ctl/core/help.h"

namespace viaduct::ctl {
namespace {

// Text that roff is to show as it is: no escapes, hyphens that can be copied, no line that begins a request.
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

// Lines that keep their form: examples.
std::string Verbatim(std::string_view text) { return ".nf\n" + Plain(text) + ".fi\n"; }

// A term in bold, its value in italics, and what it means.
std::string Definition(std::string_view term, std::string_view value, std::string_view meaning) {
  std::string text = ".TP\n\\fB" + Plain(term) + "\\fR";
  if (!value.empty()) text += " \\fI" + Plain(value) + "\\fR";
  return text + "\n" + Plain(meaning) + "\n";
}

std::string FlagDefinition(const Flag& flag) {
  std::string meaning(flag.help);
  if (!flag.environment.empty()) meaning.append(" [").append(flag.environment).append("]");
  return Definition("--" + std::string(flag.name), flag.value, meaning);
}

std::string CommandSection(const Command& command) {
  std::string text = ".SS viaductctl " + Plain(command.name);
  if (!command.arguments.empty()) text += " " + Plain(command.arguments);
  text += "\n" + Plain(command.summary) + "\n";
  if (!command.details.empty()) text += ".PP\n" + Plain(command.details);
  for (const Flag& flag : command.flags) text += FlagDefinition(flag);
  return text + ".PP\nExamples:\n.PP\n" + Verbatim(command.examples);
}

// "Title:\n" and lines that are indented, as help has them.
std::string Section(std::string_view title, std::string_view help) {
  const std::size_t begin = help.find(":\n");
  return ".SH " + std::string(title) + "\n" + Verbatim(help.substr(begin + 2));
}

}  // namespace

std::string ManPage() {
  std::string page = ".TH VIADUCTCTL 1 \"\" \"Viaduct " VIADUCT_VERSION "\" \"Viaduct\"\n";
  page += ".SH NAME\nviaductctl \\- steers a running Viaduct chat and sidecar\n";
  page += ".SH SYNOPSIS\n.B viaductctl\n.I COMMAND\n[\\fIARGUMENTS\\fR] [\\fIFLAGS\\fR]\n";
  page += ".SH DESCRIPTION\n" + Plain(HelpIntroduction());
  page += ".SH OPTIONS\nEvery command that calls the chat or the sidecar takes these.\n";
  for (const Flag& flag : GlobalFlags()) page += FlagDefinition(flag);
  page += ".SH COMMANDS\n";
  for (const Command& command : Commands()) page += CommandSection(command);
  page += Section("ENVIRONMENT", HelpEnvironment());
  page += Section("FILES", HelpContexts());
  page += Section("EXIT STATUS", HelpExitCodes());
  return page;
}

}  // namespace viaduct::ctl
