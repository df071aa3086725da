#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <set>
#include <string>
#include <vector>

#include "net/event_loop.h"
#include "ops/log/logger.h"
#include "origin/broker/broker.h"
#include "origin/broker/redis/client/redis_link.h"
#include "origin/broker/redis/room/broker_counters.h"
#include "origin/broker/redis/room/redis_names.h"
#include "origin/broker/redis/room/room_outbox.h"

namespace viaduct::origin {

class RoomHistory;

// State shared by all rooms of one broker. Belongs to the loop's thread; outlives the rooms.
struct RoomFeedContext {
  net::EventLoop* loop;
  RedisLink* link;
  const RedisNames* names;
  const ops::Logger* logger;
  BrokerCounters* counters;
  std::string task;
  std::size_t stream_messages;   // kept in a stream
  std::size_t history_messages;  // the newest of those, which resuming clients get
  std::chrono::nanoseconds history_age;
  // Delivers to this task's clients.
  std::function<void(std::vector<RoomMessage>)> deliver;
  RoomOutbox::Total outbox = {};  // of all rooms
  // True while Redis is away: messages of clients are then delivered at once.
  bool degraded = false;
  // Reads of history under way, and rooms that wait to start more.
  int history_reads = 0;
  std::set<RoomHistory*> wanting_history = {};
};

}  // namespace viaduct::origin
