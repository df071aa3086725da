#pragma once

#include "ops/metrics_page.h"
#include "origin/redis/redis_broker.h"

namespace viaduct {

// Shows what the broker counts. It must outlive the page.
void AddBrokerMetrics(MetricsPage* page, const RedisBroker* broker);

}  // namespace viaduct
