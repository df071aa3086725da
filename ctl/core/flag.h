#pragma once

#include <chrono>
#include <functional>
#include <initializer_list>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "ctl/core/candidates.h"

namespace viaduct::ctl {

// Reads a flag's value into its option. An error states the rule that the value breaks, and leaves the option
// unchanged.
using ValueReader = std::function<absl::Status(std::string_view value)>;

// One flag of a command, or of all of them. Parsing, help, the manual page and completion all use it. A value; the
// option that `read` writes must outlive it.
struct Flag {
  // The name without the two dashes. Flags of one name take a value in every command that has them, or in none.
  std::string_view name;
  // The short form without its dash, or '\0' if there is none.
  char letter = '\0';
  // The placeholder for its value in help; empty for a switch, which takes none.
  std::string_view value = "";
  std::string_view help;
  // The environment variable that is read if the flag is not given; may be empty.
  std::string_view environment = "";
  Candidates candidates = {};
  ValueReader read;
};

// Returns the flag called `name`, or nullptr. Points into `flags`.
const Flag* FindFlag(std::span<const Flag> flags, std::string_view name);

// Returns all flags of several families, in their order.
std::vector<Flag> JoinFlags(std::initializer_list<std::vector<Flag>> families);

// Readers of common kinds of values. Each writes to `option`, which must outlive the reader.

// Any text except the empty one.
ValueReader ReadText(std::string* option);
// Any text, including the empty one.
ValueReader ReadAnyText(std::optional<std::string>* option);
// A switch; its value is ignored.
ValueReader ReadSwitch(bool* option);
// A whole number from `min` to `max`.
ValueReader ReadNumber(int* option, int min, int max);
ValueReader ReadNumber(std::optional<int>* option, int min, int max);
// A time to wait: 1 ms to 1 h.
ValueReader ReadTimeout(std::chrono::milliseconds* option);
// A duration: 1 ms to 10000 h.
ValueReader ReadSpan(std::optional<std::chrono::milliseconds>* option);

}  // namespace viaduct::ctl
