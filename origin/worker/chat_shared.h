#pragma once

#include <atomic>
#include <cstdint>

#include "net/address_tally.h"
#include "ops/log/log_sink.h"
#include "origin/config/config.h"
#include "origin/room/broker_link.h"
#include "origin/room/hub.h"
#include "origin/worker/event_feed.h"

namespace viaduct::origin {

// State shared by the workers of one chat. Thread-safe; outlives them.
struct ChatShared {
  const OriginConfig* config;
  Hub* hub;
  EventFeed* feed;
  net::AddressTally* viewers;  // by kViewerConnections and kViewerRooms
  ops::LogSink* log;
  BrokerLink* broker = nullptr;             // null: this is the chat's only task
  std::atomic<bool> draining{false};        // the process is stopping
  std::atomic<bool> out_of_service{false};  // an operator drains the task
  // Settings that operators can change; see ChatSettings.
  std::atomic<int> max_connections{config->max_connections};
  std::atomic<bool> log_messages{true};
  std::atomic<int> sockets{0};  // accepted and not closed, WebSockets or not
  std::atomic<std::uint64_t> last_number{0};
};

}  // namespace viaduct::origin
