#include "ctl/chat/scope.h"

namespace viaduct::ctl {

Flag ClusterFlag(bool* cluster) {
  return {.name = "cluster", .help = "include the chat's other tasks", .read = ReadSwitch(cluster)};
}

Flag RoomFlag(std::optional<std::string>* room) {
  return {.name = "room", .value = "NAME", .help = "only this room; '' is the default room", .read = ReadAnyText(room)};
}

admin::v1::Scope ScopeOf(bool cluster) { return cluster ? admin::v1::CLUSTER : admin::v1::SCOPE_UNSPECIFIED; }

}  // namespace viaduct::ctl
