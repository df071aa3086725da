#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "origin/broker/broker.h"
#include "origin/message/publication.h"
#include "origin/message/uuid.h"
#include "origin/room/room.h"

namespace viaduct::origin {

// A client that waits for the broker's answers on its room's position and history, of which there may be many. Holds
// what is ordered meanwhile, and makes the client's frames without a missing or repeated message. What has a position
// is in the broker's history, so it need not be held: only the last answer must join to what follows it.
//
// Not thread-safe. Holds references to publications only.
class PendingJoin {
 public:
  // `id` is the connection's. `since` as in the handshake; nullopt if the client cannot resume.
  PendingJoin(const Uuid& id, std::optional<std::string> since, std::size_t max_bytes)
      : id_(id), since_(std::move(since)), max_bytes_(max_bytes) {}

  const Uuid& id() const { return id_; }
  // True if the client wants what follows a position. One that asks for the last messages does after the first answer.
  bool resumes() const;
  // The position after which the next answer must begin.
  const std::string& since() const { return *since_; }

  // What a welcome says of the room, and of what the client may send.
  struct Greeting {
    std::string_view room;
    int client_count;
    std::size_t max_message_bytes;
    std::string_view people;  // see AppendPresenceFrame
  };

  // Holds publications in their order until the next answer. Returns false if they exceed `max_bytes` although those
  // with positions were dropped: then the join must end without an answer.
  bool Hold(std::span<const SharedPublication> publications);
  // True if `history`, the answer, is followed by what was held and what comes after it.
  bool Completes(const absl::StatusOr<Broker::History>& history) const;

  // Returns the welcome and the messages that follow. Without a history the welcome announces a gap and has no
  // position, so that the client keeps its own. A client that cannot resume gets only what was held.
  ClientFrames FirstFrames(const Greeting& greeting, const absl::StatusOr<Broker::History>& history);
  // Returns the frames of a further answer, after one that says how many messages of it follow.
  ClientFrames FurtherFrames(const absl::StatusOr<Broker::History>& history);
  // Returns the frames of publications that are told between two answers: those without positions.
  ClientFrames FramesBetween(std::span<const SharedPublication> publications);

 private:
  void AppendWelcome(const Greeting& greeting, const absl::StatusOr<Broker::History>& history,
                     ClientFrames* told) const;
  void AppendAnswer(const absl::StatusOr<Broker::History>& history, ClientFrames* told);
  void AppendMissed(const std::vector<RoomMessage>& messages, ClientFrames* told) const;
  void AppendHeld(const absl::StatusOr<Broker::History>& history, ClientFrames* told) const;
  void AppendUnplaced(std::span<const SharedPublication> publications, ClientFrames* told);
  // Appends message `i` of a publication.
  void AppendSent(const Publication& publication, std::uint64_t i, const MessagePlace& place, ClientFrames* told) const;
  ClientFrames PlainFrames(int client_count) const;

  const Uuid id_;
  std::optional<std::string> since_;
  const std::size_t max_bytes_;
  std::size_t bytes_ = 0;
  Publications held_;
  bool dropped_ = false;  // not all was held
  // Messages that were told before they had a position, and may be in a later answer.
  absl::flat_hash_set<std::string> told_ids_;
};

}  // namespace viaduct::origin
