#include "filter/policy_from_proto.h"

#include <cerrno>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "filter/builtin_ranges.h"
#include "filter/ip_ranges_json.h"
#include "filter/spec_error.h"

namespace viaduct {
namespace {

// Twenty times the size of AWS's file in 2026.
constexpr std::size_t kMaxRangesFileSize = std::size_t{52} << 20;

absl::StatusOr<std::string> ReadRangesFile(const std::string& path) {
  std::error_code error;
  const std::filesystem::file_status status = std::filesystem::status(path, error);
  if (error) return SpecError(path, absl::StrCat("cannot be read: ", error.message()));
  // Reading from anything else might never end.
  if (!std::filesystem::is_regular_file(status)) return SpecError(path, "is not a regular file");

  std::ifstream file(path, std::ios::binary);
  if (!file) {
    return SpecError(path, absl::StrCat("cannot be read: ", std::error_code(errno, std::generic_category()).message()));
  }
  std::string text;
  char buffer[64 * 1024];
  while (file.read(buffer, sizeof(buffer)), file.gcount() > 0) {
    text.append(buffer, static_cast<std::size_t>(file.gcount()));
    if (text.size() > kMaxRangesFileSize) return SpecError(path, "is larger than 52 MiB");
  }
  if (file.bad()) return SpecError(path, "cannot be read to its end");
  return text;
}

absl::StatusOr<IpRanges> RangesOf(const filter::v1::EdgeRanges& message) {
  if (message.file().empty()) return BuiltinRanges();
  const absl::StatusOr<std::string> text = ReadRangesFile(message.file());
  if (!text.ok()) return text.status();
  absl::StatusOr<IpRanges> ranges = ParseIpRangesJson(*text);
  if (!ranges.ok()) {
    const absl::string_view fault = ranges.status().message();
    return SpecError(message.file(), std::string_view(fault.data(), fault.size()));
  }
  return ranges;
}

absl::StatusOr<EdgeMode> ModeOf(filter::v1::Mode mode) {
  switch (mode) {
    case filter::v1::ALB:
      return EdgeMode::kAlb;
    case filter::v1::NLB:
      return EdgeMode::kNlb;
    case filter::v1::DIRECT:
      return EdgeMode::kDirect;
    case filter::v1::MODE_UNSPECIFIED:
      return absl::InvalidArgumentError("is required, ALB, NLB or DIRECT, since it decides which bytes are believed");
    default:
      return SpecError(std::to_string(mode), "is not ALB, NLB or DIRECT");
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
      return AtField(path, SpecError(std::to_string(value), "is not ENFORCE, MONITOR or OFF"));
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
  };
  for (const absl::Status& status : statuses) {
    if (!status.ok()) return status;
  }
  return result;
}

}  // namespace

absl::StatusOr<PolicySpec> PolicySpecFromProto(const filter::v1::VpcOrigin& message) {
  const absl::StatusOr<EdgeMode> mode = ModeOf(message.mode());
  if (!mode.ok()) return AtField("mode", mode.status());
  if (*mode == EdgeMode::kDirect && message.trusted_peer() != filter::v1::ENFORCEMENT_UNSPECIFIED) {
    return absl::InvalidArgumentError("trusted_peer: is no check of mode DIRECT, where edge_range judges the peer");
  }
  absl::StatusOr<CheckEnforcements> enforcements = EnforcementsOf(message);
  if (!enforcements.ok()) return enforcements.status();
  absl::StatusOr<IpRanges> ranges = RangesOf(message.edge_ranges());
  if (!ranges.ok()) return AtField("edge_ranges.file", ranges.status());

  PolicySpec spec;
  spec.mode = *mode;
  spec.trusted_peers.assign(message.trusted_peers().begin(), message.trusted_peers().end());
  spec.edge_ranges = *std::move(ranges);
  spec.extra_edges.assign(message.edge_ranges().extra().begin(), message.edge_ranges().extra().end());
  spec.hosts.assign(message.hosts().begin(), message.hosts().end());
  spec.origins.assign(message.origins().begin(), message.origins().end());
  spec.enforcements = *enforcements;
  return spec;
}

}  // namespace viaduct
