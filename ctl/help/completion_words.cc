#include "ctl/help/completion_words.h"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "ctl/output/print.h"
#include "ctl/output/text.h"
#include "text/string_view.h"

namespace viaduct::ctl {
namespace {

constexpr std::array<std::string_view, 6> kAccessFlags = {"context", "endpoint", "token-file", "ca", "cert", "key"};
constexpr std::size_t kMaxDescription = 70;

// The words before the cursor, sorted.
struct Typed {
  std::vector<std::string> positional;
  // The flags for access, as they are passed on.
  std::vector<std::string> access;
  // The flag whose value stands at the cursor.
  const Flag* waiting = nullptr;
  bool only_arguments = false;  // behind "--"
};

const Flag* FindFlagOf(const std::vector<const Flag*>& known, std::string_view word) {
  const bool is_long = word.starts_with("--");
  const std::string_view name = is_long ? word.substr(2, word.find('=') - 2) : word.substr(1);
  for (const Flag* flag : known) {
    if (is_long ? flag->name == name : name == std::string_view(&flag->letter, 1)) return flag;
  }
  return nullptr;
}

Typed Sort(const std::vector<const Flag*>& known, std::span<const std::string_view> words) {
  Typed typed;
  for (const std::string_view word : words) {
    const Flag* flag = nullptr;
    std::optional<std::string_view> value;
    if (typed.waiting != nullptr) {
      flag = typed.waiting;
      value = word;
      typed.waiting = nullptr;
    } else if (typed.only_arguments || !word.starts_with('-') || word == "-") {
      typed.positional.emplace_back(word);
    } else if (word == "--") {
      typed.only_arguments = true;
    } else if ((flag = FindFlagOf(known, word)) != nullptr && !flag->value.empty()) {
      if (const std::size_t equals = word.find('='); equals != std::string_view::npos) {
        value = word.substr(equals + 1);
      } else {
        typed.waiting = flag;
      }
    }
    if (value && std::find(kAccessFlags.begin(), kAccessFlags.end(), flag->name) != kAccessFlags.end()) {
      typed.access.push_back(absl::StrCat("--", text::ToAbsl(flag->name), "=", text::ToAbsl(*value)));
    }
  }
  return typed;
}

bool IsPlain(std::string_view word) {
  return !word.empty() && std::all_of(word.begin(), word.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  });
}

std::vector<std::string> SplitWords(std::string_view text) {
  return absl::StrSplit(text::ToAbsl(text), ' ', absl::SkipEmpty());
}

Completions Offer(const Candidates& candidates, const Typed& typed, const Lister& lister) {
  Completions completions;
  switch (candidates.kind) {
    case Candidates::Kind::kNone:
      break;
    case Candidates::Kind::kFiles:
      completions.files = true;
      break;
    case Candidates::Kind::kWords:
      for (std::string& word : SplitWords(candidates.text)) completions.words.push_back({std::move(word), ""});
      break;
    case Candidates::Kind::kListed: {
      std::vector<std::string> arguments = SplitWords(candidates.text);
      arguments.insert(arguments.end(), typed.access.begin(), typed.access.end());
      for (const std::string& line : lister(arguments)) {
        const std::size_t end = std::min(line.find(' '), line.size());
        const std::size_t rest = std::min(line.find_first_not_of(' ', end), line.size());
        if (!IsPlain(std::string_view(line).substr(0, end))) continue;
        completions.words.push_back({line.substr(0, end), Truncate(line.substr(rest), kMaxDescription)});
      }
      break;
    }
  }
  return completions;
}

// Returns the flag of this name of the command that is typed, if it has one: commands may offer different values.
const Flag& OfTypedCommand(const CommandTable& table, const Typed& typed, const Flag& flag) {
  std::size_t used = 0;
  const Command* command = table.Find(typed.positional, &used);
  const Flag* own = command == nullptr ? nullptr : FindFlag(command->flags, flag.name);
  return own == nullptr ? flag : *own;
}

void AddFlags(std::span<const Flag> flags, Completions* completions) {
  for (const Flag& flag : flags) {
    completions->words.push_back({absl::StrCat("--", text::ToAbsl(flag.name)), std::string(flag.help)});
  }
}

// Returns the flags of all commands, and those of the one that is typed.
Completions OfferFlags(const CommandTable& table, const Typed& typed) {
  Completions completions;
  AddFlags(table.global_flags(), &completions);
  completions.words.push_back({"--help", "explain the command instead of running it"});
  std::size_t used = 0;
  if (const Command* command = table.Find(typed.positional, &used)) {
    AddFlags(command->flags, &completions);
  } else if (typed.positional.empty()) {
    completions.words.push_back({"--version", "print the version of viaductctl"});
  }
  return completions;
}

// Returns the words that may follow those of a group; nothing if `group` is none.
Completions NextWords(const CommandTable& table, const std::string& group) {
  Completions completions;
  for (const std::string_view word : table.NextWords(group)) {
    const std::string name = absl::StrCat(group, group.empty() ? "" : " ", text::ToAbsl(word));
    std::size_t used = 0;
    const std::vector<std::string> words = SplitWords(name);
    const Command* command = table.Find(words, &used);
    const bool whole = command != nullptr && used == words.size();
    std::vector<std::string> verbs;
    for (const std::string_view verb : table.NextWords(name)) verbs.emplace_back(verb);
    completions.words.push_back(
        {std::string(word), whole ? std::string(command->summary) : absl::StrJoin(verbs, ", ")});
  }
  return completions;
}

Completions OfferArguments(const CommandTable& table, const Typed& typed, const Lister& lister) {
  std::vector<std::string> words = typed.positional;
  const bool help = !words.empty() && words.front() == "help";
  if (help) words.erase(words.begin());
  const std::string group = absl::StrJoin(words, " ");
  if (group.empty() || table.IsGroup(group)) return NextWords(table, group);
  std::size_t used = 0;
  const Command* command = help ? nullptr : table.Find(words, &used);
  if (command == nullptr || used != words.size()) return {};
  return Offer(command->candidates, typed, lister);
}

// Runs this program with these arguments.
std::vector<std::string> ListByOurselves(const std::vector<std::string>& arguments) {
  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) return {};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addclose(&actions, ends[0]);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  std::vector<std::string> words = {"viaductctl"};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> pointers;
  for (std::string& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  pid_t pid = 0;
  const bool started = posix_spawn(&pid, "/proc/self/exe", &actions, nullptr, pointers.data(), environ) == 0;
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  std::string out;
  std::array<char, 4096> buffer{};
  for (ssize_t count = 0; started && (count = read(ends[0], buffer.data(), buffer.size())) > 0;) {
    out.append(buffer.data(), static_cast<std::size_t>(count));
  }
  close(ends[0]);
  int status = 0;
  if (!started || waitpid(pid, &status, 0) != pid || status != 0) return {};
  return absl::StrSplit(out, '\n', absl::SkipEmpty());
}

}  // namespace

Completions CompletionsFor(const CommandTable& table, std::span<const std::string_view> words, const Lister& lister) {
  if (words.empty()) return {};
  const std::vector<const Flag*> known = table.AllFlags();
  const std::string_view current = words.back();
  const Typed typed = Sort(known, words.first(words.size() - 1));
  const bool is_flag = typed.waiting == nullptr && !typed.only_arguments && current.starts_with('-');
  const std::size_t equals = current.find('=');
  Completions completions;
  std::string lead;
  if (typed.waiting != nullptr) {
    completions = Offer(OfTypedCommand(table, typed, *typed.waiting).candidates, typed, lister);
  } else if (is_flag && equals != std::string_view::npos) {
    const Flag* flag = FindFlagOf(known, current);
    if (flag != nullptr && !flag->value.empty())
      completions = Offer(OfTypedCommand(table, typed, *flag).candidates, typed, lister);
    lead = current.substr(0, equals + 1);
  } else if (is_flag) {
    completions = OfferFlags(table, typed);
  } else {
    completions = OfferArguments(table, typed, lister);
  }
  for (CompletionWord& word : completions.words) word.word.insert(0, lead);
  std::erase_if(completions.words, [&](const CompletionWord& word) { return !word.word.starts_with(current); });
  return completions;
}

Outcome PrintCompletions(const CommandTable& table, std::span<const std::string_view> words) {
  const Completions completions = CompletionsFor(table, words, ListByOurselves);
  std::string text = completions.files ? ":files\n" : "";
  for (const CompletionWord& word : completions.words) {
    absl::StrAppend(&text, word.word, word.description.empty() ? "" : "\t", Escape(word.description), "\n");
  }
  return Print(text);
}

}  // namespace viaduct::ctl
