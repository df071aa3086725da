#pragma once

#include <string_view>

#include "ctl/core/flag.h"
#include "ctl/output/exit_code.h"

namespace viaduct::ctl {

// --yes, for commands that ask before they change much.
Flag YesFlag(bool* yes);

// Returns true if Confirm would ask: neither `yes` nor a stream that is not a terminal keeps it from that.
bool WouldAsk(bool yes);

// Asks the operator `question` on standard error and waits for a line of standard input. A failure unless the answer is
// "y" or "yes". Asks only if both are a terminal: a script is never held up, with or without --yes.
Outcome Confirm(std::string_view question, bool yes);

}  // namespace viaduct::ctl
