#include "ctl/context/context_show.h"

#include <string>

#include "absl/status/statusor.h"
#include "ctl/core/contexts.h"
#include "ctl/core/environment.h"
#include "ctl/output/print.h"
#include "ctl/output/print_message.h"
#include "ctl/output/table.h"
#include "ctl/output/value.h"

namespace viaduct::ctl {
namespace {

Outcome Show(const Invocation& invocation) {
  const std::string path = ContextsPath(ProcessEnvironment);
  const absl::StatusOr<Contexts> contexts = Contexts::Load(path, ProcessEnvironment("HOME").value_or(""));
  if (!contexts.ok()) return UsageFailure(contexts.status());
  const std::string name = invocation.arguments.empty() ? contexts->current : invocation.arguments[0];
  if (name.empty())
    return Failure{ExitCode::kUsage, "no context is current: give NAME, or see 'viaductctl context list'"};
  const absl::StatusOr<Context> context = contexts->Find(name);
  if (!context.ok()) return UsageFailure(context.status());
  if (invocation.options.structured()) {
    return PrintValue(Value::Object({{"name", Value::Text(context->name)},
                                     {"current", Value::Bool(name == contexts->current)},
                                     {"chat", Value::Text(context->chat)},
                                     {"sidecar", Value::Text(context->sidecar)},
                                     {"token_file", Value::Text(context->token_file)},
                                     {"ca_file", Value::Text(context->ca_file)},
                                     {"certificate_file", Value::Text(context->certificate_file)},
                                     {"private_key_file", Value::Text(context->private_key_file)}}),
                      invocation.options.format);
  }
  return Print(RenderFields({{"context", context->name},
                             {"current", name == contexts->current ? "yes" : "no"},
                             {"chat", context->chat},
                             {"sidecar", context->sidecar},
                             {"token file", context->token_file},
                             {"CA file", context->ca_file},
                             {"certificate file", context->certificate_file},
                             {"private key file", context->private_key_file}},
                            invocation.options.look()));
}

}  // namespace

Command ContextShowCommand() {
  return {
      .name = "context show",
      .arguments = "[NAME]",
      .max_arguments = 1,
      .candidates = kContextNames,
      .summary = "Shows the current context, or another one.",
      .details = "Paths are those that are opened. Nothing in the files is shown.\n",
      .examples =
          "  viaductctl context show\n"
          "  viaductctl context show prod -o json | jq -r .chat\n",
      .run = Show,
  };
}

}  // namespace viaduct::ctl
