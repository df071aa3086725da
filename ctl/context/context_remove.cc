#include "ctl/context/context_remove.h"

#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "ctl/core/context_file.h"
#include "ctl/core/contexts.h"
#include "ctl/core/environment.h"
#include "ctl/output/print.h"
#include "ctl/output/text.h"

namespace viaduct::ctl {
namespace {

Outcome Remove(const Invocation& invocation) {
  const std::string& name = invocation.arguments[0];
  const std::string path = ContextsPath(ProcessEnvironment);
  const absl::Status removed = RemoveContext(path, ProcessEnvironment("HOME").value_or(""), name);
  if (!removed.ok()) return UsageFailure(removed);
  return Print(absl::StrCat("removed the context ", name, " from ", Escape(path), "\n"));
}

}  // namespace

Command ContextRemoveCommand() {
  return {
      .name = "context remove",
      .arguments = "NAME",
      .min_arguments = 1,
      .max_arguments = 1,
      .candidates = kContextNames,
      .summary = "Removes a context from the file.",
      .details = "If it is the current one, no context is current any more.\n",
      .examples = "  viaductctl context remove staging\n",
      .run = Remove,
  };
}

}  // namespace viaduct::ctl
