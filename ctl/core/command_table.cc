#include "ctl/core/command_table.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_join.h"

namespace viaduct::ctl {
namespace {

// The longest names have three words: "sidecar tunnels list".
constexpr std::size_t kMaxNameWords = 3;

void AddOnce(std::string_view word, std::vector<std::string_view>* words) {
  if (std::find(words->begin(), words->end(), word) == words->end()) words->push_back(word);
}

bool BeginsWithGroup(std::string_view name, std::string_view group) {
  return name.starts_with(group) && name.substr(group.size()).starts_with(' ');
}

}  // namespace

CommandTable::CommandTable(std::vector<Command> commands)
    : commands_(std::move(commands)), global_flags_(GlobalFlags(&global_options_)) {}

const Command* CommandTable::Find(std::span<const std::string> words, std::size_t* used) const {
  for (*used = std::min(words.size(), kMaxNameWords); *used > 0; --*used) {
    const std::string name = JoinWords(words, *used);
    for (const Command& command : commands_) {
      if (command.name == name) return &command;
    }
  }
  return nullptr;
}

bool CommandTable::IsGroup(std::string_view words) const {
  return std::any_of(commands_.begin(), commands_.end(),
                     [words](const Command& command) { return BeginsWithGroup(command.name, words); });
}

std::vector<std::string_view> CommandTable::Groups() const {
  std::vector<std::string_view> groups;
  for (const Command& command : commands_) {
    for (std::size_t space = command.name.find(' '); space != std::string_view::npos;
         space = command.name.find(' ', space + 1)) {
      AddOnce(command.name.substr(0, space), &groups);
    }
  }
  return groups;
}

std::vector<std::string_view> CommandTable::NextWords(std::string_view group) const {
  std::vector<std::string_view> words;
  for (const Command& command : commands_) {
    std::string_view rest = command.name;
    if (!group.empty()) {
      if (!BeginsWithGroup(rest, group)) continue;
      rest.remove_prefix(group.size() + 1);
    }
    AddOnce(rest.substr(0, rest.find(' ')), &words);
  }
  return words;
}

std::vector<const Flag*> CommandTable::AllFlags() const {
  std::vector<const Flag*> flags;
  const auto add = [&flags](std::span<const Flag> more) {
    for (const Flag& flag : more) {
      const bool known =
          std::any_of(flags.begin(), flags.end(), [&flag](const Flag* other) { return other->name == flag.name; });
      if (!known) flags.push_back(&flag);
    }
  };
  add(global_flags_);
  for (const Command& command : commands_) add(command.flags);
  return flags;
}

std::string JoinWords(std::span<const std::string> words, std::size_t count) {
  return absl::StrJoin(words.first(count), " ");
}

}  // namespace viaduct::ctl
