#pragma once

#include <string>

#include "api/sidecar/v1/sidecar.pb.h"
#include "sidecar/field_checker.h"

namespace viaduct {

// What the sidecar does as a part of an ECS task. A value.
struct EcsConfig {
  std::string metadata_uri;  // "": no task to be asked for
};

// What `proto` leaves to the environment is read from there. A variable may hold anything: who uses it will complain.
EcsConfig ReadEcs(sidecar::v1::Ecs* proto, FieldChecker* check);

}  // namespace viaduct
