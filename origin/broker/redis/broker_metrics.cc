#include "origin/broker/redis/broker_metrics.h"

#include <string>

namespace viaduct::origin {
namespace {

struct Shown {
  const char* name;
  const char* help;
  ops::Counter BrokerCounters::* counter;
};

constexpr Shown kCounters[] = {
    {"viaduct_chat_broker_published_total", "Messages of this task's clients for the broker.",
     &BrokerCounters::published},
    {"viaduct_chat_broker_appended_total", "Of those, that Redis has.", &BrokerCounters::appended},
    {"viaduct_chat_broker_received_total", "Messages of all tasks that Redis brought.", &BrokerCounters::received},
    {"viaduct_chat_broker_degraded_messages_total", "Messages delivered to this task's clients without Redis.",
     &BrokerCounters::delivered_degraded},
    {"viaduct_chat_broker_dropped_total", "Messages that other tasks never get: the outbox was full.",
     &BrokerCounters::dropped},
    {"viaduct_chat_broker_refilled_total", "Messages read from the history because they had been missed.",
     &BrokerCounters::refilled},
    {"viaduct_chat_broker_gaps_total", "Times that missed messages were not in the history any more.",
     &BrokerCounters::gaps},
    {"viaduct_chat_broker_history_reads_total", "Histories read for clients that resumed.",
     &BrokerCounters::history_reads},
    {"viaduct_chat_broker_history_read_errors_total", "Histories that could not be read in time.",
     &BrokerCounters::history_read_errors},
    {"viaduct_chat_broker_connects_total", "Times that Redis could be used from then on.", &BrokerCounters::connects},
    {"viaduct_chat_broker_troubles_total", "Failures of the connection to Redis, failed attempts included.",
     &BrokerCounters::troubles},
};

}  // namespace

void AddBrokerMetrics(ops::MetricsPage* page, const RedisBroker* broker) {
  page->AddGauge("viaduct_chat_broker_degraded", "1 while messages reach this task's clients only.",
                 [broker] { return broker->degraded() ? 1.0 : 0.0; });
  page->AddGauge("viaduct_chat_broker_outbox_bytes", "What waits for Redis.",
                 [broker] { return static_cast<double>(broker->outbox_bytes()); });
  page->AddGauge("viaduct_chat_broker_outbox_messages", "Messages that wait for Redis.",
                 [broker] { return static_cast<double>(broker->counters().outbox_messages.value()); });
  page->AddGauge("viaduct_chat_broker_rooms", "Rooms that this task listens to.",
                 [broker] { return static_cast<double>(broker->counters().rooms.value()); });
  for (const Shown& shown : kCounters) {
    page->AddCounter(shown.name, shown.help, [broker, counter = shown.counter] {
      return static_cast<double>((broker->counters().*counter).value());
    });
  }
}

}  // namespace viaduct::origin
