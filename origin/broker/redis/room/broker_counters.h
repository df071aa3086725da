#pragma once

#include "ops/metrics/metrics.h"

namespace viaduct::origin {

// What the broker's thread counts. For their meaning see docs/operations.md.
struct BrokerCounters {
  ops::Counter published;            // messages taken from this task's clients
  ops::Counter appended;             // of those, that Redis has
  ops::Counter received;             // messages delivered from the streams, our own included
  ops::Counter delivered_degraded;   // our own, delivered without Redis
  ops::Counter dropped;              // never appended: the outbox was full, or the task ended
  ops::Counter refilled;             // entries read from a stream because the subscription had not brought them
  ops::Counter gaps;                 // holes that the stream could not fill
  ops::Counter history_reads;        // answers to clients that resumed
  ops::Counter history_read_errors;  //
  ops::Counter connects;             // how often the link to Redis came up
  ops::Counter troubles;             // how often it failed, or an attempt did
  ops::Gauge rooms;                  // that this task listens to
  ops::Gauge outbox_messages;        //
};

}  // namespace viaduct::origin
