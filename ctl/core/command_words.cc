#include "ctl/core/command_words.h"

#include <algorithm>
#include <cstddef>

namespace viaduct::ctl {
namespace {

template <typename Value>
void AddOnce(Value value, std::vector<Value>* values) {
  if (std::find(values->begin(), values->end(), value) == values->end()) values->push_back(value);
}

}  // namespace

std::vector<std::string_view> NextWords(std::string_view group) {
  std::vector<std::string_view> words;
  for (const Command& command : Commands()) {
    std::string_view rest = command.name;
    if (!group.empty()) {
      if (!rest.starts_with(group) || !rest.substr(group.size()).starts_with(' ')) continue;
      rest.remove_prefix(group.size() + 1);
    }
    AddOnce(rest.substr(0, rest.find(' ')), &words);
  }
  return words;
}

std::vector<std::string_view> CommandGroups() {
  std::vector<std::string_view> groups;
  for (const Command& command : Commands()) {
    for (std::size_t space = command.name.find(' '); space != std::string_view::npos;
         space = command.name.find(' ', space + 1)) {
      AddOnce(command.name.substr(0, space), &groups);
    }
  }
  return groups;
}

std::vector<const Flag*> AllFlags() {
  std::vector<const Flag*> flags;
  for (const Flag& flag : GlobalFlags()) AddOnce(FindFlag(flag.name), &flags);
  for (const Command& command : Commands()) {
    for (const Flag& flag : command.flags) AddOnce(FindFlag(flag.name), &flags);
  }
  return flags;
}

}  // namespace viaduct::ctl
