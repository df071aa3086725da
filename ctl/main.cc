// viaductctl: see 'viaductctl help', or help.cc.
#include <fcntl.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "ctl/commands.h"
#include "ctl/core/command_line.h"
#include "ctl/core/command_table.h"
#include "ctl/core/contexts.h"
#include "ctl/core/environment.h"
#include "ctl/help/completion_words.h"
#include "ctl/output/exit_code.h"
#include "ctl/run.h"

namespace viaduct::ctl {
namespace {

// Standard streams that the caller has closed become /dev/null, so that no socket is opened in their place. Writing to
// them fails as before.
void OccupyStandardStreams() {
  for (int fd = 0; fd <= 2; ++fd) {
    if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", O_RDONLY) != fd) std::abort();
  }
}

absl::StatusOr<std::optional<Context>> FindContext(std::string_view name) {
  const absl::StatusOr<Contexts> contexts =
      Contexts::Load(ContextsPath(ProcessEnvironment), ProcessEnvironment("HOME").value_or(""));
  if (!contexts.ok()) return contexts.status();
  if (name.empty() && contexts->current.empty()) return std::nullopt;
  return contexts->Find(name.empty() ? contexts->current : name);
}

int Fail(ExitCode code, std::string_view message) {
  std::fprintf(stderr, "viaductctl: %.*s\n", static_cast<int>(message.size()), message.data());
  return static_cast<int>(code);
}

int Main(std::span<char*> arguments) {
  OccupyStandardStreams();
  // "| head" ends the program quietly, even if its parent ignores the signal.
  std::signal(SIGPIPE, SIG_DFL);
  // The status of a call also contains what gRPC would log about a failed handshake.
  setenv("GRPC_VERBOSITY", "NONE", 0);
  // Names are resolved as in other programs (nsswitch.conf), which gRPC's own resolver does not read.
  setenv("GRPC_DNS_RESOLVER", "native", 0);

  const std::vector<std::string_view> words(arguments.begin() + 1, arguments.end());
  CommandTable table(Commands());
  if (!words.empty() && words.front() == kCompleteWord) {
    PrintCompletions(table, std::span(words).subspan(1));
    return static_cast<int>(ExitCode::kOk);
  }
  const absl::StatusOr<CommandLine> line = ParseCommandLine(table, words, ProcessEnvironment, FindContext);
  if (!line.ok()) return Fail(ExitCode::kUsage, std::string(line.status().message()));
  const Outcome outcome = RunCommandLine(table, *line);
  if (outcome) return Fail(outcome->exit_code, outcome->message);
  return static_cast<int>(ExitCode::kOk);
}

}  // namespace
}  // namespace viaduct::ctl

int main(int argc, char** argv) { return viaduct::ctl::Main(std::span(argv, static_cast<std::size_t>(argc))); }
