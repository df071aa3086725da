#pragma once

#include "ops/metrics/metrics.h"

namespace viaduct {

// What the broker's thread counts. For their meaning see docs/operations.md.
struct BrokerCounters {
  Counter published;            // messages taken from this task's clients
  Counter appended;             // of those, that Redis has
  Counter received;             // messages delivered from the streams, our own included
  Counter delivered_degraded;   // our own, delivered without Redis
  Counter dropped;              // never appended: the outbox was full, or the task ended
  Counter refilled;             // entries read from a stream because the subscription had not brought them
  Counter gaps;                 // holes that the stream could not fill
  Counter history_reads;        // answers to clients that resumed
  Counter history_read_errors;  //
  Counter connects;             // how often the link to Redis came up
  Counter troubles;             // how often it failed, or an attempt did
  Gauge rooms;                  // that this task listens to
  Gauge outbox_messages;        //
};

}  // namespace viaduct
