#include "ctl/help/help_text.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "ctl/core/global_options.h"
#include "ctl/output/text.h"

namespace viaduct::ctl {
namespace {

constexpr std::string_view kIntroduction =
    "Controls a running chat and the sidecar in front of it through their gRPC admin APIs.\n";

constexpr std::string_view kEnvironment =
    "\nEnvironment:\n"
    "  VIADUCT_TOKEN              the bearer token itself, instead of --token-file\n"
    "  VIADUCT_SIDECAR_ENDPOINT   replaces VIADUCT_ENDPOINT for commands that call the sidecar\n"
    "  VIADUCT_CONTEXTS           the contexts file (default ~/.config/viaduct/contexts.yaml)\n"
    "  The variables in brackets stand in for their flags; a flag wins.\n"
    "  A token is never sent in clear text over a network: it needs a Unix socket, loopback or TLS (--ca).\n";

constexpr std::string_view kContexts =
    "\nContexts:\n"
    "  A context names endpoints and credentials; one file holds several (mode 0600 is best):\n"
    "    current: staging\n"
    "    contexts:\n"
    "    - {name: staging, chat: unix:/run/viaduct/chat-admin.sock, sidecar: unix:/run/viaduct/sidecar-admin.sock}\n"
    "    - {name: prod, chat: \"10.0.0.5:8083\", token_file: prod.token, ca_file: prod-ca.pem}\n"
    "  Paths are relative to the folder of the file; ~/ is the home directory. certificate_file and\n"
    "  private_key_file can be set, too.\n"
    "  A context counts as a whole: with --context, the variables for endpoint and credentials are ignored, and with\n"
    "  --endpoint or its variable, no context is used. Flags for credentials override the context's.\n"
    "  'context add', 'show', 'use' and 'remove' write and read the file.\n";

constexpr std::string_view kOutput =
    "\nOutput:\n"
    "  On a terminal, tables are fitted to its width (or COLUMNS); in a pipe and with -o wide nothing is cut.\n"
    "  json and yaml have the field names of api/admin/v1. Numbers are numbers; only those beyond 2^53 - 1, which jq\n"
    "  and JavaScript would round, are strings. json prints a list as an array, and a watch as an object on each "
    "line;\n"
    "  yaml begins each document with ---.\n"
    "  Commands that change something name the context and the endpoint. Drains and --all ask first, but only if\n"
    "  standard input and error are a terminal; --yes answers. NO_COLOR=1 or --color never turns colours off.\n";

constexpr std::string_view kExitCodes =
    "\nExit codes:\n"
    "  0  success\n"
    "  1  refused: no such connection or tunnel, a reader that is too slow, not serving, not confirmed; or the output\n"
    "     could not be written\n"
    "  2  usage error: command, flag, file, what is no ID, or the beginning of several IDs\n"
    "  3  the chat or the sidecar cannot be reached, did not answer in time, or ended a watch\n"
    "  4  not permitted: the credential is missing or wrong, or the socket cannot be opened\n"
    "  5  explain: the sidecar does not let the request through\n"
    "  130 and 141 are Ctrl-C and a closed pipe, as shells report them.\n";

// Returns two columns: a term and its meaning.
std::string Definitions(const std::vector<std::pair<std::string, std::string>>& definitions) {
  std::size_t width = 0;
  for (const auto& [term, meaning] : definitions) width = std::max(width, Width(term));
  std::string text;
  for (const auto& [term, meaning] : definitions) {
    text.append("  ").append(PadRight(term, width)).append("  ").append(meaning).append("\n");
  }
  return text;
}

std::string FlagHelp(std::span<const Flag> flags) {
  std::vector<std::pair<std::string, std::string>> definitions;
  for (const Flag& flag : flags) definitions.emplace_back(FlagTerm(flag), FlagMeaning(flag));
  return Definitions(definitions);
}

// True if the command belongs to the group; every command belongs to "".
bool IsIn(const Command& command, std::string_view group) {
  return group.empty() || (command.name.starts_with(group) && command.name.substr(group.size()).starts_with(' '));
}

// Returns the usage and the summary of each command of the group.
std::string CommandList(const CommandTable& table, std::string_view group) {
  std::vector<std::pair<std::string, std::string>> commands;
  for (const Command& command : table.commands()) {
    if (!IsIn(command, group)) continue;
    std::string usage(command.name);
    if (!command.arguments.empty()) usage.append(" ").append(command.arguments);
    commands.emplace_back(std::move(usage), std::string(command.summary));
  }
  return Definitions(commands);
}

// Returns the meanings of the arguments' placeholders, each line once.
std::string ArgumentHelp(const CommandTable& table, std::string_view group) {
  std::vector<std::string_view> lines;
  for (const Command& command : table.commands()) {
    if (!IsIn(command, group)) continue;
    const bool known = std::find(lines.begin(), lines.end(), command.argument_help) != lines.end();
    if (!known) lines.push_back(command.argument_help);
  }
  std::string text;
  for (const std::string_view line : lines) text.append(line);
  return text;
}

}  // namespace

std::string_view HelpIntroduction() { return kIntroduction; }
std::string_view HelpOutput() { return kOutput; }
std::string_view HelpEnvironment() { return kEnvironment; }
std::string_view HelpContexts() { return kContexts; }
std::string_view HelpExitCodes() { return kExitCodes; }

std::string FlagTerm(const Flag& flag) {
  std::string term = "--" + std::string(flag.name);
  if (flag.letter != '\0') term.append(", -").push_back(flag.letter);
  if (!flag.value.empty()) term.append(" ").append(flag.value);
  return term;
}

std::string FlagMeaning(const Flag& flag) {
  std::string meaning(flag.help);
  if (!flag.environment.empty()) meaning.append(" [").append(flag.environment).append("]");
  return meaning;
}

std::string GeneralHelp(const CommandTable& table) {
  std::string text(kIntroduction);
  text.append("\nUsage: viaductctl COMMAND [ARGUMENTS] [FLAGS]\n\nCommands:\n");
  text.append(CommandList(table, "")).append("\n").append(ArgumentHelp(table, ""));
  text.append("\nFlags of every command that calls the chat or the sidecar:\n").append(FlagHelp(table.global_flags()));
  text.append("  The default endpoint is ").append(kChatEndpoint).append(", and ").append(kSidecarEndpoint);
  text.append("\n  for the sidecar.\n").append(kOutput).append(kEnvironment).append(kContexts).append(kExitCodes);
  text.append("\n'viaductctl help COMMAND' shows the flags of a command, and examples.\n");
  return text;
}

std::string GroupHelp(const CommandTable& table, std::string_view group) {
  std::string text = "Usage: viaductctl ";
  text.append(group).append(" COMMAND [ARGUMENTS] [FLAGS]\n\nCommands:\n").append(CommandList(table, group));
  const std::string arguments = ArgumentHelp(table, group);
  if (!arguments.empty()) text.append("\n").append(arguments);
  text.append("\n'viaductctl help ").append(group).append(" COMMAND' shows the flags of a command, and examples.\n");
  text.append("'viaductctl help' shows the flags that every command takes, and the exit codes.\n");
  return text;
}

std::string CommandHelp(const Command& command) {
  std::string text(command.summary);
  text.append("\n\nUsage: viaductctl ").append(command.name);
  if (!command.arguments.empty()) text.append(" ").append(command.arguments);
  text.append(command.calls != Calls::kNothing ? " [FLAGS]\n" : "\n");
  if (!command.details.empty()) text.append("\n").append(command.details);
  if (!command.flags.empty()) text.append("\nFlags:\n").append(FlagHelp(command.flags));
  text.append("\nExamples:\n").append(command.examples);
  if (command.calls != Calls::kNothing)
    text.append("\n'viaductctl help' shows the flags that every command takes, and the exit codes.\n");
  return text;
}

}  // namespace viaduct::ctl
