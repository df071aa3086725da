#pragma once

#include <cstdio>
#include <optional>
#include <string>

#include "api/admin/v1/chat_admin.pb.h"
#include "ctl/core/flag.h"
#include "ctl/output/text.h"

namespace viaduct::ctl {

// --cluster: also asks the chat's other tasks.
Flag ClusterFlag(bool* cluster);

// --room; "" is the default room.
Flag RoomFlag(std::optional<std::string>* room);

// The scope that --cluster selects.
admin::v1::Scope ScopeOf(bool cluster);

// Warns on standard error that an answer is partial, and names the missing tasks: a list of `UnansweredTask`.
template <typename Tasks>
void WarnOfUnanswered(const Tasks& unanswered) {
  for (const admin::v1::UnansweredTask& task : unanswered) {
    const std::string who = task.task().empty() ? "the other tasks" : "task " + Escape(task.task());
    std::fprintf(stderr, "viaductctl: partial answer, without %s: %s\n", who.c_str(), Escape(task.message()).c_str());
  }
}

}  // namespace viaduct::ctl
