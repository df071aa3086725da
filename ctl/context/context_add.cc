#include "ctl/context/context_add.h"

#include <unistd.h>

#include <cstdlib>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "ctl/core/context_file.h"
#include "ctl/core/contexts.h"
#include "ctl/core/endpoint.h"
#include "ctl/core/environment.h"
#include "ctl/output/print.h"
#include "ctl/output/text.h"

namespace viaduct::ctl {
namespace {

struct Options {
  std::string chat;
  std::string sidecar;
};

absl::Status Check(const Options& options) {
  if (options.chat.empty() && options.sidecar.empty()) {
    return absl::InvalidArgumentError("'context add' needs --chat ADDRESS, --sidecar ADDRESS or both");
  }
  for (const std::string& endpoint : {options.chat, options.sidecar}) {
    if (endpoint.empty()) continue;
    if (const auto parsed = ParseEndpoint(endpoint); !parsed.ok()) return parsed.status();
  }
  return absl::OkStatus();
}

// The file's paths are relative to its folder; those of a command line are relative to the working directory.
std::string Absolute(const std::string& path) {
  if (path.empty() || path.starts_with('/')) return path;
  char* const folder = ::getcwd(nullptr, 0);
  if (folder == nullptr) return path;
  const std::string absolute = absl::StrCat(folder, "/", path);
  std::free(folder);
  return absolute;
}

Outcome Add(const Options& options, const Invocation& invocation) {
  const std::string path = ContextsPath(ProcessEnvironment);
  const Context context = {.name = invocation.arguments[0],
                           .chat = options.chat,
                           .sidecar = options.sidecar,
                           .token_file = Absolute(invocation.options.token_file),
                           .ca_file = Absolute(invocation.options.ca_file),
                           .certificate_file = Absolute(invocation.options.certificate_file),
                           .private_key_file = Absolute(invocation.options.private_key_file)};
  if (const absl::Status valid = CheckContextName(context.name); !valid.ok()) return UsageFailure(valid);
  const absl::Status added = AddContext(path, ProcessEnvironment("HOME").value_or(""), context);
  if (!added.ok()) return UsageFailure(added);
  return Print(absl::StrCat("added the context ", context.name, " to ", Escape(path), "\n"));
}

}  // namespace

Command ContextAddCommand() {
  const auto options = std::make_shared<Options>();
  return {
      .name = "context add",
      .arguments = "NAME",
      .min_arguments = 1,
      .max_arguments = 1,
      .flags = {{.name = "chat",
                 .value = "ADDRESS",
                 .help = "address of the chat's admin API, as for --endpoint",
                 .read = ReadText(&options->chat)},
                {.name = "sidecar",
                 .value = "ADDRESS",
                 .help = "address of the sidecar's admin API, as for --endpoint",
                 .read = ReadText(&options->sidecar)}},
      .summary = "Adds a context, which names endpoints and credentials.",
      .details =
          "--token-file, --ca, --cert and --key become part of it. The file is made if there is none, readable only "
          "by\n"
          "its owner; the other lines of an existing one stay as they are.\n",
      .examples =
          "  viaductctl context add here --chat unix:/run/viaduct/chat-admin.sock\n"
          "  viaductctl context add prod --chat 10.0.0.5:8083 --ca prod-ca.pem --token-file prod.token\n",
      .check = [options](const Arguments&) { return Check(*options); },
      .run = [options](const Invocation& invocation) { return Add(*options, invocation); },
  };
}

}  // namespace viaduct::ctl
