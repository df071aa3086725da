#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>

#include "net/event_loop.h"
#include "net/schedule/due_set.h"
#include "ops/metrics/metrics.h"
#include "sidecar/thread/numbered_list.h"
#include "sidecar/tunnel/tunnel.h"
#include "sidecar/tunnel/tunnel_view.h"

namespace viaduct::sidecar {

// The Close of one operator's order, for many tunnels. Shared by workers; never changes.
struct TunnelCloseOrder {
  std::uint16_t code;
  std::string reason;  // at most 123 bytes of UTF-8
};

// Closes tunnels of one worker, each at its own time, so that viewers do not all reconnect at once. A tunnel is
// scheduled once: a later order replaces an earlier one.
//
// Belongs to the loop's thread; must die before the loop. Everything that it is given must outlive it.
class TunnelCloses {
 public:
  // Keeps `pending` at the number of waiting tunnels.
  TunnelCloses(net::EventLoop* loop, const NumberedList<Tunnel>* tunnels, ops::Gauge* pending);

  // Returns the number of tunnels that `filter` selects and that are not ending.
  std::size_t Count(const TunnelFilter& filter) const;
  // Closes these tunnels, the oldest first, evenly from `begin` to `begin` + `over`. `turn`, from 0 to below 1, shifts
  // this worker's closes against those of others. Returns the number of tunnels.
  std::size_t Schedule(const TunnelFilter& filter, const std::shared_ptr<const TunnelCloseOrder>& order,
                       net::Clock::time_point begin, net::Clock::duration over, double turn);
  // Must be called when the tunnel of this number has ended.
  void Forget(std::uint64_t number);

 private:
  struct Item {
    std::uint64_t number;
    std::shared_ptr<const TunnelCloseOrder> order;
  };

  void CloseNow(const Item& item);
  void CountPending() { pending_->Set(static_cast<std::int64_t>(due_.size())); }

  net::EventLoop* const loop_;
  const NumberedList<Tunnel>* const tunnels_;
  ops::Gauge* const pending_;
  net::DueSet<Item> due_;
};

}  // namespace viaduct::sidecar
