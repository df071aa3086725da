#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/filter/v1/filter.pb.h"
#include "filter/origin_secret.h"
#include "ops/config/watched_files.h"

namespace viaduct::sidecar {

// The sources of the origin secret, each with the last value that could be read: a source that breaks loses neither its
// own value nor another's.
//
// No error reveals any part of a source's content. Not thread-safe. A value.
class KnownSecrets {
 public:
  // Has no sources.
  KnownSecrets() = default;

  // Returns the sources of `message`: unchanged sources that are known here keep their values, the others are read now.
  // Errors begin with the path of the field at fault: "secret.sources[0].file: ".
  absl::StatusOr<KnownSecrets> Follow(const filter::v1::OriginSecret& message) const;
  // Reads all sources again and takes over every value that can be read. Returns the first error. Unless an operator
  // asks (kAlways), a value that is the beginning of the one before is an error: its file is probably half written.
  absl::Status ReadAgain(ops::WatchedFiles::How how);

  // Returns the values that are present.
  std::vector<filter::NamedSecret> values() const;
  // Returns the paths of the sources that are files.
  std::vector<std::string> files() const;

  // Returns true if the sources hold the same values; the sources themselves may differ.
  bool SameValues(const KnownSecrets& other) const;

 private:
  struct Known {
    filter::v1::SecretSource source;
    std::optional<std::string> value;  // nullopt: absent, as is allowed
  };

  const Known* Find(const filter::v1::SecretSource& source) const;

  std::vector<Known> known_;
};

}  // namespace viaduct::sidecar
