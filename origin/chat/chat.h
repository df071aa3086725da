#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "net/address.h"
#include "net/worker_pool.h"
#include "ops/log/log_sink.h"
#include "origin/chat/chat_control.h"
#include "origin/chat/drain_control.h"
#include "origin/config/config.h"
#include "origin/room/broker_link.h"
#include "origin/room/hub.h"
#include "origin/session/chat_counters.h"
#include "origin/worker/chat_shared.h"
#include "origin/worker/chat_worker.h"
#include "origin/worker/event_feed.h"

namespace viaduct::origin {

// A chat that listens on its port: workers, their connections, and the hub between them. Knows no gRPC and no signals.
//
// Belongs to one thread, except `control`, `drain`, `feed` and the counters, which are thread-safe.
class Chat {
 public:
  // Listens and serves. An error names the address that cannot be listened on. `log` must outlive the chat.
  // `make_broker`,
  // if not null, makes the broker that carries messages between tasks.
  static absl::StatusOr<std::unique_ptr<Chat>> Start(const OriginConfig& config, ops::LogSink* log,
                                                     const BrokerLink::MakeBroker& make_broker = nullptr);
  // Cuts every connection that is still open.
  ~Chat();
  Chat(const Chat&) = delete;
  Chat& operator=(const Chat&) = delete;

  // The address on which the chat listens, with the actual port if the config says 0.
  const net::SocketAddress& address() const { return address_; }
  ChatControl& control() { return *control_; }
  DrainControl& drain() { return *drain_; }
  EventFeed& feed() { return feed_; }

  // Stops accepting, publishes what clients have sent so far, and sends Close 1001 to everyone. Returns when that is
  // queued.
  void Drain();
  // True also during an operator's drain.
  bool draining() const { return shared_.draining || shared_.out_of_service; }
  // True if no connection is open.
  bool empty() const { return shared_.sockets == 0; }

  std::size_t worker_count() const { return workers_.size(); }
  const Hub& hub() const { return hub_; }
  // What each viewer has open, by kViewerConnections and kViewerRooms.
  const net::AddressTally& viewers() const { return viewers_; }
  const ChatCounters& counters(std::size_t worker) const { return workers_[worker]->counters(); }

 private:
  Chat(const OriginConfig& config, std::unique_ptr<net::WorkerPool> pool, ops::LogSink* log, bool has_broker);
  absl::Status Listen();
  void RemoveSocketFile();

  const OriginConfig config_;
  std::unique_ptr<net::WorkerPool> pool_;
  EventFeed feed_;
  net::AddressTally viewers_;
  Hub hub_;
  BrokerLink broker_;
  ChatShared shared_;
  std::vector<std::unique_ptr<ChatWorker>> workers_;  // destroyed before the loops of `pool_`
  std::unique_ptr<ChatControl> control_;
  std::unique_ptr<DrainControl> drain_;
  net::SocketAddress address_;
  bool bound_ = false;           // a Unix socket's file is ours
  std::size_t next_worker_ = 0;  // of worker 0, which hands out the connections of a Unix socket
};

}  // namespace viaduct::origin
