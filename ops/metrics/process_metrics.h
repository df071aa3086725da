#pragma once

#include <string>

#include "ops/metrics/metrics_page.h"

namespace viaduct::ops {

// Adds the metrics that Prometheus' client libraries provide for every process, read from /proc when the page is
// rendered: process_cpu_seconds_total, process_start_time_seconds, process_resident_memory_bytes,
// process_virtual_memory_bytes, process_open_fds, process_max_fds and process_threads. A value that cannot be read is
// left out.
void AddProcessMetrics(MetricsPage* page);

// Adds viaduct_build_info, which is always 1, with these labels and a label for the compiler.
void AddBuildInfo(MetricsPage* page, std::string program, std::string version);

}  // namespace viaduct::ops
