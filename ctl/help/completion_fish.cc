#include "ctl/help/completion_fish.h"

#include <span>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "ctl/core/command_table.h"
#include "text/string_view.h"

namespace viaduct::ctl {
namespace {

// Prints the possible words at the cursor, one per line.
constexpr std::string_view kReadWords = R"fish(# fish completion of viaductctl: viaductctl completion fish | source
function __viaductctl_candidates
  set -l current (commandline -ct)
  set -l words (commandline -opc)
  set -l program $words[1]
  set -e words[1]
  set -l typed ''
  set -l waiting ''
  for word in $words
    if test -n "$waiting"
      set waiting ''
      continue
    end
    switch "$word"
      case@VALUE_FLAGS@
        set waiting "$word"
      case '-*'
      case '*'
        set typed "$typed $word"
    end
  end
)fish";

constexpr std::string_view kEnd = R"fish(  end
end
complete -c viaductctl -f -a '(__viaductctl_candidates)'
)fish";

// Returns a case of a switch: the quoted pattern and its command.
std::string Case(std::string_view indent, std::string_view pattern, std::string_view command) {
  std::string text(indent);
  text.append("case '").append(pattern).append("'\n").append(indent).append("  ").append(command).append("\n");
  return text;
}

std::string Printing(std::string_view words) { return "printf '%s\\n' " + std::string(words); }

std::string Listed(const std::vector<std::string_view>& words) {
  std::string text;
  for (const std::string_view word : words) text.append(text.empty() ? "" : " ").append(word);
  return text;
}

std::string FlagWords(std::span<const Flag> flags) {
  std::string words;
  for (const Flag& flag : flags) words.append(words.empty() ? "--" : " --").append(flag.name);
  return words;
}

// Returns a command that prints the candidates for a value.
std::string Offering(const Candidates& candidates) {
  switch (candidates.kind) {
    case Candidates::Kind::kNone:
      return "";
    case Candidates::Kind::kWords:
      return Printing(candidates.text);
    case Candidates::Kind::kFiles:
      return "__fish_complete_path \"$current\"";
    case Candidates::Kind::kListed:
      return "$program " + std::string(candidates.text) + " 2>/dev/null | " + std::string(kFirstNames);
  }
}

}  // namespace

std::string FishCompletionScript(const CommandTable& table) {
  constexpr std::string_view kPlace = "@VALUE_FLAGS@";
  std::string value_flags;
  std::string value_cases;
  for (const Flag* flag : table.AllFlags()) {
    const std::string name = "--" + std::string(flag->name);
    if (!flag->value.empty()) value_flags.append(" ").append(name);
    if (flag->candidates.kind != Candidates::Kind::kNone) value_cases += Case("    ", name, Offering(flag->candidates));
  }
  std::string script(kReadWords);
  script.replace(script.find(kPlace), kPlace.size(), value_flags);
  script += "  switch \"$waiting\"\n" + value_cases + "  end\n  test -z \"$waiting\"; or return 0\n";
  script += "  if string match -q -- '-*' \"$current\"\n    ";
  script += Printing(FlagWords(table.global_flags()) + " --help") + "\n";
  script += "    switch \"$typed \"\n";
  for (const Command& command : table.commands()) {
    if (command.flags.empty()) continue;
    script += Case("      ", " " + std::string(command.name) + " *", Printing(FlagWords(command.flags)));
  }
  script += "    end\n    return 0\n  end\n  switch \"$typed\"\n";
  script += Case("    ", "' ' help", Printing(Listed(table.NextWords(""))));
  for (const std::string_view group : table.Groups()) {
    const std::string pattern = absl::StrCat(" ", text::ToAbsl(group), "' ' help ", text::ToAbsl(group));
    script += Case("    ", pattern, Printing(Listed(table.NextWords(group))));
  }
  for (const Command& command : table.commands()) {
    if (command.candidates.kind == Candidates::Kind::kNone) continue;
    script += Case("    ", " " + std::string(command.name), Offering(command.candidates));
  }
  return script.append(kEnd);
}

}  // namespace viaduct::ctl
