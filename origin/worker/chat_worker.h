#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "net/event_loop.h"
#include "net/listener.h"
#include "origin/http/http_connection.h"
#include "origin/http/http_date.h"
#include "origin/http/room_query.h"
#include "origin/message/frame_deflater.h"
#include "origin/message/message_batch.h"
#include "origin/message/uuid.h"
#include "origin/room/hub.h"
#include "origin/room/room.h"
#include "origin/room/room_members.h"
#include "origin/session/chat_counters.h"
#include "origin/session/chat_session.h"
#include "origin/worker/chat_log.h"
#include "origin/worker/chat_shared.h"
#include "origin/worker/worker_control.h"
#include "origin/worker/worker_rooms.h"
#include "websocket/inflater.h"

namespace viaduct::origin {

// One thread's share of the chat: its connections, and the messages that they sent in this turn.
// At the end of a turn the hub orders the turn's messages room by room; they are delivered to this worker's sessions
// and
// passed to the other workers. Then every session that has something to send or to end does so, in one write, and the
// log
// lines are written.
// All members except `counters` belong to the loop's thread, or to the creating thread before the loop runs and after
// it
// has ended. Must die before the loop.
class ChatWorker final : private ChatSession::Owner, private HttpConnection::Owner, private net::Timer::Owner {
 public:
  ChatWorker(std::size_t index, net::EventLoop* loop, ChatShared* shared);
  ~ChatWorker();
  ChatWorker(const ChatWorker&) = delete;
  ChatWorker& operator=(const ChatWorker&) = delete;

  // Accepts connections from `socket`, which listens, and passes each of them to `place`.
  void Listen(net::UniqueFd socket, net::Listener::OnAccept place);
  // Serves a connection.
  void Adopt(net::UniqueFd socket, const net::SocketAddress& peer);
  // Delivers what the hub has for this worker, and continues to read if nobody is congested any more.
  void OnWake();

  // The steps of the program's drain; all workers must finish one before the next begins. The first stops accepting,
  // and
  // reads and publishes what clients have already sent; the second starts to close every connection.
  void StopAccepting();
  void CloseAll();

  // Applies to messages that begin from now on. If a rate changes, every connection may send a whole burst again.
  void SetMessageLimits(std::size_t max_bytes, const RateLimit::Rule& message_rate, const RateLimit::Rule& byte_rate);

  WorkerControl& control() { return control_; }
  const ops::RecentLines& recent_ends() const { return log_.recent_ends(); }
  const ChatCounters& counters() const { return counters_; }

 private:
  using Member = RoomMembers::Member;
  using SystemTime = std::chrono::system_clock::time_point;

  // ChatSession::Owner
  void OnMessage(ChatSession* session, bool binary, std::string_view payload) override;
  void OnTurnNeeded(ChatSession* session) override;
  void OnDeliveryEnded(ChatSession* session) override;
  void OnEnded(ChatSession* session) override;
  // HttpConnection::Owner
  HttpSituation Situation() override;
  std::optional<UpgradeRefusal> OnUpgrade(HttpConnection* connection, const http::RequestHead& head,
                                          std::string_view key, const RoomQuery& query, std::span<char> early) override;
  void OnUpgradeRefused(UpgradeRefusal refusal) override;
  void OnBadHead(http::HeadError error) override;
  void OnEnded(HttpConnection* connection) override;
  // Timer::Owner
  void OnTimer(net::Timer* timer) override;

  // Asks the broker for the room's position and for what a resuming client missed; the session is welcomed then.
  void RequestHistory(ChatSession* session, std::optional<std::string> since);
  // Reads the broker's history on, for a client that has taken all that it was told so far.
  void ReadOn(const ChatSession& session);
  void AskBroker(Room* room, RoomMembers::Wanted wanted);
  void AddToBatch(ChatSession* session, bool binary, std::string_view payload);
  void AddOutgoing(ChatSession* session, bool binary, std::string_view payload);
  bool Congested() const;
  // Records that the number of a room's clients on this task has changed.
  void NoteClients(const Room& room);
  void ReportConnected(const ChatSession& session, const http::RequestHead& head, int client_count);
  void ScheduleTurnEnd();
  void FinishTurn();
  // Publishes the messages of this turn, of all rooms.
  void Publish();
  void PublishIn(RoomMembers* members);
  void Report(const RoomMembers& members, const MessageBatch::Taken& taken, const std::array<int, 2>& recipients);
  void ReportMessage(SystemTime now, const Room& room, const MessageBatch::Entry& entry, int others);
  // Delivers what the hub has for this worker.
  void DeliverWaiting();
  void ScheduleTick();
  void CountQueue(ChatSession* session);
  void Remove(HttpConnection* connection);
  void CloseSocket();

  const std::size_t index_;
  net::EventLoop* const loop_;
  ChatShared* const shared_;
  std::vector<char> read_buffer_;
  websocket::Inflater inflater_;
  std::vector<http::Field> fields_;
  ChatSession::Setting session_setting_;
  HttpConnection::Setting http_setting_;

  std::unique_ptr<net::Listener> listener_;
  std::vector<std::unique_ptr<HttpConnection>> http_connections_;
  std::vector<RoomMembers*> rooms_to_publish_;
  std::size_t batched_bytes_ = 0;                   // of all rooms
  std::vector<RoomMessage> outgoing_;               // with a broker, instead of batches
  absl::flat_hash_set<std::string> changed_rooms_;  // with a broker: rooms whose client counts it must get
  std::vector<std::unique_ptr<MessageBatch>> spare_batches_;
  net::Timer tick_;  // runs while there is history, or a client that gets presence
  std::vector<ChatSession*> sessions_to_finish_;
  bool turn_end_scheduled_ = false;

  UuidSource uuids_;
  HttpDate http_date_;
  ChatLog log_;
  ChatCounters counters_;
  FrameDeflater deflater_;
  WorkerRooms rooms_;
  WorkerControl control_;
};

}  // namespace viaduct::origin
