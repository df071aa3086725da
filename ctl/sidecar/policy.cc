#include "ctl/sidecar/policy.h"

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "ctl/core/client.h"
#include "ctl/output/print.h"
#include "ctl/output/print_message.h"
#include "ctl/output/table.h"

namespace viaduct::ctl {
namespace {

using admin::v1::SidecarAdmin;

Outcome Policy(const Invocation& invocation, Client& client) {
  admin::v1::Policy policy;
  const Outcome called =
      client.Call(client.sidecar(), &SidecarAdmin::Stub::GetPolicy, admin::v1::GetPolicyRequest(), policy);
  if (called) return called;
  if (invocation.options.structured()) return PrintMessage(policy, invocation.options.format);
  const auto listed = [](const auto& texts, std::string_view none) {
    return texts.empty() ? std::string(none) : absl::StrJoin(texts, ", ");
  };
  std::vector<std::pair<std::string, std::string>> fields = {
      {"mode", policy.mode()},
      {"trusted peers", listed(policy.trusted_peers(), "none")},
      {"extra edges", absl::StrCat(policy.extra_edges())},
      {"hosts", listed(policy.hosts(), "any")},
      {"origins", listed(policy.origins(), "any")},
      {"secret header", policy.secret_header().empty() ? "no secret is required" : policy.secret_header()},
      {"secret values", listed(policy.secret_generations(), "none")}};
  for (const admin::v1::Policy::Check& check : policy.checks()) {
    fields.emplace_back(absl::StrCat("check ", check.check()), check.enforcement());
  }
  return Print(RenderFields(fields, invocation.options.look()));
}

}  // namespace

Command SidecarPolicyCommand() {
  return {
      .name = "sidecar policy",
      .calls = Calls::kSidecar,
      .summary = "Shows the policy in force: whose traffic is let through.",
      .details = "Of a secret, it shows only the names of the live values.\n",
      .examples = "  viaductctl sidecar policy\n",
      .call = Policy,
  };
}

}  // namespace viaduct::ctl
