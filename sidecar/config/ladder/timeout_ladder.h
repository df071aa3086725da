#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "api/sidecar/v1/sidecar.pb.h"
#include "sidecar/config/ladder/rung.h"

namespace viaduct::sidecar {

// The balancer directly in front of the sidecar. CloudFront stands in front of it.
enum class Front : std::uint8_t { kAlb, kNlb, kNothing };

// Returns the rungs that apply behind `front`, in the order of RungId; for a rung that every route has, only the worst
// one. `config` must contain all its defaults.
std::vector<Rung> TimeoutLadder(const sidecar::v1::SidecarConfig& config, Front front);

// Returns OK, or an error that begins with the field of the first wrong rung. Advice is not an error.
absl::Status CheckLadder(const std::vector<Rung>& ladder);

}  // namespace viaduct::sidecar
