#include "ctl/help/completion_command.h"

#include <string>

#include "absl/status/statusor.h"
#include "ctl/help/completion.h"
#include "ctl/output/print.h"

namespace viaduct::ctl {
namespace {

Outcome Completion(const Invocation& invocation) {
  const absl::StatusOr<std::string> script = CompletionScript(invocation.arguments[0]);
  return script.ok() ? Print(*script) : UsageFailure(script.status());
}

}  // namespace

Command CompletionCommand() {
  return {
      .name = "completion",
      .arguments = "bash|zsh|fish",
      .min_arguments = 1,
      .max_arguments = 1,
      .candidates = {.kind = Candidates::Kind::kWords, .text = "bash zsh fish"},
      .summary = "Prints a completion script for a shell.",
      .details =
          "It completes commands, flags, their values, files, and what is open in the chat or the sidecar that the "
          "line\n"
          "names with --context or --endpoint; zsh and fish also show what each word means.\n",
      .examples =
          "  source <(viaductctl completion bash)\n"
          "  viaductctl completion zsh > \"${fpath[1]}/_viaductctl\"\n"
          "  viaductctl completion fish > ~/.config/fish/completions/viaductctl.fish\n",
      .run = Completion,
  };
}

}  // namespace viaduct::ctl
