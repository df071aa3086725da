#pragma once

#include <cstdio>
#include <string>

#include "api/admin/v1/chat_admin.pb.h"
#include "ctl/core/options.h"
#include "ctl/output/text.h"

namespace viaduct::ctl {

// What --cluster asks for.
inline admin::v1::Scope ScopeOf(const Options& options) {
  return options.cluster ? admin::v1::CLUSTER : admin::v1::SCOPE_UNSPECIFIED;
}

// Tells on standard error that an answer is only a part, and whose is missing: a list of `UnansweredTask`.
template <typename Tasks>
void WarnOf(const Tasks& unanswered) {
  for (const admin::v1::UnansweredTask& task : unanswered) {
    const std::string who = task.task().empty() ? "the other tasks" : "task " + Escape(task.task());
    std::fprintf(stderr, "viaductctl: partial answer, without %s: %s\n", who.c_str(), Escape(task.message()).c_str());
  }
}

}  // namespace viaduct::ctl
