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

// One thread's share of the chat: its connections, and the messages they sent in this turn.
//
// At the end of a turn the turn's messages are ordered by the hub, room by room, delivered to this worker's sessions
// and handed to the other workers; then every session that has something to send or to end does so, in one write; then
// the log lines leave.
//
// All members but `counters` belong to the loop's thread, or to the creating one before the loop runs and after it has
// ended. Must die before the loop.
class ChatWorker final : private ChatSession::Owner, private HttpConnection::Owner, private net::Timer::Owner {
 public:
  ChatWorker(std::size_t index, net::EventLoop* loop, ChatShared* shared);
  ~ChatWorker();
  ChatWorker(const ChatWorker&) = delete;
  ChatWorker& operator=(const ChatWorker&) = delete;

  // Accepts from `socket`, a listening one, and gives each connection to `place`.
  void Listen(net::UniqueFd socket, net::Listener::OnAccept place);
  // Serves a connection.
  void Adopt(net::UniqueFd socket, const net::SocketAddress& peer);
  // The hub has something for this worker.
  void OnWake();

  // The steps of the program's drain, each to be done by all workers before the next. First nobody new is let in, and
  // what clients have sent already is read and published; then everybody is told that the server goes away.
  void StopAccepting();
  void CloseAll();

  // Of messages that begin from now on. With another rate every connection may send a whole burst again: what it sent
  // before says nothing under a new rule.
  void SetMessageLimits(std::size_t max_bytes, const RateLimit::Rule& rate);

  WorkerControl& control() { return control_; }
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

  // Asks the broker where the room stands, and what a resuming client missed; then the session is welcomed.
  void RequestHistory(ChatSession* session, std::optional<std::string> since);
  void AddToBatch(ChatSession* session, bool binary, std::string_view payload);
  void AddOutgoing(ChatSession* session, bool binary, std::string_view payload);
  bool Congested() const;
  // That the number of a room's clients here has changed.
  void NoteClients(const Room& room);
  void ReportConnected(const ChatSession& session, const http::RequestHead& head, int client_count);
  void ScheduleTurnEnd();
  void FinishTurn();
  // The messages of this turn, of all rooms.
  void Publish();
  void PublishIn(RoomMembers* members);
  void Report(const RoomMembers& members, const MessageBatch::Taken& taken, const std::array<int, 2>& recipients);
  void ReportMessage(SystemTime now, const Room& room, const MessageBatch::Entry& entry, int others);
  // What the hub has for this worker.
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
  absl::flat_hash_set<std::string> changed_rooms_;  // with a broker: whose clients it must be told
  std::vector<std::unique_ptr<MessageBatch>> spare_batches_;
  net::Timer tick_;  // while there is history, or somebody to tell presence to
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
