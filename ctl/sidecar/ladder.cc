#include "ctl/sidecar/ladder.h"

#include <string>

#include "absl/strings/ascii.h"
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

// Returns the time of one side of a rung, with its term.
std::string SideText(const admin::v1::Rung::Side& side) {
  return absl::StrCat(side.term(), " ", side.has_time() ? FormatAge(FromProto(side.time())) : "off");
}

Outcome Ladder(const Invocation& invocation, Client& client) {
  admin::v1::Ladder ladder;
  const Outcome called =
      client.Call(client.sidecar(), &SidecarAdmin::Stub::GetLadder, admin::v1::GetLadderRequest(), ladder);
  if (called) return called;
  if (invocation.options.structured()) return PrintMessage(ladder, invocation.options.format);
  return Print(RenderLadder(ladder, invocation.options.look()));
}

}  // namespace

std::string RenderLadder(const admin::v1::Ladder& ladder, const Look& look) {
  constexpr auto kWrap = Column::Narrow::kWrap;
  Table table({{.header = "STATE", .toned = true},
               {.header = "RUNG"},
               {.header = "MUST-BE-SHORTER", .min_width = 40, .narrow = kWrap, .below_order = 1},
               {.header = "THAN", .min_width = 40, .narrow = kWrap, .below_order = 1},
               {.header = "FIX", .min_width = 40, .narrow = kWrap, .below_order = 2}});
  for (const admin::v1::Rung& rung : ladder.rungs()) {
    const bool holds = rung.state() == admin::v1::Rung::HOLDS;
    table.AddRow({holds ? "ok" : absl::AsciiStrToLower(admin::v1::Rung::State_Name(rung.state())), rung.rung(),
                  SideText(rung.shorter()), SideText(rung.longer()), holds ? "" : rung.fix()});
  }
  return table.Render(look);
}

Command SidecarLadderCommand() {
  return {
      .name = "sidecar ladder",
      .calls = Calls::kSidecar,
      .summary = "Shows which timeout must be shorter than which other, and whether it is.",
      .examples = "  viaductctl sidecar ladder\n",
      .call = Ladder,
  };
}

}  // namespace viaduct::ctl
