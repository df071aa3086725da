#pragma once

#include "ops/metrics/metrics_page.h"
#include "origin/broker/redis/redis_broker.h"

namespace viaduct::origin {

// Adds the broker's counters. The broker must outlive the page.
void AddBrokerMetrics(ops::MetricsPage* page, const RedisBroker* broker);

}  // namespace viaduct::origin
