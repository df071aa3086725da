#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "net/event_loop.h"
#include "net/worker_pool.h"
#include "sidecar/tunnel/tunnel_id.h"
#include "sidecar/tunnel/tunnel_view.h"

namespace viaduct::sidecar {

class Worker;

// Lists and closes tunnels for an operator, and finds out how others ended. Each call posts to a worker and waits for
// its answer until the deadline; after that it fails with DeadlineExceeded, but may still take effect later. Holds no
// tunnel.
//
// Knows no gRPC. Thread-safe, but must not be called from a worker.
class TunnelControl {
 public:
  // Both must outlive it. `process` is the one of the tunnels' ids.
  TunnelControl(net::WorkerPool* pool, std::vector<Worker*> workers, std::uint32_t process)
      : pool_(pool), workers_(std::move(workers)), process_(process) {}

  // The place of a tunnel in the list, which goes worker by worker, in the order of opening.
  struct Position {
    std::uint32_t worker = 0;
    std::uint64_t number = 0;
  };
  struct Page {
    std::vector<TunnelView> tunnels;
    std::optional<Position> last;  // where the next page continues; nullopt if this is the last page
  };
  // Returns up to `limit` tunnels after `after` that `filter` selects. Examines only some of a worker's tunnels at a
  // time, so that it does not hold up a worker with many.
  absl::StatusOr<Page> List(const TunnelFilter& filter, Position after, std::size_t limit,
                            net::Clock::time_point deadline);
  // Returns NotFound if the tunnel is not open.
  absl::StatusOr<TunnelView> Get(const TunnelId& id, net::Clock::time_point deadline);
  // Starts the close handshake with both sides; does not change one that has begun. Returns NotFound as above.
  absl::Status Close(const TunnelId& id, std::uint16_t code, std::string_view reason, net::Clock::time_point deadline);

  // Returns the latest log lines of refused or failed requests and of ended tunnels that contain `text`: at most `most`
  // of each kind and worker, in no particular order.
  absl::StatusOr<std::vector<std::string>> RecentEnds(std::string_view text, std::size_t most,
                                                      net::Clock::time_point deadline);

  // Returns the number of tunnels that `filter` selects and that are not ending.
  absl::StatusOr<int> Count(const TunnelFilter& filter, net::Clock::time_point deadline);
  // Closes these tunnels evenly over `spread`, each worker the oldest of its own first. Returns their number at once;
  // closes_pending says how many are left. A later call takes over the tunnels of an earlier one.
  absl::StatusOr<int> CloseMany(const TunnelFilter& filter, std::uint16_t code, std::string_view reason,
                                std::chrono::nanoseconds spread, net::Clock::time_point deadline);

  std::int64_t open() const;
  TunnelId IdOf(const TunnelView& view) const { return {process_, view.worker, view.number}; }

 private:
  bool IsOurs(const TunnelId& id) const { return id.process == process_ && id.worker < workers_.size(); }

  net::WorkerPool* const pool_;
  const std::vector<Worker*> workers_;
  const std::uint32_t process_;
};

}  // namespace viaduct::sidecar
