#include "ctl/core/surroundings.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "ctl/output/text.h"

namespace viaduct::ctl {
namespace {

absl::Status Usage(std::string message) { return absl::InvalidArgumentError(message); }

bool CallsSidecar(Calls calls) { return calls == Calls::kSidecar || calls == Calls::kBoth; }

// Returns the variable that replaces `flag` in a command that calls `calls`.
std::string VariableOf(const Flag& flag, Calls calls) {
  return CallsSidecar(calls) && flag.name == "endpoint" ? "VIADUCT_SIDECAR_ENDPOINT" : std::string(flag.environment);
}

absl::Status ApplyEnvironment(Calls calls, bool token_file_given, std::span<const Flag> flags,
                              const Environment& environment, GlobalOptions* options) {
  for (const Flag& flag : flags) {
    if (flag.environment.empty()) continue;
    const std::string name = VariableOf(flag, calls);
    const std::optional<std::string> value = environment(name);
    if (!value || value->empty()) continue;
    const absl::Status status = flag.read(*value);
    if (!status.ok()) return Usage(absl::StrCat(name, " \"", Escape(*value), "\": ", status.message()));
  }
  if (token_file_given) return absl::OkStatus();
  options->token = environment("VIADUCT_TOKEN").value_or("");
  if (options->token.empty()) return absl::OkStatus();
  if (!environment("VIADUCT_TOKEN_FILE").value_or("").empty()) {
    return Usage("VIADUCT_TOKEN and VIADUCT_TOKEN_FILE are both set: unset one of them");
  }
  options->token_file.clear();  // from a context
  return absl::OkStatus();
}

absl::Status ApplyContext(const Context& context, Calls calls, GlobalOptions* options) {
  const bool sidecar = calls == Calls::kSidecar || (calls == Calls::kBoth && !context.sidecar.empty());
  options->endpoint = sidecar ? context.sidecar : context.chat;
  options->chat_endpoint = sidecar && calls == Calls::kBoth ? context.chat : "";
  if (options->endpoint.empty()) {
    return Usage(absl::StrCat("context ", context.name, " has no ", sidecar ? "sidecar" : "chat", ": give --endpoint"));
  }
  options->context = context.name;
  options->token_file = context.token_file;
  options->ca_file = context.ca_file;
  options->certificate_file = context.certificate_file;
  options->private_key_file = context.private_key_file;
  return absl::OkStatus();
}

}  // namespace

absl::Status ApplySurroundings(Calls calls, const GivenAccess& given, std::span<const Flag> flags,
                               const Environment& environment, const ContextLookup& contexts, GlobalOptions* options) {
  options->endpoint = std::string(CallsSidecar(calls) ? kSidecarEndpoint : kChatEndpoint);
  if (calls == Calls::kBoth && !given.endpoint) {
    const std::string chat = environment("VIADUCT_ENDPOINT").value_or("");
    options->chat_endpoint = chat.empty() ? std::string(kChatEndpoint) : chat;
  }
  if (given.endpoint && given.context) return Usage("give either --context or --endpoint, not both");
  const std::string variable = VariableOf(*FindFlag(flags, "endpoint"), calls);
  if (!given.endpoint && (given.context || environment(variable).value_or("").empty())) {
    const std::string name = given.context ? std::string(*given.context) : environment("VIADUCT_CONTEXT").value_or("");
    const absl::StatusOr<std::optional<Context>> context = contexts(name);
    if (!context.ok()) return Usage(std::string(context.status().message()));
    if (context->has_value()) {
      if (absl::Status status = ApplyContext(**context, calls, options); !status.ok()) return status;
    }
  }
  if (given.context) return absl::OkStatus();
  // A context that the environment names is not in use if an endpoint is given.
  const std::string used = options->context;
  const absl::Status status = ApplyEnvironment(calls, given.token_file, flags, environment, options);
  options->context = used;
  return status;
}

}  // namespace viaduct::ctl
