#include "ctl/help/version_command.h"

#include "ctl/output/print.h"
#include "ctl/output/print_message.h"
#include "ctl/output/value.h"

namespace viaduct::ctl {
namespace {

Outcome Version(const Invocation& invocation) {
  if (!invocation.options.structured()) return Print(VersionText());
  return PrintValue(Value::Object({{"version", Value::Text(VIADUCT_VERSION)}}), invocation.options.format);
}

}  // namespace

std::string VersionText() { return "viaductctl " VIADUCT_VERSION "\n"; }

Command VersionCommand() {
  return {
      .name = "version",
      .summary = "Prints the version of viaductctl.",
      .details = "So does 'viaductctl --version'. 'viaductctl stats' shows the version of the chat.\n",
      .examples = "  viaductctl version\n",
      .run = Version,
  };
}

}  // namespace viaduct::ctl
