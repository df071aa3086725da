#pragma once

#include "api/admin/v1/drain.pb.h"
#include "ops/program/drain.h"

namespace viaduct::ops {

// Returns a drain in the form of both admin APIs (api/admin/v1/drain.proto).
admin::v1::Drain ToProto(const Drain& drain);

}  // namespace viaduct::ops
