#include "ctl/sidecar/reload.h"

#include "absl/strings/str_cat.h"
#include "ctl/core/client.h"
#include "ctl/output/print.h"
#include "ctl/output/print_message.h"

namespace viaduct::ctl {
namespace {

using admin::v1::SidecarAdmin;

Outcome Reload(const Invocation& invocation, Client& client) {
  admin::v1::ReloadResponse response;
  const Outcome called =
      client.Call(client.sidecar(), &SidecarAdmin::Stub::Reload, admin::v1::ReloadRequest(), response);
  if (called) return called;
  if (invocation.options.structured()) return PrintMessage(response, invocation.options.format);
  return Print(absl::StrCat("reloaded the sidecar on ", client.target(), "\n"));
}

}  // namespace

Command SidecarReloadCommand() {
  return {
      .name = "sidecar reload",
      .calls = Calls::kSidecar,
      .summary = "Makes the sidecar read its files again, and waits; exit code 1 if one is invalid.",
      .details =
          "An invalid file changes nothing; the valid ones take effect all the same.\n"
          "A config that relaxes the checks takes effect too, which a changed file alone does not do.\n",
      .examples = "  viaductctl sidecar reload --timeout 30s\n",
      .call = Reload,
  };
}

}  // namespace viaduct::ctl
