#include "ctl/sidecar/ranges.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "ctl/core/client.h"
#include "ctl/output/print.h"
#include "ctl/output/print_message.h"
#include "ctl/output/proto_time.h"
#include "ctl/output/table.h"
#include "ctl/output/text.h"

namespace viaduct::ctl {
namespace {

using admin::v1::SidecarAdmin;

Outcome Ranges(const Invocation& invocation, Client& client) {
  admin::v1::Ranges ranges;
  const Outcome called =
      client.Call(client.sidecar(), &SidecarAdmin::Stub::GetRanges, admin::v1::GetRangesRequest(), ranges);
  if (called) return called;
  if (invocation.options.structured()) return PrintMessage(ranges, invocation.options.format);
  return Print(RenderFields({{"source", ranges.source()},
                             {"sync token", ranges.sync_token()},
                             {"created", ranges.create_date()},
                             {"age", FormatAge(FromProto(ranges.age()))},
                             {"prefixes", absl::StrCat(ranges.prefixes())},
                             {"removed, still valid", absl::StrCat(ranges.removed_prefixes())}},
                            invocation.options.look()));
}

}  // namespace

Command SidecarRangesCommand() {
  return {
      .name = "sidecar ranges",
      .calls = Calls::kSidecar,
      .summary = "Shows which list of CloudFront's address ranges is in force, and its age.",
      .examples =
          "  viaductctl sidecar ranges\n"
          "  viaductctl sidecar ranges --json | jq -r .sync_token\n",
      .call = Ranges,
  };
}

}  // namespace viaduct::ctl
