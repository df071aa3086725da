#include "ctl/core/command_line.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ctl/output/text.h"
#include "text/spelling.h"
#include "text/string_view.h"

namespace viaduct::ctl {
namespace {

// A flag's name and its value as given.
struct GivenFlag {
  std::string_view name;
  std::string_view value;
};

// The words of a command line, separated into flags and others before the command is known.
struct SortedWords {
  std::vector<GivenFlag> flags;
  Arguments positional;
  bool help = false;
  bool version = false;
};

absl::Status Usage(std::string message) { return absl::InvalidArgumentError(message); }

absl::Status UnknownFlag(const std::vector<const Flag*>& known, std::string_view word) {
  std::vector<std::string_view> names = {"help", "version"};
  for (const Flag* flag : known) names.push_back(flag->name);
  std::string message = absl::StrCat("unknown flag ", Escape(word));
  const std::size_t dashes = std::min(word.find_first_not_of('-'), word.size());
  const std::string_view closest = text::ClosestName(word.substr(dashes, word.find('=') - dashes), names);
  if (!closest.empty()) return Usage(absl::StrCat(message, ": did you mean --", text::ToAbsl(closest), "?"));
  return Usage(absl::StrCat(message, ": 'viaductctl help' lists the flags; words after -- are arguments"));
}

// Returns the flag for `word`, which begins with "-": "--name", "--name=value" or "-f". Returns nullptr if it is
// unknown.
const Flag* FindGiven(const std::vector<const Flag*>& known, std::string_view word) {
  const bool is_long = word.starts_with("--");
  const std::string_view name = is_long ? word.substr(2, word.find('=') - 2) : word.substr(1);
  for (const Flag* flag : known) {
    const bool matches =
        is_long ? flag->name == name : flag->letter != '\0' && name == std::string_view(&flag->letter, 1);
    if (matches) return flag;
  }
  return nullptr;
}

absl::StatusOr<SortedWords> SortWords(const CommandTable& table, std::span<const std::string_view> given) {
  const std::vector<const Flag*> known = table.AllFlags();
  SortedWords words;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const std::string_view word = given[i];
    if (word == "--") {
      const std::span<const std::string_view> rest = given.subspan(i + 1);
      words.positional.insert(words.positional.end(), rest.begin(), rest.end());
      break;
    }
    if (word == "-h" || word == "--help") {
      words.help = true;
      continue;
    }
    if (word == "--version") {
      words.version = true;
      continue;
    }
    if (!word.starts_with('-') || word == "-") {
      words.positional.emplace_back(word);
      continue;
    }
    const Flag* flag = FindGiven(known, word);
    if (flag == nullptr) return UnknownFlag(known, word);
    const std::size_t equals = word.find('=');
    std::string_view value;
    if (equals != std::string_view::npos) {
      if (flag->value.empty()) return Usage(absl::StrCat("--", text::ToAbsl(flag->name), " takes no value"));
      value = word.substr(equals + 1);
    } else if (!flag->value.empty()) {
      if (i + 1 == given.size()) return Usage(absl::StrCat(text::ToAbsl(word), " needs ", text::ToAbsl(flag->value)));
      value = given[++i];
    }
    words.flags.push_back({flag->name, value});
  }
  return words;
}

GivenAccess FindGivenAccess(const std::vector<GivenFlag>& flags) {
  GivenAccess access;
  for (const GivenFlag& given : flags) {
    if (given.name == "context") access.context = given.value;
    if (given.name == "endpoint") access.endpoint = true;
    if (given.name == "token-file") access.token_file = true;
  }
  return access;
}

absl::Status ApplyFlags(const CommandTable& table, const Command& command, const std::vector<GivenFlag>& flags) {
  for (const GivenFlag& given : flags) {
    const std::string shown_name = absl::StrCat("--", text::ToAbsl(given.name));
    const Flag* flag = FindFlag(command.flags, given.name);
    if (flag == nullptr) flag = FindFlag(table.global_flags(), given.name);
    if (flag == nullptr) {
      return Usage(absl::StrCat(shown_name, " is not a flag of '", text::ToAbsl(command.name),
                                "': see 'viaductctl help ", text::ToAbsl(command.name), "'"));
    }
    const absl::Status status = flag->read(given.value);
    if (!status.ok()) return Usage(absl::StrCat(shown_name, " \"", Escape(given.value), "\": ", status.message()));
  }
  return absl::OkStatus();
}

absl::Status CheckArgumentCount(const Command& command, std::size_t count) {
  if (count < command.min_arguments) {
    return Usage(absl::StrCat("'", text::ToAbsl(command.name), "' needs ", text::ToAbsl(command.arguments),
                              ": see 'viaductctl help ", text::ToAbsl(command.name), "'"));
  }
  if (count <= command.max_arguments) return absl::OkStatus();
  if (command.max_arguments == 0) return Usage(absl::StrCat("'", text::ToAbsl(command.name), "' takes no arguments"));
  return Usage(absl::StrCat("too many arguments: '", text::ToAbsl(command.name), "' takes ",
                            text::ToAbsl(command.arguments), "; quote arguments that contain spaces"));
}

absl::Status CheckCertificate(const GlobalOptions& options) {
  if (options.certificate_file.empty() == options.private_key_file.empty()) return absl::OkStatus();
  return Usage("--cert and --key must be given together");
}

}  // namespace

absl::StatusOr<CommandLine> ParseCommandLine(CommandTable& table, std::span<const std::string_view> words,
                                             const Environment& environment, const ContextLookup& contexts) {
  const absl::StatusOr<SortedWords> sorted = SortWords(table, words);
  if (!sorted.ok()) return sorted.status();

  std::size_t used = 0;
  CommandLine line{.command = table.Find(sorted->positional, &used), .help = sorted->help};
  if (sorted->version) {
    if (!sorted->positional.empty()) return Usage("--version stands alone: it takes no command");
    line.version = true;
    return line;
  }
  if (line.command == nullptr) {
    if (!line.help || !IsNothingOrGroup(table, sorted->positional)) return UnknownCommand(table, sorted->positional);
    line.group = JoinWords(sorted->positional, sorted->positional.size());
    return line;
  }
  line.arguments.assign(sorted->positional.begin() + static_cast<std::ptrdiff_t>(used), sorted->positional.end());
  if (line.help) return line;

  const Command& command = *line.command;
  absl::Status status;
  if (command.calls != Calls::kNothing) {
    status = ApplySurroundings(command.calls, FindGivenAccess(sorted->flags), table.global_flags(), environment,
                               contexts, &table.global_options());
  }
  if (status.ok()) status = ApplyFlags(table, command, sorted->flags);
  if (status.ok()) status = CheckArgumentCount(command, line.arguments.size());
  if (status.ok()) status = CheckCertificate(table.global_options());
  if (status.ok() && command.check) status = command.check(line.arguments);
  if (!status.ok()) return status;
  return line;
}

bool IsNothingOrGroup(const CommandTable& table, std::span<const std::string> words) {
  return words.empty() || table.IsGroup(JoinWords(words, words.size()));
}

absl::Status UnknownCommand(const CommandTable& table, std::span<const std::string> words) {
  constexpr const char* kSeeHelp = ": 'viaductctl help' lists the commands";
  if (words.empty()) return Usage(absl::StrCat("no command", kSeeHelp));
  for (const Command& command : table.commands()) {
    const std::size_t space = command.name.rfind(' ');
    if (space == std::string_view::npos || words.size() != 1) continue;
    if (words[0] == command.name.substr(space + 1)) {
      return Usage(absl::StrCat("unknown command ", words[0], ": did you mean '", text::ToAbsl(command.name), "'?"));
    }
  }
  std::size_t known = 0;
  while (known < words.size() && table.IsGroup(JoinWords(words, known + 1))) ++known;
  const std::string group = JoinWords(words, known);
  const std::vector<std::string_view> next = table.NextWords(group);
  if (known == words.size()) {
    std::string list;
    for (const std::string_view word : next) absl::StrAppend(&list, list.empty() ? "" : ", ", text::ToAbsl(word));
    return Usage(absl::StrCat("'", group, "' needs one of ", list));
  }
  const std::string_view closest = text::ClosestName(words[known], next);
  const std::string message = absl::StrCat("unknown command ", group, group.empty() ? "" : " ", Escape(words[known]));
  if (closest.empty()) return Usage(absl::StrCat(message, kSeeHelp));
  return Usage(absl::StrCat(message, ": did you mean ", text::ToAbsl(closest), "?"));
}

}  // namespace viaduct::ctl
