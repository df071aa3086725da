#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "origin/broker/redis/client/redis_endpoint.h"
#include "origin/broker/redis/client/redis_files.h"

namespace viaduct::origin {

// Settings of the broker over Redis. A value.
struct RedisBrokerSettings {
  RedisEndpoint endpoint;
  RedisFileReader read_files = &WithFilesRead;
  // The first and last bounds of the delay before reconnecting.
  std::chrono::nanoseconds back_off_first{};
  std::chrono::nanoseconds back_off_last{};
  std::string task;  // see Cluster::task
  std::string key_prefix;
  // Bytes that may wait for Redis; beyond that, the oldest are delivered here and dropped for the other tasks.
  std::size_t outbox_bytes = 0;
  // Time for which a task's client counts hold after its last announcement.
  std::chrono::nanoseconds presence_ttl{};
  // The number of messages that a room's stream keeps.
  std::size_t stream_messages = 1000;
  // The most messages that a resuming client gets.
  std::size_t history_messages = 1000;
  // Time for which a room's stream keeps a message.
  std::chrono::nanoseconds history_age = std::chrono::hours(24);
};

}  // namespace viaduct::origin
