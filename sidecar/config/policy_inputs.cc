#include "sidecar/config/policy_inputs.h"

#include <cstddef>
#include <utility>

#include "absl/strings/str_cat.h"
#include "sidecar/config/ranges/ranges_list.h"
#include "sidecar/config/secrets/known_secrets.h"
#include "sidecar/config/secrets/secret_source.h"
#include "text/field_error.h"

namespace viaduct::sidecar {

namespace {

absl::StatusOr<filter::IpRanges> ReadRanges(const filter::v1::VpcOrigin& message) {
  absl::StatusOr<RangesList> list = ReadRangesList(message.edge_ranges().file());
  if (!list.ok()) return text::AtField("edge_ranges.file", absl::InvalidArgumentError(list.status().message()));
  return std::move(list->ranges);
}

}  // namespace

absl::StatusOr<filter::PolicyInputs> ReadPolicyInputs(const filter::v1::VpcOrigin& message) {
  absl::StatusOr<filter::IpRanges> ranges = ReadRanges(message);
  if (!ranges.ok()) return ranges.status();
  const absl::StatusOr<KnownSecrets> secrets = KnownSecrets().Follow(message.secret());
  if (!secrets.ok()) return secrets.status();
  return filter::PolicyInputs{*std::move(ranges), secrets->values()};
}

absl::StatusOr<filter::PolicyInputs> PolicyInputsWithoutSecrets(const filter::v1::VpcOrigin& message) {
  absl::StatusOr<filter::IpRanges> ranges = ReadRanges(message);
  if (!ranges.ok()) return ranges.status();
  filter::PolicyInputs inputs{*std::move(ranges), {}};
  for (const filter::v1::SecretSource& source : message.secret().sources()) {
    const std::size_t index = inputs.secrets.size();
    if (const absl::Status status = CheckSecretSource(source); !status.ok()) return AtSecretSource(index, status);
    inputs.secrets.push_back({source.name(), absl::StrCat("not read, but number ", index)});
  }
  return inputs;
}

}  // namespace viaduct::sidecar
