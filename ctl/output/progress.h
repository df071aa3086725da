#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "ctl/output/exit_code.h"

namespace viaduct::ctl {

// How far something is. A value.
struct Progress {
  std::int64_t done = 0;
  std::int64_t of = 0;
};

// "closing  [##########----------]  50%  120 of 240", at most `width` wide.
std::string ProgressBar(std::string_view what, const Progress& progress, std::size_t width);

// Asks for progress each quarter of a second until all is done, and shows it: on a terminal as a bar in one line that
// is gone in the end, elsewhere as a line on standard error whenever a tenth more is done, so that standard output
// stays for the result.
Outcome FollowProgress(std::string_view what, const std::function<Outcome(Progress*)>& ask);

}  // namespace viaduct::ctl
