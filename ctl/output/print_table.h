#pragma once

#include "ctl/output/exit_code.h"
#include "ctl/output/table.h"

namespace viaduct::ctl {

// Prints the table, fitted to the terminal if standard output is one.
Outcome PrintTable(const Table& table, Table::Headers headers);

}  // namespace viaduct::ctl
