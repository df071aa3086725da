#include "ctl/help/version_command.h"

#include "ctl/output/print.h"

namespace viaduct::ctl {
namespace {

Outcome Version(const Invocation& invocation) {
  if (invocation.options.json) return Print("{\"version\":\"" VIADUCT_VERSION "\"}\n");
  return Print("viaductctl " VIADUCT_VERSION "\n");
}

}  // namespace

Command VersionCommand() {
  return {
      .name = "version",
      .summary = "Prints the version of viaductctl.",
      .details = "'viaductctl stats' shows the version of the chat.\n",
      .examples = "  viaductctl version\n",
      .run = Version,
  };
}

}  // namespace viaduct::ctl
