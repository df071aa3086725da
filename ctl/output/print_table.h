#pragma once

#include "ctl/output/exit_code.h"
#include "ctl/output/table.h"

namespace viaduct::ctl {

Outcome PrintTable(const Table& table, const Look& look);

}  // namespace viaduct::ctl
