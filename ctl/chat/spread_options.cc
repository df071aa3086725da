#include "ctl/chat/spread_options.h"

namespace viaduct::ctl {

Flag SpreadFlag(SpreadOptions* options) {
  return {.name = "spread",
          .value = "DURATION",
          .help = "from the first close to the last, up to 24h (default: at once)",
          .read = ReadSpan(&options->spread)};
}

Flag WaitFlag(SpreadOptions* options) {
  return {
      .name = "wait", .help = "stay until all are closed, and show how far it is", .read = ReadSwitch(&options->wait)};
}

}  // namespace viaduct::ctl
