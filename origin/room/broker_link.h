#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "net/mutex.h"
#include "origin/broker/broker.h"
#include "origin/message/person.h"
#include "origin/message/publication.h"
#include "origin/room/hub.h"

namespace viaduct::origin {

// Connects this task's workers and hub with a broker: gives messages their ids, reports the rooms' client counts in
// order, and encodes what the broker has ordered once for all workers.
//
// Thread-safe after Start. Must be destroyed when no worker runs any more, and before the hub.
class BrokerLink final : private Broker::Listener {
 public:
  using MakeBroker = std::function<absl::StatusOr<std::unique_ptr<Broker>>(Broker::Listener* listener)>;

  explicit BrokerLink(Hub* hub);
  ~BrokerLink();
  // Creates the broker. Must be called once, first.
  absl::Status Start(const MakeBroker& make);

  // Gives each of `messages`, which have room, sender and text, its id, and publishes them in their order.
  void Publish(std::vector<RoomMessage> messages);
  bool congested() const { return broker_->congested(); }
  bool degraded() const { return broker_->degraded(); }
  // Reports to the broker how many clients `room` has on this task, and who of them has a name.
  void UpdatePresence(std::string_view room);
  // See Broker::ReadHistory.
  void ReadHistory(std::string room, std::string since, std::function<void(absl::StatusOr<Broker::History>)> done);

 private:
  // Broker::Listener
  void OnMessages(std::vector<RoomMessage> messages) override;
  void OnPresence(std::string_view room, int remote_clients, People people) override;
  void OnRelieved() override;

  Hub* const hub_;
  const std::string task_;  // for message ids
  std::atomic<std::uint64_t> last_id_{0};
  net::Mutex updating_;  // so that the newest count is reported last
  std::unique_ptr<Broker> broker_;
};

}  // namespace viaduct::origin
