#include "ctl/output/print_table.h"

#include "ctl/output/print.h"

namespace viaduct::ctl {

Outcome PrintTable(const Table& table, const Look& look) { return Print(table.Render(look)); }

}  // namespace viaduct::ctl
