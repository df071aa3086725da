#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "ctl/output/exit_code.h"

namespace viaduct::ctl {

// The progress of a task. A value.
struct Progress {
  std::int64_t done = 0;
  std::int64_t of = 0;
};

// Returns "closing  [##########----------]  50%  120 of 240", at most `width` wide.
std::string ProgressBar(std::string_view what, const Progress& progress, std::size_t width);

// Calls `ask` every quarter of a second until all is done or it fails, and shows the progress on standard error: on a
// terminal as a bar that disappears at the end, elsewhere as a line for every further tenth. Standard output is left to
// the result.
Outcome FollowProgress(std::string_view what, const std::function<Outcome(Progress*)>& ask);

}  // namespace viaduct::ctl
