#pragma once

#include "api/admin/v1/drain.pb.h"
#include "ops/program/drain.h"

namespace viaduct::ops {

// A drain as both admin APIs answer it (api/admin/v1/drain.proto).
admin::v1::Drain ToProto(const Drain& drain);

}  // namespace viaduct::ops
