#include "ctl/chat/connection_filter.h"

#include "ctl/chat/scope.h"
#include "ctl/options/list_options.h"
#include "ctl/output/proto_time.h"

namespace viaduct::ctl {

std::vector<Flag> ConnectionFilterFlags(ConnectionFilter* filter) {
  return {
      RoomFlag(&filter->room),
      ViewerFlag(&filter->viewer),
      {.name = "peer-range",
       .value = "RANGE",
       .help = "only TCP peers in this range: an address, or a CIDR like 10.0.0.0/8",
       .read = ReadText(&filter->peer_range)},
      AgeFlag(&filter->age),
      IdleFlag(&filter->idle),
  };
}

std::optional<admin::v1::ConnectionFilter> ToProto(const ConnectionFilter& filter) {
  admin::v1::ConnectionFilter proto;
  if (filter.room) proto.set_room(*filter.room);
  proto.set_viewer_range(filter.viewer);
  proto.set_peer_range(filter.peer_range);
  if (filter.age) *proto.mutable_open_longer_than() = ToDurationProto(*filter.age);
  if (filter.idle) *proto.mutable_idle_longer_than() = ToDurationProto(*filter.idle);
  // A room that is set to "" takes bytes too.
  if (proto.ByteSizeLong() == 0) return std::nullopt;
  return proto;
}

}  // namespace viaduct::ctl
