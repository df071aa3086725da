#include "origin/session/chat_session.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "websocket/close_code.h"
#include "websocket/frame.h"

namespace viaduct::origin {
namespace {

// The number of pieces that one write gathers.
constexpr std::size_t kMaxParts = 64;

// Time limit from our FIN to the peer's. Closing at once while bytes of the peer are unread would cause an RST, which
// could overtake the Close frame.
constexpr auto kLinger = std::chrono::seconds(1);

// The number of looks at a peer in each wait at the end, and the most waits for a peer that still reads.
constexpr int kLooks = 4;
constexpr int kMostWaits = 6;

// The number of buffers that ReadArrived reads from one client, which may never stop sending.
constexpr int kMaxArrivedReads = 16;

// First frames up to this size leave in one piece with the answer to the handshake: a fresh socket has room for it.
constexpr std::size_t kMaxBesideAnswer = 1024;

std::unique_ptr<websocket::Inflater> OwnInflater(const std::optional<websocket::DeflateAgreement>& deflate) {
  if (!deflate || deflate->client_context == websocket::DeflateContext::kNone) return nullptr;
  return std::make_unique<websocket::Inflater>(deflate->client_window_bits, websocket::DeflateContext::kTakenOver);
}

}  // namespace

ChatSession::ChatSession(const Setting* setting, std::unique_ptr<net::StreamSocket> socket, Uuid id,
                         std::uint64_t number, ViewerInfo viewer, Dialect dialect,
                         const std::optional<websocket::DeflateAgreement>& deflate)
    : socket_(std::move(socket)),
      format_{.dialect = dialect, .window_bits = static_cast<std::uint8_t>(deflate ? deflate->server_window_bits : 0)},
      queue_(setting->max_outbound_bytes),
      setting_(setting),
      viewer_(std::move(viewer)),
      id_(id),
      number_(number),
      connect_time_(std::chrono::system_clock::now()) {
  socket_->set_owner(this);
  if (std::unique_ptr<websocket::Inflater> own = OwnInflater(deflate)) rare().inflater = std::move(own);
}

ChatSession::~ChatSession() = default;

void ChatSession::Start(std::string handshake_answer, std::optional<ClientFrames> first, std::span<char> early) {
  // Sends both in one piece, unless the kernel may not take all of it: the rest of a half-sent frame is located from
  // where its piece begins.
  if (first && first->text.size() <= kMaxBesideAnswer) handshake_answer += std::exchange(first->text, {});
  SendFirst(std::move(handshake_answer));
  if (first) Welcome(*std::move(first));
  Consume(early);
  if (WantsToRead()) socket_->RunAgain();
}

// ---- Sending.

void ChatSession::SendFirst(std::string text) {
  const iovec part{text.data(), text.size()};
  std::size_t sent = 0;
  if (!WriteAtOnce(std::span(&part, 1), &sent) || sent == text.size()) return;
  queue_.PushAlways(std::move(text));
  queue_.Sent(sent);
  NeedTurn();
}

bool ChatSession::Welcome(ClientFrames first) {
  welcomed_ = true;
  return Tell(std::move(first));
}

bool ChatSession::Tell(ClientFrames frames) {
  if (!AcceptsDelivery()) return false;
  counts_.messages_sent += frames.messages;
  counts_.bytes_sent += frames.payload_bytes;
  if (frames.text.empty() && !skips_publications_) return true;
  if (!frames.text.empty()) queue_.PushAlways(std::move(frames.text));
  NeedTurn();
  return true;
}

bool ChatSession::AcceptsDelivery() const {
  return welcomed_ && state_ == State::kOpen && next_ != Next::kEnd && disconnect_ != Disconnect::kSlowConsumer.index &&
         !write_failed_;
}

bool ChatSession::Deliver(const Delivery& delivery) {
  if (!AcceptsDelivery() || skips_publications_) return false;
  std::size_t sent = 0;
  if (!WriteAtOnce(delivery.parts, &sent)) return false;
  if (sent < delivery.bytes && !QueueRest(delivery, sent)) return false;
  counts_.messages_sent += delivery.messages;
  counts_.bytes_sent += delivery.payload_bytes;
  return true;
}

bool ChatSession::WriteAtOnce(std::span<const iovec> parts, std::size_t* sent) {
  if (!queue_.empty() || !socket_->writable()) return true;
  const net::IoResult written = Write(parts);
  if (written.kind == net::IoResult::Kind::kFailed) return OnWriteFailed();
  *sent = written.bytes;
  return true;
}

bool ChatSession::QueueRest(const Delivery& delivery, std::size_t sent) {
  for (const SharedPublication& publication : delivery.publications) {
    const std::size_t size = BroadcastsOf(*publication, format_).frames->size();
    const std::size_t skipped = std::min(sent, size);
    sent -= skipped;
    if (skipped == size) continue;
    // Queues everything and then removes the sent part, so that the queue knows where frames begin.
    if (!Queue(FramesOf(publication, format_), 0, size)) return false;
    queue_.Sent(skipped);
  }
  return true;
}

bool ChatSession::DeliverPart(std::shared_ptr<const std::string> text, std::size_t offset, std::size_t size,
                              std::uint64_t messages, std::uint64_t payload_bytes) {
  if (size == 0 || !AcceptsDelivery() || !Queue(std::move(text), offset, size)) return false;
  counts_.messages_sent += messages;
  counts_.bytes_sent += payload_bytes;
  return true;
}

bool ChatSession::DeliverLonePart(const std::shared_ptr<const std::string>& text, std::size_t offset, std::size_t size,
                                  std::uint64_t payload_bytes) {
  if (!AcceptsDelivery()) return false;
  const iovec part{const_cast<char*>(text->data()) + offset, size};
  std::size_t sent = 0;
  if (!WriteAtOnce(std::span(&part, 1), &sent)) return false;
  if (sent < size) {
    if (!Queue(text, offset, size)) return false;
    queue_.Sent(sent);
  }
  ++counts_.messages_sent;
  counts_.bytes_sent += payload_bytes;
  return true;
}

bool ChatSession::Queue(std::shared_ptr<const std::string> text, std::size_t offset, std::size_t size) {
  NeedTurn();
  if (queue_.Push(text, offset, size) == OutboundQueue::Pushed::kAccepted) return true;
  // The queue may only be waiting for the turn's end.
  Flush();
  if (write_failed_) return false;
  if (queue_.Push(std::move(text), offset, size) == OutboundQueue::Pushed::kAccepted) return true;
  GiveUpOnSlowReader();
  return false;
}

void ChatSession::GiveUpOnSlowReader() {
  if (rare_) rare_->waiting_pong.reset();
  // Frees the queue's memory at once. Only a half-sent frame must be completed, or the Close would not be understood.
  if (queue_.KeepOnlyBegunFrame()) {
    Close(Disconnect::kSlowConsumer);
  } else {
    queue_.Clear();
    Want(Next::kEnd, Disconnect::kSlowConsumer);
  }
}

ChatSession::SendOutcome ChatSession::Send(std::shared_ptr<const std::string> frame, std::uint64_t payload_bytes) {
  if (!AcceptsDelivery() || next_ != Next::kStay) return SendOutcome::kClosing;
  const std::size_t size = frame->size();
  if (queue_.Push(std::move(frame), 0, size) == OutboundQueue::Pushed::kSlow) return SendOutcome::kFull;
  ++counts_.messages_sent;
  counts_.bytes_sent += payload_bytes;
  NeedTurn();
  return SendOutcome::kQueued;
}

bool ChatSession::Close(const Disconnect& disconnect) {
  if (!stays_open()) return false;
  rare().close_to_send = {.code = disconnect.code, .reason = std::string(disconnect.reason)};
  Want(Next::kClose, disconnect);
  return true;
}

void ChatSession::Flush() {
  std::array<iovec, kMaxParts> parts;
  while (!queue_.empty() && socket_->writable()) {
    const auto count = static_cast<std::size_t>(queue_.Gather(parts));
    const net::IoResult written = Write(std::span(parts).first(count));
    if (written.kind == net::IoResult::Kind::kFailed) {
      OnWriteFailed();
      return;
    }
    queue_.Sent(written.bytes);
    if (queue_.empty() && rare_ && rare_->waiting_pong) {
      queue_.PushAlways(*std::exchange(rare_->waiting_pong, std::nullopt));
    }
  }
}

net::IoResult ChatSession::Write(std::span<const iovec> parts) {
  // Most writes have one part, for which the kernel has a cheaper call.
  if (parts.size() == 1) return socket_->Write(static_cast<const char*>(parts[0].iov_base), parts[0].iov_len);
  return socket_->Write(parts.data(), static_cast<int>(parts.size()));
}

bool ChatSession::OnWriteFailed() {
  // The end is found by reading: bytes that the peer sent before it went away, such as its Close, can still be read.
  write_failed_ = true;
  queue_.Clear();
  NeedTurn();
  return false;
}

// ---- Receiving.

void ChatSession::OnSocketReady(net::StreamSocket* socket) {
  if (state_ == State::kEnded) return;
  if (!queue_.empty() && socket->writable()) NeedTurn();
  if (WantsToRead()) ReadOnce();
}

bool ChatSession::WantsToRead() const {
  if (next_ != Next::kStay || peer_finished_) return false;
  if (write_failed_) return true;
  if (!socket_->readable()) return false;
  if (state_ == State::kOpen) return !setting_->reading_paused && queue_.bytes() <= queue_.max_bytes() / 2;
  return disconnect_ != Disconnect::kSlowConsumer.index || queue_.empty();
}

bool ChatSession::ReadOnce() {
  const std::span<char> buffer = setting_->read_buffer;
  std::memcpy(buffer.data(), held_.data(), held_size_);
  const net::IoResult got = socket_->Read(buffer.data() + held_size_, buffer.size() - held_size_);
  switch (got.kind) {
    case net::IoResult::Kind::kDone:
      Consume(buffer.first(held_size_ + got.bytes));
      if (WantsToRead()) socket_->RunAgain();
      return true;
    case net::IoResult::Kind::kWouldBlock:
      if (write_failed_) Want(Next::kEnd, Disconnect::kPeerGone);
      return false;
    case net::IoResult::Kind::kEnd:
      peer_finished_ = true;
      Want(Next::kFinish, Disconnect::kPeerGone);
      return false;
    case net::IoResult::Kind::kFailed:
      Want(Next::kEnd, Disconnect::kPeerGone);
      return false;
  }
  return false;
}

void ChatSession::ReadArrived() {
  for (int i = 0; i < kMaxArrivedReads; ++i) {
    if (!stays_open() || peer_finished_ || !ReadOnce()) return;
  }
}

void ChatSession::ResumeReading() {
  if (state_ != State::kEnded && WantsToRead()) socket_->RunAgain();
}

void ChatSession::Consume(std::span<char> bytes) {
  using Kind = websocket::MessageReader::Event::Kind;
  // Most reads end between two messages, so an idle session has no reader.
  websocket::MessageReader fresh(websocket::Sender::kClient, setting_->limits, inflater());
  websocket::MessageReader& reader = reader_ ? *reader_ : fresh;
  held_size_ = 0;
  // Nothing is read behind the peer's Close or an error. Behind our own Close, frames are still read to find the peer's
  // Close, even if a frame is cut by the end of this read.
  while ((state_ == State::kOpen || state_ == State::kClosing) && next_ <= Next::kClose) {
    const websocket::MessageReader::Event event = reader.Next(bytes);
    if (event.kind == Kind::kNeedMore) {
      std::copy(bytes.begin(), bytes.end(), held_.begin());
      held_size_ = static_cast<std::uint8_t>(bytes.size());
      break;
    }
    if (event.kind == Kind::kMessage) OnWholeMessage(event.opcode == websocket::Opcode::kBinary, event.payload);
    if (event.kind == Kind::kPing) OnPing(event.payload);
    if (event.kind == Kind::kClose) OnPeerClose(event.close_code, event.close_reason);
    if (event.kind == Kind::kError) OnBrokenRule(event.error);
  }
  if (state_ == State::kOpen && reader.in_message() && !timer_) SetTimer(setting_->message_timeout);
  if (!reader_ && !reader.at_rest()) reader_ = std::make_unique<websocket::MessageReader>(std::move(fresh));
  if (reader_ && reader_->at_rest()) reader_.reset();
}

void ChatSession::OnWholeMessage(bool binary, std::string_view payload) {
  if (!stays_open()) return;  // after our Close nothing is answered
  timer_.reset();
  const net::Clock::time_point now = setting_->loop->now();
  if (!message_rate_.Take(setting_->message_rate, now) ||
      !byte_rate_.Take(setting_->byte_rate, now, static_cast<std::int64_t>(payload.size()))) {
    Close(Disconnect::kRateLimited);
    return;
  }
  ++counts_.messages_received;
  counts_.bytes_received += payload.size();
  last_message_at_ = now;
  setting_->owner->OnMessage(this, binary, payload);
}

void ChatSession::OnPing(std::string_view payload) {
  if (!stays_open()) return;
  std::string pong = websocket::EncodeFrame(websocket::Opcode::kPong, payload);
  if (!queue_.empty() && !socket_->writable()) {
    // The peer does not read: only the latest of its pings is answered (RFC 6455 section 5.5.3).
    rare().waiting_pong = std::move(pong);
    return;
  }
  queue_.PushAlways(std::move(pong));
  NeedTurn();
}

void ChatSession::OnPeerClose(std::uint16_t code, std::string_view reason) {
  rare().close_seen = {.code = code, .reason = std::string(reason)};
  if (state_ == State::kClosing) return Want(Next::kFinish, Disconnect::kClosedByPeer);
  // A Close of ours that is already due stays.
  if (next_ == Next::kStay) rare().close_to_send = {.code = code, .reason = ""};
  Want(Next::kCloseAndFinish, Disconnect::kClosedByPeer);
}

void ChatSession::OnBrokenRule(websocket::FrameError error) {
  const Disconnect& disconnect = DisconnectFor(error);
  if (state_ == State::kClosing) return Want(Next::kFinish, disconnect);
  if (next_ == Next::kStay) {
    rare().close_to_send = {.code = disconnect.code, .reason = std::string(disconnect.reason)};
  }
  Want(Next::kCloseAndFinish, disconnect);
}

void ChatSession::OnTimer(net::Timer*) {
  if (state_ == State::kOpen) {
    Close(Disconnect::kMessageTimeout);
    return;
  }
  if (WaitsOn()) return;
  // The connection is cut: drops what the kernel still holds for this peer, unless only the FIN is unanswered.
  if (!fin_sent_) socket_->ResetOnClose();
  Want(Next::kEnd, Disconnect::kPeerGone);
}

// ---- The turn's end.

void ChatSession::Want(Next next, const Disconnect& disconnect) {
  if (stays_open()) disconnect_ = disconnect.index;
  next_ = std::max(next_, next);
  NeedTurn();
}

void ChatSession::NeedTurn() {
  if (turn_needed_) return;
  turn_needed_ = true;
  setting_->owner->OnTurnNeeded(this);
}

void ChatSession::FinishTurn() {
  turn_needed_ = false;
  if (state_ == State::kEnded) return;
  switch (std::exchange(next_, Next::kStay)) {
    case Next::kStay:
      break;
    case Next::kClose:
      QueueClose();
      state_ = State::kClosing;
      StartWait(setting_->close_timeout);
      break;
    case Next::kCloseAndFinish:
      QueueClose();
      EnterFinishing();
      break;
    case Next::kFinish:
      EnterFinishing();
      break;
    case Next::kEnd:
      return End();
  }
  EndDeliveryUnlessOpen();
  Flush();
  if (state_ == State::kFinishing && queue_.empty()) {
    if (peer_finished_ || write_failed_) return End();
    if (!fin_sent_) {
      socket_->ShutdownWrite();
      fin_sent_ = true;
      StartWait(kLinger);
    }
  }
  if (WantsToRead()) socket_->RunAgain();
}

websocket::Inflater* ChatSession::inflater() const {
  if (format_.window_bits == 0) return nullptr;
  return rare_ && rare_->inflater ? rare_->inflater.get() : setting_->inflater;
}

ChatSession::Rare& ChatSession::rare() {
  if (!rare_) rare_ = std::make_unique<Rare>();
  return *rare_;
}

void ChatSession::SetTimer(std::chrono::nanoseconds timeout) {
  if (!timer_) timer_.reset(new net::Timer(setting_->loop, this));  // the base class is private, so no make_unique
  timer_->SetAfter(timeout);
}

void ChatSession::StartWait(std::chrono::nanoseconds timeout) {
  const net::Clock::time_point now = setting_->loop->now();
  rare().ending = Ending{.begin = now, .timeout = timeout, .sent = net::SendWatch(now)};
  SetTimer(timeout / kLooks);
}

bool ChatSession::WaitsOn() {
  Ending& ending = *rare_->ending;
  const net::Clock::time_point now = setting_->loop->now();
  const std::optional<net::Clock::time_point> takes_none =
      write_failed_ ? std::nullopt : ending.sent.Look(socket_->Progress(), !queue_.empty(), now);
  const net::Clock::time_point due = std::max(ending.begin, takes_none.value_or(ending.begin)) + ending.timeout;
  if (now >= std::min(due, ending.begin + kMostWaits * ending.timeout)) return false;
  SetTimer(std::min(due - now, std::chrono::nanoseconds(ending.timeout / kLooks)));
  return true;
}

void ChatSession::QueueClose() {
  queue_.PushAlways(websocket::EncodeCloseFrame(rare_->close_to_send->code, rare_->close_to_send->reason));
  rare_->close_to_send.reset();
}

void ChatSession::EnterFinishing() {
  if (state_ == State::kOpen) StartWait(setting_->close_timeout);
  state_ = State::kFinishing;
}

void ChatSession::EndDeliveryUnlessOpen() {
  if (state_ == State::kOpen || delivery_ended_) return;
  delivery_ended_ = true;
  setting_->owner->OnDeliveryEnded(this);
}

void ChatSession::End() {
  state_ = State::kEnded;
  EndDeliveryUnlessOpen();
  timer_.reset();
  setting_->owner->OnEnded(this);
}

std::optional<net::Clock::time_point> ChatSession::last_message_at() const {
  if (last_message_at_ == net::Clock::time_point::min()) return std::nullopt;
  return last_message_at_;
}

ChatSession::CloseSeen ChatSession::close_seen() const {
  if (!rare_ || !rare_->close_seen) return {.code = websocket::kAbnormalClosure, .reason = ""};
  return {.code = rare_->close_seen->code, .reason = rare_->close_seen->reason};
}

}  // namespace viaduct::origin
