#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "api/filter/v1/filter.pb.h"
#include "filter/origin_secret.h"

namespace viaduct::sidecar {

// The sources of the origin secret, each with the value that it last had when it could be read: a source that breaks
// takes away neither its own value nor another's.
//
// No error says anything of what a source holds. Not thread-safe. A value.
class KnownSecrets {
 public:
  // None.
  KnownSecrets() = default;

  // Those of `message`: the value of a source that is known here already, as it stands there, and what the others hold
  // now. Errors begin with the path of the field at fault: "secret.sources[0].file: ".
  absl::StatusOr<KnownSecrets> Follow(const filter::v1::OriginSecret& message) const;
  // Reads all sources again. The first error; what can be read is taken all the same.
  absl::Status ReadAgain();

  // Without those that are absent.
  std::vector<filter::NamedSecret> values() const;
  // Returns the paths of the sources that are files.
  std::vector<std::string> files() const;

  // Returns true if the sources hold the same values; the sources themselves may differ.
  bool SameValues(const KnownSecrets& other) const;

 private:
  struct Known {
    filter::v1::SecretSource source;
    std::optional<std::string> value;  // nullopt: it is absent, and may be
  };

  const Known* Find(const filter::v1::SecretSource& source) const;

  std::vector<Known> known_;
};

}  // namespace viaduct::sidecar
