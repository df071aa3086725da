#include "ctl/options/spread_options.h"

namespace viaduct::ctl {

Flag SpreadFlag(SpreadOptions* options) {
  return {.name = "spread",
          .value = "DURATION",
          .help = "spread the closes evenly over this time, up to 24h (default: all at once)",
          .read = ReadSpan(&options->spread)};
}

Flag WaitFlag(bool* wait) {
  return {.name = "wait", .help = "wait until all are closed, and show the progress", .read = ReadSwitch(wait)};
}

}  // namespace viaduct::ctl
