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

// A client while the broker is asked where its room stands and what it missed: holds what is ordered meanwhile, and
// then tells all of it without a hole and without telling a message twice.
//
// Not thread-safe. Holds references to publications only.
class PendingJoin {
 public:
  // `id` is the connection's. `since` as in the handshake; nullopt of a client that cannot resume.
  PendingJoin(const Uuid& id, std::optional<std::string> since, std::size_t max_bytes)
      : id_(id), since_(std::move(since)), max_bytes_(max_bytes) {}

  const Uuid& id() const { return id_; }
  // Takes publications in their order. False when that is more than `max_bytes`: then the answer cannot be waited for.
  bool Hold(std::span<const SharedPublication> publications);

  // The welcome and what follows. Without a history the welcome says there may be a gap, and has no position: the
  // client keeps the one that it has. To a client that cannot resume the history is nothing: it is told what was held.
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
