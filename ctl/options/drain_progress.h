#pragma once

#include <functional>

#include "api/admin/v1/drain.pb.h"
#include "ctl/output/exit_code.h"

namespace viaduct::ctl {

// Shows the progress of a drain until nothing is left open; fails if the drain is cancelled. `ask` fetches the state,
// the last of which is left in `drain`.
Outcome FollowDrain(const std::function<Outcome(admin::v1::Drain* drain)>& ask, admin::v1::Drain* drain);

}  // namespace viaduct::ctl
