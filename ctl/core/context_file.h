#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "ctl/core/contexts.h"

namespace viaduct::ctl {

// Changes of the operator's file of contexts. Each keeps the other lines, comments included, and readers see either the
// old file or the new one. A file whose list is not in YAML's block style, one "- " for each context, is left unchanged
// with an error. `home` is as for Contexts::Load.

// Makes `name` the current context.
absl::Status UseContext(const std::string& path, const std::string& home, std::string_view name);

// Appends a context, whose paths must be absolute. Creates the file, readable only by its owner, and its folder.
absl::Status AddContext(const std::string& path, const std::string& home, const Context& context);

// Removes the context called `name`, with the comments between it and the next one. If it is the current one, no
// context is current any more.
absl::Status RemoveContext(const std::string& path, const std::string& home, std::string_view name);

}  // namespace viaduct::ctl
