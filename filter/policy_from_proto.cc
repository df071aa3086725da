#include "filter/policy_from_proto.h"

#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "text/field_error.h"

namespace viaduct::filter {
namespace {

absl::StatusOr<EdgeMode> ModeOf(filter::v1::Mode mode) {
  switch (mode) {
    case filter::v1::ALB:
      return EdgeMode::kAlb;
    case filter::v1::NLB:
      return EdgeMode::kNlb;
    case filter::v1::DIRECT:
      return EdgeMode::kDirect;
    case filter::v1::MODE_UNSPECIFIED:
      return absl::InvalidArgumentError("is required: ALB, NLB or DIRECT; it decides which bytes are believed");
    default:
      return text::InvalidValue(std::to_string(mode), "is not ALB, NLB or DIRECT");
  }
}

// Reads the enforcement of one check into `target`.
absl::Status ReadEnforcement(std::string_view path, filter::v1::Enforcement value, Enforcement& target) {
  switch (value) {
    case filter::v1::ENFORCEMENT_UNSPECIFIED:
    case filter::v1::ENFORCE:
      target = Enforcement::kEnforce;
      return absl::OkStatus();
    case filter::v1::MONITOR:
      target = Enforcement::kMonitor;
      return absl::OkStatus();
    case filter::v1::OFF:
      target = Enforcement::kOff;
      return absl::OkStatus();
    default:
      return text::AtField(path, text::InvalidValue(std::to_string(value), "is not ENFORCE, MONITOR or OFF"));
  }
}

absl::StatusOr<CheckEnforcements> EnforcementsOf(const filter::v1::VpcOrigin& message) {
  CheckEnforcements result;
  const absl::Status statuses[] = {
      ReadEnforcement("trusted_peer", message.trusted_peer(), result.trusted_peer),
      ReadEnforcement("edge_range", message.edge_range(), result.edge_range),
      ReadEnforcement("via", message.via(), result.via),
      ReadEnforcement("cf_id", message.cf_id(), result.cf_id),
      ReadEnforcement("host", message.host(), result.host),
      ReadEnforcement("origin", message.origin(), result.origin),
      ReadEnforcement("secret_enforcement", message.secret_enforcement(), result.secret),
  };
  for (const absl::Status& status : statuses) {
    if (!status.ok()) return status;
  }
  return result;
}

}  // namespace

absl::StatusOr<PolicySpec> PolicySpecFromProto(const filter::v1::VpcOrigin& message, PolicyInputs inputs) {
  const absl::StatusOr<EdgeMode> mode = ModeOf(message.mode());
  if (!mode.ok()) return text::AtField("mode", mode.status());
  const bool trusted_peer_off =
      message.trusted_peer() == filter::v1::ENFORCEMENT_UNSPECIFIED || message.trusted_peer() == filter::v1::OFF;
  if (*mode == EdgeMode::kDirect && !trusted_peer_off) {
    return absl::InvalidArgumentError(
        "trusted_peer: mode DIRECT does not make this check; edge_range judges the peer there");
  }
  absl::StatusOr<CheckEnforcements> enforcements = EnforcementsOf(message);
  if (!enforcements.ok()) return enforcements.status();
  if (!message.has_secret() && message.secret_enforcement() != filter::v1::ENFORCEMENT_UNSPECIFIED) {
    return absl::InvalidArgumentError("secret_enforcement: there is no secret to check");
  }

  PolicySpec spec;
  spec.mode = *mode;
  spec.trusted_peers.assign(message.trusted_peers().begin(), message.trusted_peers().end());
  spec.edge_ranges = std::move(inputs.edge_ranges);
  spec.extra_edges.assign(message.edge_ranges().extra().begin(), message.edge_ranges().extra().end());
  spec.hosts.assign(message.hosts().begin(), message.hosts().end());
  spec.origins.assign(message.origins().begin(), message.origins().end());
  if (message.has_secret()) spec.secret = SecretSpec{message.secret().header(), std::move(inputs.secrets)};
  spec.enforcements = *enforcements;
  return spec;
}

void WriteDefaults(filter::v1::VpcOrigin* message) {
  if (message->trusted_peer() == filter::v1::ENFORCEMENT_UNSPECIFIED) {
    message->set_trusted_peer(message->mode() == filter::v1::DIRECT ? filter::v1::OFF : filter::v1::ENFORCE);
  }
  if (!message->has_secret()) return;
  if (message->secret_enforcement() == filter::v1::ENFORCEMENT_UNSPECIFIED) {
    message->set_secret_enforcement(filter::v1::ENFORCE);
  }
  for (filter::v1::SecretSource& source : *message->mutable_secret()->mutable_sources()) {
    if (source.format() == filter::v1::SECRET_FORMAT_UNSPECIFIED) {
      source.set_format(source.json_key().empty() ? filter::v1::TEXT : filter::v1::SECRETS_MANAGER_JSON);
    }
    if (source.format() == filter::v1::SECRETS_MANAGER_JSON && source.json_key().empty()) {
      source.set_json_key(std::string(OriginSecret::kDefaultJsonKey));
    }
  }
}

}  // namespace viaduct::filter
