#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "origin/broker/broker.h"
#include "origin/message/frame_deflater.h"
#include "origin/message/message_batch.h"
#include "origin/message/publication.h"
#include "origin/message/uuid.h"
#include "origin/room/pending_join.h"
#include "origin/room/room.h"
#include "origin/session/chat_counters.h"
#include "origin/session/chat_session.h"
#include "origin/session/disconnect.h"

namespace viaduct::origin {

// One worker's clients in one room: brings messages to each of them, in its dialect.
//
// Belongs to the worker's thread.
class RoomMembers {
 public:
  // Where sessions are looked up and walked: by order of slots, not of age.
  struct Member {
    std::uint64_t number;
    Uuid id;
    std::unique_ptr<ChatSession> session;
  };

  // `counters` and `deflater` are the worker's, and must outlive it.
  RoomMembers(Room* room, ChatCounters* counters, FrameDeflater* deflater)
      : room_(room), counters_(counters), deflater_(deflater) {}
  RoomMembers(const RoomMembers&) = delete;
  RoomMembers& operator=(const RoomMembers&) = delete;

  Room* room() const { return room_; }
  template <typename Visit>
  void ForEach(Visit visit) const {
    for (const Group& group : groups_) {
      for (const Member& member : group.members) visit(member);
    }
  }
  bool empty() const { return groups_.empty(); }
  // Whether there is a client that can resume.
  bool has_resuming() const;

  // `sent_client_count` is the count that its welcome says.
  void Add(std::unique_ptr<ChatSession> session, int sent_client_count);
  std::unique_ptr<ChatSession> Remove(ChatSession* session);

  // Brings publications that others have ordered to everyone, to senders that have spoken here as echoes.
  void Deliver(std::span<const SharedPublication> publications);
  // Brings what was sent from here to everyone, to each sender as an echo.
  void DeliverOwn(const SharedPublication& publication, std::span<const MessageBatch::Entry> entries);

  // With a broker, what a client sends comes back by Deliver: this makes it known as a sender.
  void AddSender(ChatSession* session) { senders_.emplace(session->id(), session); }
  // With a broker, a resuming client and one in a room that is not heard yet get nothing until FinishJoin, with what
  // the broker answered, or until more than `max_bytes` waits for it. It has been added. `since` as in the handshake.
  void BeginJoin(ChatSession* session, std::optional<std::string> since, std::size_t max_bytes);
  // For the connection of this number, if it still waits.
  void FinishJoin(std::uint64_t number, const absl::StatusOr<Broker::History>& history);
  // Starts the close handshake with everyone.
  void CloseAll(const Disconnect& disconnect);
  // Tells the clients that can resume how many clients the room has, unless that was told last.
  void SendPresence();

  // The messages of this turn; null while there are none.
  std::unique_ptr<MessageBatch> batch;

 private:
  // Messages in one dialect, as a batch's senders need them.
  struct EncodedBatch {
    FrameFormat format;
    const SharedPublication& publication;
    Broadcasts broadcasts;
    std::shared_ptr<const std::string> echoes;
    // The part of the entry with an index.
    const FramePart& Part(std::size_t i) const { return positioned ? positioned->parts[i] : entries[i].part; }
    std::span<const MessageBatch::Entry> entries;
    const PositionedFrames* positioned;  // null for the plain protocol
    // Where the broadcasts end that stand before `part`'s own, and those with its own.
    std::size_t BeginOf(const FramePart& part) const;
    std::size_t EndOf(const FramePart& part) const;
  };
  // Clients that get the same bytes; never without any.
  struct Group {
    FrameFormat format;
    std::vector<Member> members;
  };

  struct Join {
    ChatSession* session;
    std::unique_ptr<PendingJoin> pending;
  };

  std::vector<Member>* MembersOf(FrameFormat format);
  void DeliverIn(const Group& group, std::span<const SharedPublication> publications);
  void DeliverOwnIn(const Group& group, const SharedPublication& publication,
                    std::span<const MessageBatch::Entry> entries);
  bool HasSenderOf(const Publication& publication) const;
  void DeliverToSenders(const SharedPublication& publication);
  void HoldForJoins(std::span<const SharedPublication> publications);
  void FinishJoinAt(std::size_t index, const absl::StatusOr<Broker::History>& history);
  void DeliverEchoes(const EncodedBatch& encoded);
  // What others sent in the batch after `session`'s own message `from` (or since its beginning) and before `to` (or
  // until its end).
  void DeliverBetween(ChatSession* session, const EncodedBatch& encoded, const FramePart* from, const FramePart* to);
  void Count(std::uint64_t messages, std::uint64_t payload_bytes);

  Room* const room_;
  ChatCounters* const counters_;
  FrameDeflater* const deflater_;
  std::vector<Group> groups_;
  absl::flat_hash_map<Uuid, ChatSession*> senders_;
  std::vector<Join> joins_;
  std::uint64_t turn_ = 0;  // counts the batches that were delivered
  int sent_client_count_ = 0;
};

}  // namespace viaduct::origin
