#pragma once

#include "filter/ip_ranges_json.h"

namespace viaduct::filter {

// The snapshot of CloudFront's origin-facing prefixes that is built into the program (filter/data/).
//
// AWS changes the list a few times a year; after that this snapshot refuses some genuine edges. Its create_date says
// how old it is. May be called from any thread; the value lives as long as the program.
const IpRanges& BuiltinRanges();

}  // namespace viaduct::filter
