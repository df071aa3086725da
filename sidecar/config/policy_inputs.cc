#include "sidecar/config/policy_inputs.h"

#include <utility>

#include "sidecar/config/ranges/ranges_list.h"
#include "sidecar/config/secrets/known_secrets.h"
#include "text/field_error.h"

namespace viaduct::sidecar {

absl::StatusOr<filter::PolicyInputs> ReadPolicyInputs(const filter::v1::VpcOrigin& message) {
  absl::StatusOr<RangesList> list = ReadRangesList(message.edge_ranges().file());
  if (!list.ok()) return text::AtField("edge_ranges.file", absl::InvalidArgumentError(list.status().message()));
  const absl::StatusOr<KnownSecrets> secrets = KnownSecrets().Follow(message.secret());
  if (!secrets.ok()) return secrets.status();
  return filter::PolicyInputs{std::move(list->ranges), secrets->values()};
}

}  // namespace viaduct::sidecar
