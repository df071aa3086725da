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

// The arguments of a command's run, besides the options of its own flags. All members outlive the run.
struct Invocation {
  const CommandTable& table;
  const GlobalOptions& options;
  // Their number is one that the command allows.
  const Arguments& arguments;
};

// One command: its words, its flags, and its action. Each command has a file of its own that makes this value; the list
// in ctl/commands.cc collects them. A value whose copies share the options that its flags write, so parse no more than
// one command line with it. Texts must outlive it.
struct Command {
  // One word, or a group of one or two words and a verb: "connections list".
  std::string_view name;
  // The placeholders of its arguments in help, and the number of arguments.
  std::string_view arguments = "";
  std::size_t min_arguments = 0;
  std::size_t max_arguments = 0;
  // A line for the general help that explains such an argument, with its newline; may be empty.
  std::string_view argument_help = "";
  // The completion of the first argument.
  Candidates candidates = {};
  // The program that it calls, and whose endpoint and credentials it needs.
  Calls calls = Calls::kNothing;
  std::vector<Flag> flags = {};
  std::string_view summary;
  // Further lines of help, then examples; each line ends with a newline.
  std::string_view details = "";
  std::string_view examples;
  // Checks the arguments and the combination of flags; may be empty. An error is one line for the user.
  std::function<absl::Status(const Arguments& arguments)> check = nullptr;
  // The action. Exactly one of the two is set: `call` gets a client of the program in `calls`.
  std::function<Outcome(const Invocation& invocation, Client& client)> call = nullptr;
  std::function<Outcome(const Invocation& invocation)> run = nullptr;
};

}  // namespace viaduct::ctl
