#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ctl/core/contexts.h"
#include "ctl/core/environment.h"
#include "ctl/core/flag.h"
#include "ctl/core/global_options.h"

namespace viaduct::ctl {

// Looks up a context by its name; "" means the current one, and nullopt that there is none.
using ContextLookup = std::function<absl::StatusOr<std::optional<Context>>(std::string_view name)>;

// The endpoint and credentials on the command line, which decide what else is read.
struct GivenAccess {
  // The value of --context, if it is given.
  std::optional<std::string_view> context;
  bool endpoint = false;
  bool token_file = false;
};

// Sets the options that come from elsewhere than the command line: the defaults of a command that calls `calls`, a
// context, and the environment. `flags` are the global flags, which write `options`; flags that are given are applied
// afterwards and win.
//
// A context is used as a whole: one that is requested by --context hides the variables for endpoint and credentials,
// and an endpoint that is given, by flag or variable, hides the current context. An empty variable counts as not set.
// An error is one line for the user.
absl::Status ApplySurroundings(Calls calls, const GivenAccess& given, std::span<const Flag> flags,
                               const Environment& environment, const ContextLookup& contexts, GlobalOptions* options);

}  // namespace viaduct::ctl
