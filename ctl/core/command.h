#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "ctl/core/candidates.h"
#include "ctl/core/flag.h"
#include "ctl/core/global_options.h"
#include "ctl/output/exit_code.h"

namespace viaduct::ctl {

class Client;
class CommandTable;

using Arguments = std::vector<std::string>;

// What a command is run with, besides the options of its own flags. All of it outlives the run.
struct Invocation {
  const CommandTable& table;
  const GlobalOptions& options;
  // As many as the command takes.
  const Arguments& arguments;
};

// One command: its words, its flags, and what it does. Each command has a file of its own that makes this value; the
// list in ctl/commands.cc collects them. A value whose copies share the options that its flags write, so parse no more
// than one command line with it. Texts must outlive it.
struct Command {
  // One word, or a group of one or two words and a verb: "connections list".
  std::string_view name;
  // The placeholders for its arguments in help, and how many it takes.
  std::string_view arguments = "";
  std::size_t min_arguments = 0;
  std::size_t max_arguments = 0;
  // A line for the general help that says what such an argument is, with its newline; may be empty.
  std::string_view argument_help = "";
  // What completion offers for the first argument.
  Candidates candidates = {};
  // Which program it calls, and so needs an endpoint and credentials for.
  Calls calls = Calls::kNothing;
  std::vector<Flag> flags = {};
  std::string_view summary;
  // Further lines of help, then examples; each line ends with a newline.
  std::string_view details = "";
  std::string_view examples;
  // Checks the arguments and how the flags go together; may be empty. An error is one line for the user.
  std::function<absl::Status(const Arguments& arguments)> check = nullptr;
  // What it does. Exactly one of the two is set: `call` gets a client of the program in `calls`.
  std::function<Outcome(const Invocation& invocation, Client& client)> call = nullptr;
  std::function<Outcome(const Invocation& invocation)> run = nullptr;
};

}  // namespace viaduct::ctl
