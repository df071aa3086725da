#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "net/event_loop.h"
#include "net/mutex.h"
#include "net/worker_pool.h"
#include "origin/config/chat_settings.h"
#include "origin/message/publication.h"
#include "origin/message/uuid.h"
#include "origin/room/hub.h"
#include "origin/worker/chat_shared.h"
#include "origin/worker/chat_worker.h"
#include "origin/worker/connection_filter.h"
#include "origin/worker/connection_view.h"

namespace viaduct::origin {

// What an operator may ask of a running chat, from any thread. Each call posts to the workers and waits for their
// answers until its deadline, and fails with DeadlineExceeded past it; then it may still take effect.
//
// Knows no gRPC. Thread-safe, but not to be called from a worker.
class ChatControl {
 public:
  ChatControl(net::WorkerPool* pool, std::vector<ChatWorker*> workers, ChatShared* shared);

  struct Page {
    std::vector<ConnectionView> connections;  // the oldest first
    bool more = false;
    int total = 0;
  };
  // Of the connections that `filter` means, up to `limit` that were opened after the one with number `after`.
  absl::StatusOr<Page> List(const ConnectionFilter& filter, std::uint64_t after, std::size_t limit,
                            net::Clock::time_point deadline);
  // NotFound if it is not open.
  absl::StatusOr<ConnectionView> Get(const Uuid& id, net::Clock::time_point deadline);

  enum class Payload : std::uint8_t { kText, kBinary };
  // Queues one message, as it is. NotFound if the connection is not open or is being closed, ResourceExhausted if too
  // much waits for it already.
  absl::Status Send(const Uuid& id, Payload kind, std::string_view payload, net::Clock::time_point deadline);
  // Starts the close handshake; one that has begun is left as it is. NotFound as above.
  absl::Status Close(const Uuid& id, std::uint16_t code, std::string_view reason, net::Clock::time_point deadline);
  // How many open connections `filter` means.
  absl::StatusOr<int> Count(const ConnectionFilter& filter, net::Clock::time_point deadline);
  // Closes those, evenly over `spread`, each as with Close; returns at once how many they are.
  absl::StatusOr<int> CloseAll(const ConnectionFilter& filter, std::uint16_t code, std::string_view reason,
                               std::chrono::nanoseconds spread, net::Clock::time_point deadline);
  // Orders one message for everyone, or everyone in a room; how many they are. ResourceExhausted if a worker has fallen
  // behind.
  absl::StatusOr<int> Broadcast(std::optional<std::string_view> room, Payload kind, std::string_view payload);

  struct Stats {
    std::chrono::system_clock::time_point start_time;
    std::chrono::nanoseconds uptime{0};
    std::int64_t connections_open = 0;
    std::uint64_t connections_total = 0;
    std::uint64_t messages_received = 0;
    std::uint64_t deliveries = 0;
    std::uint64_t bytes_received = 0;
    std::uint64_t bytes_delivered = 0;
    std::uint64_t slow_consumers = 0;
    std::map<std::uint16_t, std::uint64_t> closes = {};  // by close code
    std::int64_t closes_pending = 0;
    Hub::RoomCounts rooms = {};
    bool draining = false;
  };
  // With the `rooms` fullest rooms.
  Stats GetStats(std::size_t rooms) const;

  ChatSettings GetSettings() const;
  // Changes the settings to what `change` makes of them, and returns that. What `change` or the rules refuse changes
  // nothing. Callers come one after the other.
  absl::StatusOr<ChatSettings> UpdateSettings(const std::function<absl::Status(ChatSettings*)>& change);

 private:
  net::WorkerPool* const pool_;
  const std::vector<ChatWorker*> workers_;
  ChatShared* const shared_;
  const std::chrono::system_clock::time_point start_time_ = std::chrono::system_clock::now();
  const net::Clock::time_point started_at_ = net::Clock::now();

  mutable net::Mutex mutex_;
  ChatSettings settings_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace viaduct::origin
