#include "ops/admin/admin_drain.h"

#include "ops/admin/admin_call.h"

namespace viaduct::ops {

admin::v1::Drain ToProto(const Drain& drain) {
  admin::v1::Drain proto;
  proto.set_open(drain.open);
  proto.set_state(admin::v1::Drain::SERVING);
  if (drain.state == Drain::State::kServing) return proto;
  proto.set_state(drain.state == Drain::State::kDrained ? admin::v1::Drain::DRAINED : admin::v1::Drain::DRAINING);
  proto.set_cause(drain.cause == Drain::Cause::kStop ? admin::v1::Drain::STOP : admin::v1::Drain::OPERATOR);
  *proto.mutable_start_time() = ToTimestamp(drain.since);
  *proto.mutable_spread_end_time() = ToTimestamp(drain.spread_end);
  if (drain.deadline.has_value()) *proto.mutable_deadline() = ToTimestamp(*drain.deadline);
  proto.set_open_at_start(drain.open_at_start);
  proto.set_closed(drain.closed);
  return proto;
}

}  // namespace viaduct::ops
