#include "ctl/context/context_use.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "ctl/core/context_file.h"
#include "ctl/core/contexts.h"
#include "ctl/core/environment.h"
#include "ctl/output/print.h"

namespace viaduct::ctl {
namespace {

Outcome Use(const Invocation& invocation) {
  const std::string& name = invocation.arguments[0];
  const std::string path = ContextsPath(ProcessEnvironment);
  const absl::Status used = UseContext(path, ProcessEnvironment("HOME").value_or(""), name);
  if (!used.ok()) return UsageFailure(used);
  return Print(absl::StrCat("the current context is now ", name, "\n"));
}

}  // namespace

Command ContextUseCommand() {
  return {
      .name = "context use",
      .arguments = "NAME",
      .min_arguments = 1,
      .max_arguments = 1,
      .candidates = kContextNames,
      .summary = "Makes a context the current one for commands without --context.",
      .examples = "  viaductctl context use prod\n",
      .run = Use,
  };
}

}  // namespace viaduct::ctl
