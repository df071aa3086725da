#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "origin/broker/broker.h"
#include "origin/message/publication.h"
#include "origin/message/uuid.h"
#include "origin/room/room.h"

namespace viaduct::origin {

// A client that waits for the broker's answer on its room's position and history. Holds what is ordered meanwhile, and
// then makes the client's first frames without a missing or repeated message.
//
// Not thread-safe. Holds references to publications only.
class PendingJoin {
 public:
  // `id` is the connection's. `since` as in the handshake; nullopt if the client cannot resume.
  PendingJoin(const Uuid& id, std::optional<std::string> since, std::size_t max_bytes)
      : id_(id), since_(std::move(since)), max_bytes_(max_bytes) {}

  const Uuid& id() const { return id_; }
  // Takes publications in their order. Returns false if they exceed `max_bytes`: then the join must end without an
  // answer.
  bool Hold(std::span<const SharedPublication> publications);

  // Returns the welcome and the messages that follow. Without a history the welcome announces a gap and has no
  // position, so that the client keeps its own. A client that cannot resume gets only what was held.
  ClientFrames FirstFrames(std::string_view room, int client_count,
                           const absl::StatusOr<Broker::History>& history) const;

 private:
  void AppendWelcome(std::string_view room, int client_count, const absl::StatusOr<Broker::History>& history,
                     ClientFrames* told) const;
  void AppendHeld(const absl::StatusOr<Broker::History>& history, ClientFrames* told) const;
  ClientFrames PlainFrames(int client_count) const;

  const Uuid id_;
  const std::optional<std::string> since_;
  const std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  Publications held_;
};

}  // namespace viaduct::origin
