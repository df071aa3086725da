#pragma once

#include <sys/uio.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "net/address_tally.h"
#include "net/event_loop.h"
#include "net/send_watch.h"
#include "net/stream_socket.h"
#include "origin/message/publication.h"
#include "origin/message/uuid.h"
#include "origin/session/disconnect.h"
#include "origin/session/outbound_queue.h"
#include "origin/session/rate_limit.h"
#include "origin/session/viewer_info.h"
#include "websocket/inflater.h"
#include "websocket/message_reader.h"
#include "websocket/permessage_deflate.h"

namespace viaduct::origin {

class RoomMembers;

// One WebSocket from the 101 to its end: reads messages, sends what it is given, and does the close handshake.
// Events of a turn of the loop are recorded and take effect when the owner calls FinishTurn at the end of the turn,
// after
// the turn's messages were delivered. So a Close always follows the echoes of earlier messages, and everything that is
// sent in a turn leaves in one write.
//
// Belongs to one loop's thread; must die before the loop. An idle session has no buffer, reader or timer.
class ChatSession final : private net::StreamSocket::Owner, private net::Timer::Owner {
 public:
  class Owner {
   public:
    // A message was received. `payload` is valid during the call; text is UTF-8.
    virtual void OnMessage(ChatSession* session, bool binary, std::string_view payload) = 0;
    // Asks for FinishTurn at the end of this turn. Called at most once per turn.
    virtual void OnTurnNeeded(ChatSession* session) = 0;
    // The session takes no more messages. Called once, before OnEnded, from FinishTurn.
    virtual void OnDeliveryEnded(ChatSession* session) = 0;
    // The connection has ended; the session must be retired. Called once, from FinishTurn.
    virtual void OnEnded(ChatSession* session) = 0;

   protected:
    ~Owner() = default;
  };

  // Shared by all sessions of a worker; outlives them.
  struct Setting {
    net::EventLoop* loop;
    Owner* owner;
    websocket::MessageReader::Limits limits;
    std::size_t max_outbound_bytes;
    std::chrono::nanoseconds close_timeout;
    std::chrono::nanoseconds message_timeout;
    RateLimit::Rule message_rate;
    RateLimit::Rule byte_rate;
    // Receive buffer; used by one session at a time.
    std::span<char> read_buffer;
    // For clients that compress each message on its own; used by one session at a time.
    websocket::Inflater* inflater = nullptr;
    // While true, no message is read because some worker has fallen behind.
    bool reading_paused = false;
  };

  // Publications for everyone, gathered for one write. Everything viewed outlives the call.
  struct Delivery {
    std::span<const SharedPublication> publications;
    std::span<const iovec> parts;  // their broadcasts in the session's format
    std::size_t bytes = 0;         // of `parts`
    std::uint64_t messages = 0;
    std::uint64_t payload_bytes = 0;
  };

  // Code and reason of the peer's Close; 1006 if it sent none.
  struct CloseSeen {
    std::uint16_t code;
    std::string_view reason;
  };

  struct Counts {
    std::uint64_t messages_sent = 0;
    std::uint64_t bytes_sent = 0;
    std::uint64_t messages_received = 0;
    std::uint64_t bytes_received = 0;
  };

  // The place of the session's own messages in a turn's batch; used by the worker.
  struct BatchMark {
    std::size_t entry = 0;
    std::uint64_t turn = 0;
  };

  // `socket` has just received a valid handshake. `number` counts the connections of this process. With `deflate`, both
  // sides may compress messages.
  ChatSession(const Setting* setting, std::unique_ptr<net::StreamSocket> socket, Uuid id, std::uint64_t number,
              ViewerInfo viewer, Dialect dialect,
              const std::optional<websocket::DeflateAgreement>& deflate = std::nullopt);
  ~ChatSession();
  ChatSession(const ChatSession&) = delete;
  ChatSession& operator=(const ChatSession&) = delete;

  // Keeps what counts the connection for its viewer until the end.
  void HoldSeat(net::AddressTally::Seat seat) { viewer_seat_ = std::move(seat); }
  // Sends the answer to the handshake and the first frames, whatever their size, and reads `early`, the bytes received
  // behind the handshake. Must be called once, first. Without first frames, nothing is delivered before Welcome.
  void Start(std::string handshake_answer, std::optional<ClientFrames> first, std::span<char> early);
  // Sends the first frames if Start had none. Must be called once. Returns false if the session cannot take them.
  bool Welcome(ClientFrames first);
  // Sends further frames to this client alone, whatever their size, and asks for the turn's end if publications are
  // skipped. Returns false if the session cannot take them.
  bool Tell(ClientFrames frames);
  // While set, publications are not delivered: the client gets what it missed first, by Tell.
  void SkipPublications(bool skip) { skips_publications_ = skip; }
  bool skips_publications() const { return skips_publications_; }
  // Sends at once what the kernel accepts, and queues the rest. A reader that falls too far behind is closed as
  // kSlowConsumer. Returns false if the session does not take the delivery.
  bool Deliver(const Delivery& delivery);
  // The same for whole frames that are a part of `text`, which are sent at the end of the turn.
  bool DeliverPart(std::shared_ptr<const std::string> text, std::size_t offset, std::size_t size,
                   std::uint64_t messages, std::uint64_t payload_bytes);
  // The same for a frame that is the last of this turn and is sent at once.
  bool DeliverLonePart(const std::shared_ptr<const std::string>& text, std::size_t offset, std::size_t size,
                       std::uint64_t payload_bytes);

  enum class SendOutcome : std::uint8_t { kQueued, kFull, kClosing };
  // Queues one message if there is room for it.
  SendOutcome Send(std::shared_ptr<const std::string> frame, std::uint64_t payload_bytes);
  // Starts the close handshake at the turn's end. Returns false if closing has begun already.
  bool Close(const Disconnect& disconnect);
  // Reads what has arrived, before everything is closed.
  void ReadArrived();
  // Continues to read after `reading_paused`.
  void ResumeReading();
  void FinishTurn();

  // The name that its client gave, or "". Must be set before the first message, if at all.
  void set_name(std::string name) { rare().name = std::move(name); }
  std::string_view name() const { return rare_ ? std::string_view(rare_->name) : std::string_view(); }

  const Uuid& id() const { return id_; }
  std::uint64_t number() const { return number_; }
  Dialect dialect() const { return format_.dialect; }
  FrameFormat format() const { return format_; }
  // The longest message that it may send.
  std::size_t max_message_bytes() const { return setting_->limits.max_message_bytes; }
  const ViewerInfo& viewer() const { return viewer_; }
  const Counts& counts() const { return counts_; }
  // Allows a whole burst again. Must be called when the setting's `message_rate` or `byte_rate` changes.
  void RestartRates() { message_rate_ = byte_rate_ = RateLimit(); }
  std::size_t queued_bytes() const { return queue_.bytes(); }
  std::chrono::system_clock::time_point connect_time() const { return connect_time_; }
  // The turn in which the last message was received.
  std::optional<net::Clock::time_point> last_message_at() const;
  CloseSeen close_seen() const;
  // Meaningful once the session is not open any more.
  const Disconnect& disconnect() const { return kDisconnects[disconnect_]; }
  bool ended() const { return state_ == State::kEnded; }
  // True until closing begins.
  bool open() const { return state_ == State::kOpen && next_ == Next::kStay; }

  // For the worker: where it keeps the session, and the queue size that it last counted. The two numbers share a word,
  // as there may be many idle sessions.
  RoomMembers* room = nullptr;
  std::uint32_t slot = 0;
  std::uint32_t counted_queue_bytes = 0;
  BatchMark batch_mark;

 private:
  enum class State : std::uint8_t {
    kOpen,
    kClosing,    // our Close is on its way, and the peer's awaited
    kFinishing,  // no frame is awaited any more: what is queued is sent, then FIN, then the peer's FIN is awaited
    kEnded,
  };
  // The action of FinishTurn; a later value wins.
  enum class Next : std::uint8_t { kStay, kClose, kCloseAndFinish, kFinish, kEnd };
  struct CloseFrame {
    std::uint16_t code;
    std::string reason;
  };
  // A wait for the peer at the end.
  struct Ending {
    net::Clock::time_point begin;
    std::chrono::nanoseconds timeout;
    net::SendWatch sent;
  };
  // State that few sessions have, or that sessions have only at their end.
  struct Rare {
    std::string name;
    std::unique_ptr<websocket::Inflater> inflater;  // for a client that uses context takeover
    std::optional<std::string> waiting_pong;        // the latest ping's, while the peer does not read
    std::optional<CloseFrame> close_to_send;
    std::optional<CloseFrame> close_seen;
    std::optional<Ending> ending;
  };

  void OnSocketReady(net::StreamSocket* socket) override;
  void OnTimer(net::Timer* timer) override;
  bool WantsToRead() const;
  // True if neither side has begun a Close, and nothing ends the session at the end of this turn.
  bool stays_open() const { return state_ == State::kOpen && next_ == Next::kStay; }
  bool AcceptsDelivery() const;
  // False when there is nothing more to read now.
  bool ReadOnce();
  void Consume(std::span<char> bytes);
  void OnWholeMessage(bool binary, std::string_view payload);
  void OnPing(std::string_view payload);
  void OnPeerClose(std::uint16_t code, std::string_view reason);
  void OnBrokenRule(websocket::FrameError error);
  void Want(Next next, const Disconnect& disconnect);
  void SendFirst(std::string text);
  void NeedTurn();
  bool Queue(std::shared_ptr<const std::string> text, std::size_t offset, std::size_t size);
  // Sends what the kernel takes, unless something already waits to be sent. Returns false when the connection is lost.
  bool WriteAtOnce(std::span<const iovec> parts, std::size_t* sent);
  bool QueueRest(const Delivery& delivery, std::size_t sent);
  void GiveUpOnSlowReader();
  void Flush();
  net::IoResult Write(std::span<const iovec> parts);
  // Returns false, for its callers to return.
  bool OnWriteFailed();
  Rare& rare();
  // Inflates its messages; null if they are not compressed.
  websocket::Inflater* inflater() const;
  void SetTimer(std::chrono::nanoseconds timeout);
  // Starts to wait for the peer, for `timeout`.
  void StartWait(std::chrono::nanoseconds timeout);
  // Looks at the peer. Returns true if it has more time, or still reads what was sent before.
  bool WaitsOn();
  void QueueClose();
  void EnterFinishing();
  void EndDeliveryUnlessOpen();
  void End();

  // The members that a delivery needs lie together, from `batch_mark.turn` to the queue's bytes: a message to a hundred
  // clients fetches these cache lines a hundred times, each after a system call that has filled the cache.
  std::unique_ptr<net::StreamSocket> socket_;
  FrameFormat format_;
  State state_ = State::kOpen;
  Next next_ = Next::kStay;
  std::uint8_t disconnect_ = Disconnect::kPeerGone.index;
  // There may be many idle sessions: these flags share a byte, with which the object fills its block of the heap.
  bool welcomed_ : 1 = false;  // has its first frames
  bool turn_needed_ : 1 = false;
  bool delivery_ended_ : 1 = false;
  bool write_failed_ : 1 = false;
  bool peer_finished_ : 1 = false;  // its FIN was read
  bool fin_sent_ : 1 = false;
  bool skips_publications_ : 1 = false;
  std::uint8_t held_size_ = 0;
  Counts counts_;
  OutboundQueue queue_;

  const Setting* setting_;
  std::unique_ptr<net::Timer> timer_;                 // while open: for an unfinished message; afterwards: for the end
  std::unique_ptr<websocket::MessageReader> reader_;  // for a message that has begun and not ended
  std::unique_ptr<Rare> rare_;                        // null if there never was anything in it
  ViewerInfo viewer_;
  Uuid id_;
  std::uint64_t number_;
  std::chrono::system_clock::time_point connect_time_;
  RateLimit message_rate_;
  RateLimit byte_rate_;
  net::Clock::time_point last_message_at_ = net::Clock::time_point::min();
  net::AddressTally::Seat viewer_seat_;
  std::array<char, websocket::kMaxFrameHeaderBytes> held_;  // the beginning of a header, of `held_size_` bytes
};

}  // namespace viaduct::origin
