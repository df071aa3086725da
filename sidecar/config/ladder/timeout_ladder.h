#pragma once

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "api/sidecar/v1/sidecar.pb.h"
#include "sidecar/config/ladder/rung.h"

namespace viaduct::sidecar {

// The balancer directly in front of the sidecar. CloudFront stands in front of it.
enum class Front : std::uint8_t { kAlb, kNlb, kNothing };

// The rungs that make sense behind `front`, in the order of RungId; of a rung that each route has, that of the route
// which is worst off. `config` has all its defaults written in.
std::vector<Rung> TimeoutLadder(const sidecar::v1::SidecarConfig& config, Front front);

// OK, or an error that begins with the field of the first wrong rung; advice is no error.
absl::Status CheckLadder(const std::vector<Rung>& ladder);

}  // namespace viaduct::sidecar
