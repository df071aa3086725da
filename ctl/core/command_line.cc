#include "ctl/core/command_line.h"

#include <algorithm>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ctl/core/command_words.h"
#include "ctl/output/text.h"
#include "text/spelling.h"
#include "text/utf8.h"

namespace viaduct::ctl {
namespace {

struct GivenFlag {
  const Flag* flag;
  std::string_view value;
};

// The words, sorted into flags and the rest, before it is known which command they are for.
struct Words {
  std::vector<GivenFlag> flags;
  std::vector<std::string> positional;
  bool help = false;
};

// The table's texts for messages: this abseil's own string_view does not take std's.
std::string Str(std::string_view text) { return std::string(text); }

absl::Status Usage(std::string message) { return absl::InvalidArgumentError(message); }

absl::Status UnknownFlag(std::string_view word) {
  std::vector<std::string_view> names = {"help"};
  for (const Flag& flag : GlobalFlags()) names.push_back(flag.name);
  for (const Command& command : Commands()) {
    for (const Flag& flag : command.flags) names.push_back(flag.name);
  }
  std::string message = absl::StrCat("unknown flag ", Escape(word));
  const std::size_t dashes = std::min(word.find_first_not_of('-'), word.size());
  const std::string_view closest = text::ClosestName(word.substr(dashes, word.find('=') - dashes), names);
  if (!closest.empty()) return Usage(absl::StrCat(message, ": did you mean --", Str(closest), "?"));
  return Usage(absl::StrCat(message, ": 'viaductctl help' lists them; after -- nothing is a flag"));
}

absl::StatusOr<Words> SortWords(std::span<const std::string_view> given) {
  Words words;
  for (std::size_t i = 0; i < given.size(); ++i) {
    const std::string_view word = given[i];
    if (word == "--") {
      words.positional.insert(words.positional.end(), given.begin() + i + 1, given.end());
      break;
    }
    if (word == "-h" || word == "--help") {
      words.help = true;
      continue;
    }
    if (word == "-H") {
      if (i + 1 == given.size()) return Usage("-H needs LINE");
      words.flags.push_back({FindFlag("header"), given[++i]});
      continue;
    }
    if (!word.starts_with('-') || word == "-") {
      words.positional.emplace_back(word);
      continue;
    }
    const std::size_t equals = word.find('=');
    const Flag* flag = word.starts_with("--") ? FindFlag(word.substr(2, equals - 2)) : nullptr;
    if (flag == nullptr) return UnknownFlag(word);
    std::string_view value;
    if (equals != std::string_view::npos) {
      if (flag->value.empty()) return Usage(absl::StrCat("--", Str(flag->name), " takes no value"));
      value = word.substr(equals + 1);
    } else if (!flag->value.empty()) {
      if (i + 1 == given.size()) return Usage(absl::StrCat("--", Str(flag->name), " needs ", Str(flag->value)));
      value = given[++i];
    }
    words.flags.push_back({flag, value});
  }
  return words;
}

absl::Status SetOption(const Flag& flag, std::string_view value, const std::string& shown_name, Options& options) {
  const absl::Status status = flag.set(value, options);
  if (status.ok()) return status;
  return Usage(absl::StrCat(shown_name, " \"", Escape(value), "\": ", status.message()));
}

bool IsGiven(const std::vector<GivenFlag>& flags, std::string_view name) {
  return std::any_of(flags.begin(), flags.end(), [name](const GivenFlag& given) { return given.flag->name == name; });
}

// The variable that `flag` of a command that calls `calls` reads.
std::string_view VariableOf(const Flag& flag, Calls calls) {
  const bool sidecar = calls == Calls::kSidecar;
  return sidecar && flag.name == "endpoint" ? "VIADUCT_SIDECAR_ENDPOINT" : flag.environment;
}

absl::Status ApplyEnvironment(const Environment& environment, Calls calls, bool token_file_given, Options& options) {
  for (const Flag& flag : GlobalFlags()) {
    if (flag.environment.empty()) continue;
    const std::string_view name = VariableOf(flag, calls);
    const std::optional<std::string> value = environment(name);
    if (!value || value->empty()) continue;
    const absl::Status status = SetOption(flag, *value, Str(name), options);
    if (!status.ok()) return status;
  }
  if (token_file_given) return absl::OkStatus();
  options.token = environment("VIADUCT_TOKEN").value_or("");
  if (options.token.empty()) return absl::OkStatus();
  if (!environment("VIADUCT_TOKEN_FILE").value_or("").empty()) {
    return Usage("VIADUCT_TOKEN and VIADUCT_TOKEN_FILE are both set: unset one of them");
  }
  options.token_file.clear();  // a context's
  return absl::OkStatus();
}

absl::Status ApplyContext(const Context& context, Calls calls, Options& options) {
  const bool sidecar = calls == Calls::kSidecar;
  options.endpoint = sidecar ? context.sidecar : context.chat;
  if (options.endpoint.empty()) {
    return Usage(absl::StrCat("context ", context.name, " has no ", sidecar ? "sidecar" : "chat", ": give --endpoint"));
  }
  options.context = context.name;
  options.token_file = context.token_file;
  options.ca_file = context.ca_file;
  options.certificate_file = context.certificate_file;
  options.private_key_file = context.private_key_file;
  return absl::OkStatus();
}

// Everything that is not on the command line: defaults, context, environment.
absl::Status ApplySurroundings(const Words& words, Calls calls, const Environment& environment,
                               const ContextLookup& contexts, Options& options) {
  options.endpoint = Str(calls == Calls::kSidecar ? kSidecarEndpoint : kChatEndpoint);
  const bool endpoint_given = IsGiven(words.flags, "endpoint");
  const bool context_given = IsGiven(words.flags, "context");
  if (endpoint_given && context_given) return Usage("give either --context or --endpoint, not both");
  const std::string_view variable = VariableOf(*FindFlag("endpoint"), calls);
  if (!endpoint_given && (context_given || environment(variable).value_or("").empty())) {
    std::string name = environment("VIADUCT_CONTEXT").value_or("");
    for (const GivenFlag& given : words.flags) {
      if (given.flag->name == "context") name = Str(given.value);
    }
    const absl::StatusOr<std::optional<Context>> context = contexts(name);
    if (!context.ok()) return Usage(std::string(context.status().message()));
    if (context->has_value()) {
      if (absl::Status status = ApplyContext(**context, calls, options); !status.ok()) return status;
    }
  }
  if (context_given) return absl::OkStatus();
  return ApplyEnvironment(environment, calls, IsGiven(words.flags, "token-file"), options);
}

absl::Status ApplyFlags(const Command& command, const std::vector<GivenFlag>& flags, Options& options) {
  for (const GivenFlag& given : flags) {
    if (!Takes(command, *given.flag)) {
      return Usage(absl::StrCat("--", Str(given.flag->name), " is not a flag of '", Str(command.name),
                                "': see 'viaductctl help ", Str(command.name), "'"));
    }
    const absl::Status status = SetOption(*given.flag, given.value, absl::StrCat("--", Str(given.flag->name)), options);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status CheckArgumentCount(const Command& command, std::size_t count) {
  if (count < command.min_arguments) {
    return Usage(absl::StrCat("'", Str(command.name), "' needs ", Str(command.arguments), ": see 'viaductctl help ",
                              Str(command.name), "'"));
  }
  if (count <= command.max_arguments) return absl::OkStatus();
  if (command.max_arguments == 0) return Usage(absl::StrCat("'", Str(command.name), "' takes no arguments"));
  return Usage(absl::StrCat("too many arguments: '", Str(command.name), "' takes ", Str(command.arguments),
                            "; quote what has spaces"));
}

// send and broadcast: TEXT is the last argument.
absl::Status CheckPayload(const Command& command, const std::vector<std::string>& arguments, const Options& options) {
  const bool has_text = arguments.size() == command.max_arguments;
  if (has_text && options.binary_file) return Usage("give either TEXT or --binary-file, not both");
  if (!has_text && !options.binary_file) {
    return Usage(absl::StrCat("'", Str(command.name), "' needs TEXT, - or --binary-file FILE"));
  }
  if (!has_text) return absl::OkStatus();
  if (arguments.back().empty()) return Usage("TEXT is empty");
  if (!text::IsUtf8(arguments.back())) return Usage("TEXT is not UTF-8: send other bytes with --binary-file");
  return absl::OkStatus();
}

// connections close: of one, of a filter or of all, said explicitly.
absl::Status CheckClose(const CommandLine& line) {
  const Options& options = line.options;
  const bool one = !line.arguments.empty();
  const bool filter =
      options.room || options.age || options.idle || !options.viewer.empty() || !options.peer_range.empty();
  if (one && (filter || options.all || options.spread || options.dry_run || options.wait)) {
    return Usage("give either ID or a filter: --spread, --dry-run and --wait are for many");
  }
  if (options.all && filter) return Usage("give either --all or a filter, not both");
  if (!one && !filter && !options.all) {
    return Usage("'connections close' needs ID, a filter (--room, --viewer, --peer-range, --age, --idle) or --all");
  }
  return absl::OkStatus();
}

absl::Status CheckCombination(const CommandLine& line) {
  const Options& options = line.options;
  if (options.all && options.limit) return Usage("give either --all or --limit, not both");
  if (options.certificate_file.empty() != options.private_key_file.empty()) {
    return Usage("--cert and --key come together: give both or neither");
  }
  if (line.command->id == CommandId::kExplain) {
    if (options.peer.empty()) return Usage("'explain' needs --peer ADDRESS");
    if (!options.raw_file.empty() && !options.headers.empty()) return Usage("give either --raw or -H, not both");
  }
  if (line.command->id == CommandId::kConnectionsClose) {
    if (absl::Status status = CheckClose(line); !status.ok()) return status;
  }
  const bool sends = line.command->id == CommandId::kConnectionsSend || line.command->id == CommandId::kBroadcast;
  return sends ? CheckPayload(*line.command, line.arguments, options) : absl::OkStatus();
}

}  // namespace

absl::StatusOr<CommandLine> ParseCommandLine(std::span<const std::string_view> words, const Environment& environment,
                                             const ContextLookup& contexts) {
  const absl::StatusOr<Words> sorted = SortWords(words);
  if (!sorted.ok()) return sorted.status();

  CommandLine line;
  line.help = sorted->help;
  std::size_t used = 0;
  line.command = FindCommand(sorted->positional, used);
  if (line.command == nullptr) {
    if (!line.help || !IsNothingOrGroup(sorted->positional)) return UnknownCommand(sorted->positional);
    return line;
  }
  line.arguments.assign(sorted->positional.begin() + used, sorted->positional.end());
  if (line.help) return line;

  if (line.command->calls != Calls::kNothing) {
    const absl::Status status = ApplySurroundings(*sorted, line.command->calls, environment, contexts, line.options);
    if (!status.ok()) return status;
  }
  absl::Status status = ApplyFlags(*line.command, sorted->flags, line.options);
  if (status.ok()) status = CheckArgumentCount(*line.command, line.arguments.size());
  if (status.ok()) status = CheckCombination(line);
  if (!status.ok()) return status;
  return line;
}

namespace {

// The first `count` words with a space between each two.
std::string Joined(std::span<const std::string> words, std::size_t count) {
  return absl::StrJoin(words.begin(), words.begin() + static_cast<std::ptrdiff_t>(count), " ");
}

// Whether commands begin with these words and another one.
bool IsGroup(std::string_view words) {
  return std::any_of(Commands().begin(), Commands().end(), [words](const Command& command) {
    return command.name.starts_with(words) && command.name.substr(words.size()).starts_with(' ');
  });
}

}  // namespace

const Command* FindCommand(std::span<const std::string> words, std::size_t& used) {
  for (used = std::min<std::size_t>(words.size(), 3); used > 0; --used) {
    const std::string name = Joined(words, used);
    for (const Command& command : Commands()) {
      if (command.name == name) return &command;
    }
  }
  return nullptr;
}

bool IsNothingOrGroup(std::span<const std::string> words) {
  return words.empty() || IsGroup(Joined(words, words.size()));
}

absl::Status UnknownCommand(std::span<const std::string> words) {
  constexpr const char* kSeeHelp = ": 'viaductctl help' lists the commands";
  if (words.empty()) return Usage(absl::StrCat("no command", kSeeHelp));
  for (const Command& command : Commands()) {
    const std::size_t space = command.name.rfind(' ');
    if (space == std::string_view::npos || words.size() != 1) continue;
    if (words[0] == command.name.substr(space + 1)) {
      return Usage(absl::StrCat("unknown command ", words[0], ": did you mean '", Str(command.name), "'?"));
    }
  }
  std::size_t known = 0;
  while (known < words.size() && IsGroup(Joined(words, known + 1))) ++known;
  const std::string group = Joined(words, known);
  const std::vector<std::string_view> next = NextWords(group);
  if (known == words.size()) {
    std::string list;
    for (const std::string_view word : next) absl::StrAppend(&list, list.empty() ? "" : ", ", Str(word));
    return Usage(absl::StrCat("'", group, "' needs one of ", list));
  }
  const std::string_view closest = text::ClosestName(words[known], next);
  const std::string message = absl::StrCat("unknown command ", group, group.empty() ? "" : " ", Escape(words[known]));
  if (closest.empty()) return Usage(absl::StrCat(message, kSeeHelp));
  return Usage(absl::StrCat(message, ": did you mean ", Str(closest), "?"));
}

}  // namespace viaduct::ctl
