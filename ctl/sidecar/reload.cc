#include "ctl/sidecar/reload.h"

#include "ctl/core/client.h"
#include "ctl/output/print_json.h"

namespace viaduct::ctl {
namespace {

using admin::v1::SidecarAdmin;

Outcome Reload(const Invocation& invocation, Client& client) {
  admin::v1::ReloadResponse response;
  const Outcome called =
      client.Call(client.sidecar(), &SidecarAdmin::Stub::Reload, admin::v1::ReloadRequest(), response);
  if (called) return called;
  return invocation.options.json ? PrintJson(response) : Print("reloaded\n");
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
