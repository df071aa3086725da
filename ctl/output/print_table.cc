#include "ctl/output/print_table.h"

#include "ctl/output/print.h"

namespace viaduct::ctl {

Outcome PrintTable(const Table& table, Table::Headers headers) { return Print(table.Render(TerminalWidth(), headers)); }

}  // namespace viaduct::ctl
