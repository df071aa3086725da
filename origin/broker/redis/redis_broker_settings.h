#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include "origin/broker/redis/client/redis_endpoint.h"
#include "origin/broker/redis/client/redis_files.h"

namespace viaduct::origin {

// How the broker over Redis works. A value.
struct RedisBrokerSettings {
  RedisEndpoint endpoint;
  RedisFileReader read_files = &WithFilesRead;
  // The first and the last bound of what is waited before connecting again.
  std::chrono::nanoseconds back_off_first = std::chrono::milliseconds(100);
  std::chrono::nanoseconds back_off_last = std::chrono::seconds(5);
  std::string task;  // as Cluster::task
  std::string key_prefix = "viaduct";
  // What may wait for Redis; more is delivered here and dropped for the others, oldest first.
  std::size_t outbox_bytes = std::size_t{64} << 20;
  // For how long a task that says nothing more counts as there.
  std::chrono::nanoseconds presence_ttl = std::chrono::seconds(15);
  // What a room's stream keeps.
  std::size_t stream_messages = 1000;
  // What a client that resumes gets at most.
  std::size_t history_messages = 1000;
  std::size_t history_bytes = std::size_t{4} << 20;
  // For how long a room's stream keeps a message.
  std::chrono::nanoseconds history_age = std::chrono::hours(24);
};

}  // namespace viaduct::origin
