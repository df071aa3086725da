#include "ctl/core/completion.h"

#include <algorithm>
#include <cstddef>
#include <span>
#include <vector>

#include "ctl/core/command_table.h"
#include "ctl/core/command_words.h"
#include "ctl/core/completion_fish.h"

namespace viaduct::ctl {
namespace {

// _viaductctl_candidates is the same in both shells. Its arguments are the word to complete and the words before it; it
// prints what may stand there, one a line, or ":files".
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

constexpr std::string_view kListIds = "\"$program\" @LIST@ list --no-headers --timeout 1s 2>/dev/null |\n      ";

// compgen -W expands what it is given, so nothing but identifiers may come through from the chat.
std::string ListIds(std::string_view collection) {
  constexpr std::string_view kPlace = "@LIST@";
  std::string command(kListIds);
  command.replace(command.find(kPlace), kPlace.size(), collection);
  return command.append(kOnlyIds);
}

std::string ListNames() {
  return "\"$program\" context list --no-headers 2>/dev/null |\n      " + std::string(kOnlyNames);
}

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

// Works as an autoloaded file of $fpath and as a sourced one.
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

std::string WordsBehind(std::string_view group) {
  std::string words;
  for (const std::string_view word : NextWords(group)) words.append(" ").append(word);
  return words;
}

std::string FlagWords(std::span<const Flag> flags) {
  std::string words;
  for (const Flag& flag : flags) words.append(" --").append(flag.name);
  return words;
}

// "--a|--b", of the flags that take a value.
std::string ValueFlagPattern() {
  std::string pattern;
  for (const Flag* flag : AllFlags()) {
    if (flag->value.empty()) continue;
    pattern.append(pattern.empty() ? "--" : " | --").append(flag->name);
  }
  return pattern;
}

// A command that prints `words`, which may begin with a space, one a line.
std::string Printing(std::string_view words) {
  return "printf '%s\\n' " + std::string(words.substr(words.find_first_not_of(' ')));
}

std::string Case(std::string_view pattern, std::string_view command) {
  return "    " + std::string(pattern) + ") " + std::string(command) + " ;;\n";
}

std::string FlagValueCases() {
  std::string cases = "  case \"$waiting\" in\n";
  for (const Flag* flag : AllFlags()) {
    const std::string pattern = "--" + std::string(flag->name);
    if (flag->value == "FILE") cases += Case(pattern, "echo :files");
    if (flag->value == "CONTEXT") cases += Case(pattern, ListNames());
    if (!flag->choices.empty()) cases += Case(pattern, Printing(flag->choices));
  }
  return cases + "  esac\n  [ -z \"$waiting\" ] || return 0\n";
}

std::string FlagNameCases() {
  std::string cases = "  if [ \"${current#-}\" != \"$current\" ]; then\n    ";
  cases += Printing(FlagWords(GlobalFlags()) + " --help") + "\n    case \"$typed \" in\n";
  for (const Command& command : Commands()) {
    if (command.flags.empty()) continue;
    cases += "  " + Case("\" " + std::string(command.name) + " \"*", Printing(FlagWords(command.flags)));
  }
  return cases + "    esac\n    return 0\n  fi\n";
}

std::string ArgumentCases() {
  std::string cases = "  case \"$typed\" in\n" + Case("\"\" | \" help\"", Printing(WordsBehind("")));
  for (const std::string_view name : CommandGroups()) {
    const std::string group(name);
    cases += Case("\" " + group + "\" | \" help " + group + "\"", Printing(WordsBehind(group)));
  }
  for (const Command& command : Commands()) {
    if (command.choices.empty()) continue;
    std::string candidates = Printing(command.choices);
    if (command.choices == "ID") candidates = ListIds("connections");
    if (command.choices == "TUNNEL") candidates = ListIds("sidecar tunnels");
    if (command.choices == "CONTEXT") candidates = ListNames();
    cases += Case("\" " + std::string(command.name) + "\"", candidates);
  }
  return cases + "  esac\n}\n";
}

std::string Candidates() {
  constexpr std::string_view kPlace = "@VALUE_FLAGS@";
  std::string script(kReadWords);
  script.replace(script.find(kPlace), kPlace.size(), ValueFlagPattern());
  return script + FlagValueCases() + FlagNameCases() + ArgumentCases();
}

}  // namespace

absl::StatusOr<std::string> CompletionScript(std::string_view shell) {
  if (shell == "bash") {
    return "# bash completion of viaductctl: source <(viaductctl completion bash)\n" + Candidates() +
           std::string(kBashEntry);
  }
  if (shell == "zsh") return "#compdef viaductctl\n" + Candidates() + std::string(kZshEntry);
  if (shell == "fish") return FishCompletionScript();
  return absl::InvalidArgumentError("completion: expected bash, zsh or fish");
}

}  // namespace viaduct::ctl
