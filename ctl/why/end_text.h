#pragma once

#include <string>

#include "api/admin/v1/recent_ends.pb.h"

namespace viaduct::ctl {

// Tells a person how a request or connection ended: a line with time and reason, then the facts that its log line has,
// a line each. Text from the wire is escaped.
std::string EndText(const admin::v1::RecentEnd& end);

}  // namespace viaduct::ctl
