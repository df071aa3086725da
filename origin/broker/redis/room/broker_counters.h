#pragma once

#include "ops/metrics/metrics.h"

namespace viaduct::origin {

// Counters of the broker's thread; docs/operations.md explains them.
struct BrokerCounters {
  ops::Counter published;            // messages from this task's clients
  ops::Counter appended;             // of those, appended to Redis
  ops::Counter received;             // messages delivered from the streams, including our own
  ops::Counter delivered_degraded;   // our own, delivered without Redis
  ops::Counter dropped;              // never appended because the outbox was full or the task ended
  ops::Counter refilled;             // entries read from a stream because the subscription missed them
  ops::Counter gaps;                 // holes that the stream could not fill
  ops::Counter history_reads;        // reads for clients that resumed
  ops::Counter history_read_errors;  //
  ops::Counter connects;             // how often the link to Redis came up
  ops::Counter troubles;             // how often it or an attempt to connect failed
  ops::Gauge rooms;                  // that this task subscribes to
  ops::Gauge outbox_messages;        //
};

}  // namespace viaduct::origin
