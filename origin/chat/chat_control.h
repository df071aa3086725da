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

// An operator's operations on a running chat, from any thread. Each call posts to the workers and waits for their
// answers. After its deadline it fails with DeadlineExceeded, and may still take effect.
//
// Knows no gRPC. Thread-safe, but must not be called from a worker.
class ChatControl {
 public:
  ChatControl(net::WorkerPool* pool, std::vector<ChatWorker*> workers, ChatShared* shared);

  struct Page {
    std::vector<ConnectionView> connections;  // oldest first
    bool more = false;
    int total = 0;
  };
  // Up to `limit` connections that match `filter` and were opened after the one with number `after`.
  absl::StatusOr<Page> List(const ConnectionFilter& filter, std::uint64_t after, std::size_t limit,
                            net::Clock::time_point deadline);
  // NotFound if the connection is not open.
  absl::StatusOr<ConnectionView> Get(const Uuid& id, net::Clock::time_point deadline);

  enum class Payload : std::uint8_t { kText, kBinary };
  // Queues one message as it is; a client that can resume gets a text as a notice. NotFound if the connection is not
  // open or is closing, ResourceExhausted if too much already waits for it.
  absl::Status Send(const Uuid& id, Payload kind, std::string_view payload, net::Clock::time_point deadline);
  // Starts the close handshake; a connection that is closing already is left as it is. NotFound as above.
  absl::Status Close(const Uuid& id, std::uint16_t code, std::string_view reason, net::Clock::time_point deadline);
  // Returns the number of open connections that match `filter`.
  absl::StatusOr<int> Count(const ConnectionFilter& filter, net::Clock::time_point deadline);
  // Closes the connections that match `filter` evenly over `spread`, each as Close does. Returns their number at once.
  absl::StatusOr<int> CloseAll(const ConnectionFilter& filter, std::uint16_t code, std::string_view reason,
                               std::chrono::nanoseconds spread, net::Clock::time_point deadline);
  // Sends one message to everyone, or to everyone in a room, as Send does, and returns the number of recipients. `from`
  // names its sender in the notice; "" names none. ResourceExhausted if a worker has fallen behind.
  absl::StatusOr<int> Broadcast(std::optional<std::string_view> room, Payload kind, std::string_view payload,
                                std::string_view from);

  // Returns the latest log lines of ended connections that contain `text`: at most `most` of each worker, in no
  // particular order.
  absl::StatusOr<std::vector<std::string>> RecentEnds(std::string_view text, std::size_t most,
                                                      net::Clock::time_point deadline);

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
  // Includes the `rooms` fullest rooms.
  Stats GetStats(std::size_t rooms) const;

  ChatSettings GetSettings() const;
  // Applies `change` to the settings and returns the result. If `change` or the rules refuse it, nothing changes. Calls
  // are
  // serialised.
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
