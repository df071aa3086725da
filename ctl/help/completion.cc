#include "ctl/help/completion.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ctl/core/command_table.h"
#include "ctl/help/completion_fish.h"
#include "text/string_view.h"

namespace viaduct::ctl {
namespace {

// _viaductctl_candidates is the same in both shells. Its arguments are the word to complete and the words before it; it
// prints the possible words, one per line, or ":files".
constexpr std::string_view kReadWords = R"sh(_viaductctl_candidates() {
  local current="$1" program="$2" typed='' waiting='' word
  shift 2
  for word in "$@"; do
    if [ -n "$waiting" ]; then
      waiting=''
      continue
    fi
    case "$word" in
      @VALUE_FLAGS@) waiting="$word" ;;
      -*) ;;
      *) typed="$typed $word" ;;
    esac
  done
)sh";

constexpr std::string_view kBashEntry = R"sh(
_viaductctl() {
  local current="${COMP_WORDS[COMP_CWORD]}" candidates
  candidates="$(_viaductctl_candidates "$current" "${COMP_WORDS[@]:0:COMP_CWORD}")"
  if [[ "$candidates" == :files ]]; then
    compopt -o filenames
    mapfile -t COMPREPLY < <(compgen -f -- "$current")
  else
    mapfile -t COMPREPLY < <(compgen -W "$candidates" -- "$current")
  fi
}
complete -F _viaductctl viaductctl
)sh";

// Works as an autoloaded file of $fpath and when it is sourced.
constexpr std::string_view kZshEntry = R"sh(
_viaductctl() {
  local -a candidates
  candidates=(${(f)"$(_viaductctl_candidates "${words[CURRENT]}" "${(@)words[1,CURRENT-1]}")"})
  if [[ "${candidates[1]}" == :files ]]; then
    _files
  else
    compadd -a candidates
  fi
}
if [[ "${funcstack[1]}" == _viaductctl ]]; then
  _viaductctl "$@"
else
  compdef _viaductctl viaductctl
fi
)sh";

std::string WordsBehind(const CommandTable& table, std::string_view group) {
  std::string words;
  for (const std::string_view word : table.NextWords(group)) words.append(" ").append(word);
  return words;
}

std::string FlagWords(std::span<const Flag> flags) {
  std::string words;
  for (const Flag& flag : flags) words.append(" --").append(flag.name);
  return words;
}

// Returns "--a|--b" for the flags that take a value.
std::string ValueFlagPattern(const CommandTable& table) {
  std::string pattern;
  for (const Flag* flag : table.AllFlags()) {
    if (flag->value.empty()) continue;
    pattern.append(pattern.empty() ? "--" : " | --").append(flag->name);
  }
  return pattern;
}

// Returns a command that prints `words`, which may begin with a space, one per line.
std::string Printing(std::string_view words) {
  return "printf '%s\\n' " + std::string(words.substr(words.find_first_not_of(' ')));
}

std::string Case(std::string_view pattern, std::string_view command) {
  return "    " + std::string(pattern) + ") " + std::string(command) + " ;;\n";
}

// Returns a command that prints the candidates for a value, one per line.
std::string Offering(const Candidates& candidates) {
  switch (candidates.kind) {
    case Candidates::Kind::kNone:
      return ":";
    case Candidates::Kind::kWords:
      return Printing(candidates.text);
    case Candidates::Kind::kFiles:
      return "echo :files";
    case Candidates::Kind::kListed:
      return "\"$program\" " + std::string(candidates.text) + " 2>/dev/null |\n      " + std::string(kFirstNames);
  }
}

std::string FlagValueCases(const CommandTable& table) {
  std::string cases = "  case \"$waiting\" in\n";
  for (const Flag* flag : table.AllFlags()) {
    if (flag->candidates.kind == Candidates::Kind::kNone) continue;
    cases += Case("--" + std::string(flag->name), Offering(flag->candidates));
  }
  return cases + "  esac\n  [ -z \"$waiting\" ] || return 0\n";
}

std::string FlagNameCases(const CommandTable& table) {
  std::string cases = "  if [ \"${current#-}\" != \"$current\" ]; then\n    ";
  cases += Printing(FlagWords(table.global_flags()) + " --help") + "\n    case \"$typed \" in\n";
  for (const Command& command : table.commands()) {
    if (command.flags.empty()) continue;
    cases += "  " + Case("\" " + std::string(command.name) + " \"*", Printing(FlagWords(command.flags)));
  }
  return cases + "    esac\n    return 0\n  fi\n";
}

std::string ArgumentCases(const CommandTable& table) {
  std::string cases = "  case \"$typed\" in\n" + Case("\"\" | \" help\"", Printing(WordsBehind(table, "")));
  for (const std::string_view name : table.Groups()) {
    const std::string pattern = absl::StrCat("\" ", text::ToAbsl(name), "\" | \" help ", text::ToAbsl(name), "\"");
    cases += Case(pattern, Printing(WordsBehind(table, name)));
  }
  for (const Command& command : table.commands()) {
    if (command.candidates.kind == Candidates::Kind::kNone) continue;
    cases += Case("\" " + std::string(command.name) + "\"", Offering(command.candidates));
  }
  return cases + "  esac\n}\n";
}

std::string CandidatesFunction(const CommandTable& table) {
  constexpr std::string_view kPlace = "@VALUE_FLAGS@";
  std::string script(kReadWords);
  script.replace(script.find(kPlace), kPlace.size(), ValueFlagPattern(table));
  return script + FlagValueCases(table) + FlagNameCases(table) + ArgumentCases(table);
}

}  // namespace

absl::StatusOr<std::string> CompletionScript(const CommandTable& table, std::string_view shell) {
  if (shell == "bash") {
    return "# bash completion of viaductctl: source <(viaductctl completion bash)\n" + CandidatesFunction(table) +
           std::string(kBashEntry);
  }
  if (shell == "zsh") return "#compdef viaductctl\n" + CandidatesFunction(table) + std::string(kZshEntry);
  if (shell == "fish") return FishCompletionScript(table);
  return absl::InvalidArgumentError("completion: expected bash, zsh or fish");
}

}  // namespace viaduct::ctl
