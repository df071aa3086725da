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

// One worker's clients in one room; delivers messages to each of them in its dialect.
//
// Belongs to the worker's thread.
class RoomMembers {
 public:
  // The entry that is searched and iterated over to find a session; not ordered by age.
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
  // True if there is a client that can resume.
  bool has_resuming() const;

  // `sent_client_count` is the number of clients in its welcome.
  void Add(std::unique_ptr<ChatSession> session, int sent_client_count);
  std::unique_ptr<ChatSession> Remove(ChatSession* session);

  // Delivers publications that were ordered elsewhere to everyone; senders that are here get echoes.
  void Deliver(std::span<const SharedPublication> publications);
  // Delivers messages that were sent here to everyone; each sender gets an echo.
  void DeliverOwn(const SharedPublication& publication, std::span<const MessageBatch::Entry> entries);

  // Registers a sender: with a broker, its messages come back through Deliver.
  void AddSender(ChatSession* session) { senders_.emplace(session->id(), session); }
  // With a broker, a client that resumes, or joins a room that is not subscribed yet, gets nothing until FinishJoin
  // with
  // the broker's answer, or until more than `max_bytes` wait for it. The client must have been added. `since` as in the
  // handshake.
  void BeginJoin(ChatSession* session, std::optional<std::string> since, std::size_t max_bytes);
  // Tells the connection with this number what the broker answered, if it still waits: the welcome with the first
  // answer, and then what it missed, answer by answer. An answer that completes the join is followed by all that is
  // delivered from then on. Without an answer the client is told of a gap and keeps its position; until the broker
  // answers again, it gets only messages without a position, which are not in the broker's history.
  void FinishJoin(std::uint64_t number, const absl::StatusOr<Broker::History>& history);
  // A question for the broker's history; FinishJoin must follow.
  struct Wanted {
    std::uint64_t number;  // the connection's
    std::string since;
  };
  // Returns the next question for a client that has taken the answers so far; nullopt if it needs none now.
  std::optional<Wanted> NextRead(const ChatSession& session);
  // Returns the questions that had no answer and must be asked again.
  std::vector<Wanted> UnansweredReads();
  // Starts the close handshake with everyone.
  void CloseAll(const Disconnect& disconnect);
  // Tells the clients that can resume how many are in the room and who of them has a name, if that has changed since
  // the last time.
  void SendPresence();

  // The messages of this turn; null while there are none.
  std::unique_ptr<MessageBatch> batch;

 private:
  // A publication encoded in one format, with the parts that its senders get.
  struct EncodedBatch {
    FrameFormat format;
    const SharedPublication& publication;
    Broadcasts broadcasts;
    std::shared_ptr<const std::string> echoes;
    // Returns the part of entry `i`.
    const FramePart& Part(std::size_t i) const { return positioned ? positioned->parts[i] : entries[i].part; }
    std::span<const MessageBatch::Entry> entries;
    const PositionedFrames* positioned;  // null for the plain protocol
    // Offsets before and behind `part`'s own broadcast.
    std::size_t BeginOf(const FramePart& part) const;
    std::size_t EndOf(const FramePart& part) const;
  };
  // Clients that get the same bytes; never empty.
  struct Group {
    FrameFormat format;
    std::vector<Member> members;
  };

  struct Join {
    enum class State : std::uint8_t {
      kAsked,       // the broker's answer will come
      kAnswered,    // there is more to ask for, once the client has taken this
      kUnanswered,  // must be asked again
    };
    ChatSession* session;
    std::unique_ptr<PendingJoin> pending;
    State state = State::kAsked;
    bool welcomed = false;
    bool told_gap = false;
  };

  std::vector<Member>* MembersOf(FrameFormat format);
  void DeliverIn(const Group& group, std::span<const SharedPublication> publications);
  void DeliverOwnIn(const Group& group, const SharedPublication& publication,
                    std::span<const MessageBatch::Entry> entries);
  bool HasSenderOf(const Publication& publication) const;
  void DeliverToSenders(const SharedPublication& publication);
  void HoldForJoins(std::span<const SharedPublication> publications);
  void FinishJoinAt(std::size_t index, const absl::StatusOr<Broker::History>& history);
  static Wanted Ask(Join* join);
  void DeliverEchoes(const EncodedBatch& encoded);
  // Delivers what others sent in the batch after `session`'s own message `from` (or from the start) and before its
  // message `to` (or to the end).
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
  std::shared_ptr<const std::string> sent_people_;
};

}  // namespace viaduct::origin
