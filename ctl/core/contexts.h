#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "ctl/core/candidates.h"
#include "ctl/core/environment.h"

namespace viaduct::ctl {

// Endpoints and credentials under a name. Paths can be opened as they are; members that are not set are "". A value.
struct Context {
  std::string name;
  std::string chat;
  std::string sidecar;
  std::string token_file;
  std::string ca_file;
  std::string certificate_file;
  std::string private_key_file;
};

// A file of contexts. A value.
struct Contexts {
  // Reads the file at `path`; a missing file has no contexts. `home` replaces "~". An error begins with
  // "file:line:column: ".
  static absl::StatusOr<Contexts> Load(const std::string& path, const std::string& home);

  // Returns the context called `name`. An error names the closest one, or the command that lists them.
  absl::StatusOr<Context> Find(std::string_view name) const;

  std::string path;
  std::string current;  // "" if none is
  std::vector<Context> contexts;
};

// Returns an error if a context may not have this name.
absl::Status CheckContextName(std::string_view name);

// The completion of a context's name.
inline constexpr Candidates kContextNames = {.kind = Candidates::Kind::kListed, .text = "context list --no-headers"};

// Returns the path of the file: VIADUCT_CONTEXTS, or a file below XDG_CONFIG_HOME or ~/.config. "" if none of them is
// set.
std::string ContextsPath(const Environment& environment);

}  // namespace viaduct::ctl
