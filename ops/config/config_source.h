#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace viaduct::ops {

// Where a program's config comes from, as `--config` says: a file's path; "env:NAME", the environment variable NAME,
// for containers that cannot be given a file, as on Fargate; or "-", standard input. A file of such a name is "./-" or
// "./env:NAME". Nothing in the text is replaced, so that a value is always what stands there.
//
// Not thread-safe. A value.
class ConfigSource {
 public:
  explicit ConfigSource(std::string argument);

  // The kinds of files that Read accepts. A pipe may never end, so a program that watches its file accepts none.
  enum class Files { kAny, kRegular };
  // Reads the text; what is longer than a config may be is cut somewhere behind the limit, or refused. A variable and
  // standard input are read once, and their text is kept. An error names the source.
  absl::StatusOr<std::string> Read(Files files);

  // What errors call it: "standard input", or the argument.
  const std::string& name() const { return name_; }
  // The file that may change while the program runs; none for the other kinds.
  std::vector<std::string> files() const;

 private:
  enum class Kind { kFile, kEnvironment, kStandardInput };

  Kind kind_;
  std::string argument_;
  std::string name_;
  std::optional<std::string> kept_;  // the text of what is read once
};

}  // namespace viaduct::ops
