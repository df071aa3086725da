#include "origin/http/http_connection.h"

#include <sys/uio.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace viaduct::origin {
namespace {

// Time limit from our FIN to the peer's.
constexpr auto kLinger = std::chrono::seconds(1);

// While draining, the time in which a new connection may send its request.
constexpr auto kDrainGrace = std::chrono::milliseconds(300);

}  // namespace

HttpConnection::HttpConnection(const Setting* setting, net::UniqueFd socket, const net::SocketAddress& peer,
                               Admission admission)
    : setting_(setting),
      socket_(new net::StreamSocket(setting->loop, std::move(socket), this)),
      peer_(peer),
      timer_(setting->loop, this),
      admission_(admission) {
  timer_.SetAfter(setting_->request_head_timeout);
}

void HttpConnection::OnSocketReady(net::StreamSocket*) {
  if (state_ == State::kWriting && socket_->writable()) {
    WriteAnswer();
    // Processes requests that came meanwhile.
    if (state_ == State::kReading && !held_.empty()) ProcessHeld();
  }
  if (state_ == State::kReading && socket_->readable()) Read();
  if (state_ == State::kLingering && socket_->readable()) Discard();
}

void HttpConnection::OnTimer(net::Timer*) {
  if (state_ == State::kGone) return;
  // A silent connection is just closed; one that has begun a request gets an answer.
  if (state_ == State::kReading && !held_.empty()) return Respond(AnswerTimeout(setting_->owner->Situation()));
  if (state_ == State::kWriting) socket_->ResetOnClose();
  End();
}

void HttpConnection::Drain() {
  if (state_ != State::kReading || !held_.empty()) return;
  if (answered_before_) return End();
  timer_.SetAfter(std::min<std::chrono::nanoseconds>(kDrainGrace, setting_->request_head_timeout));
}

// ---- Receiving.

void HttpConnection::Read() {
  const std::span<char> buffer = setting_->read_buffer;
  const net::IoResult got = socket_->Read(buffer.data(), buffer.size());
  if (got.kind == net::IoResult::Kind::kWouldBlock) return;
  if (!got.done()) return End();
  if (held_.empty()) {
    const std::size_t used = Process(buffer.first(got.bytes));
    if (state_ == State::kReading || state_ == State::kWriting) held_.assign(buffer.data() + used, got.bytes - used);
  } else {
    held_.append(buffer.data(), got.bytes);
    ProcessHeld();
  }
  if (state_ != State::kGone && socket_->readable()) socket_->RunAgain();
}

void HttpConnection::ProcessHeld() {
  const std::size_t used = Process(held_);
  held_.erase(0, used);
  if (held_.empty()) std::string().swap(held_);
}

std::size_t HttpConnection::Process(std::span<char> bytes) {
  std::size_t used = 0;
  while (state_ == State::kReading && used < bytes.size()) {
    const std::size_t taken = TakeRequest(bytes.subspan(used));
    used += taken;
    if (taken > 0) continue;
    if (between_requests_) {
      between_requests_ = false;
      timer_.SetAfter(setting_->request_head_timeout);
    }
    break;
  }
  return used;
}

std::size_t HttpConnection::TakeRequest(std::span<char> bytes) {
  const std::string_view text(bytes.data(), bytes.size());
  std::optional<http::HeadError> error;
  const std::optional<std::size_t> size = finder_.Find(text, &error);
  if (!size && !error) {
    if (text.size() < setting_->limits.max_head_bytes) return 0;
    error = http::HeadError::kTooLarge;
  }
  finder_.Reset();
  http::RequestHead head;
  if (!error) error = http::ParseRequestHead(text.substr(0, *size), setting_->limits, setting_->fields, &head);
  if (error) {
    setting_->owner->OnBadHead(*error);
    Respond(AnswerBadHead(*error, setting_->owner->Situation()));
    return bytes.size();
  }
  Handle(head, bytes.subspan(*size));
  return *size;
}

void HttpConnection::Handle(const http::RequestHead& head, std::span<char> rest) {
  HttpSituation situation = setting_->owner->Situation();
  situation.full = admission_ == Admission::kOverLimit;
  if (PathOf(head.target) != kWebSocketPath) return Respond(AnswerPlain(head, setting_->files, situation));

  std::string_view key;
  RoomQuery query;
  std::optional<UpgradeRefusal> refusal = CheckUpgrade(head, &key);
  if (!refusal) refusal = ReadRoomQuery(head.target, &query);
  if (!refusal && situation.draining) refusal = UpgradeRefusal::kDraining;
  if (!refusal && situation.full) refusal = UpgradeRefusal::kFull;
  if (!refusal) refusal = setting_->owner->OnUpgrade(this, head, key, query, rest);
  if (refusal) {
    setting_->owner->OnUpgradeRefused(*refusal);
    if (std::optional<HttpAnswer> close = CloseForBrowser(*refusal, head, key)) return Respond(*std::move(close));
    HttpAnswer answer = AnswerRefusedUpgrade(*refusal, situation);
    if (head.method == "HEAD") answer.body = "";
    return Respond(std::move(answer));
  }
  state_ = State::kGone;
  timer_.Cancel();
}

void HttpConnection::Discard() {
  const std::span<char> buffer = setting_->read_buffer;
  const net::IoResult got = socket_->Read(buffer.data(), buffer.size());
  if (got.kind == net::IoResult::Kind::kWouldBlock) return;
  if (!got.done()) return End();
  if (socket_->readable()) socket_->RunAgain();
}

// ---- Sending.

void HttpConnection::Respond(HttpAnswer answer) {
  answer_ = std::move(answer);
  answer_sent_ = 0;
  state_ = State::kWriting;
  // Time for the client to take the answer.
  timer_.SetAfter(setting_->keep_alive_timeout);
  WriteAnswer();
}

void HttpConnection::WriteAnswer() {
  const std::size_t size = answer_.head.size() + answer_.body.size();
  while (answer_sent_ < size) {
    if (!socket_->writable()) return;
    const std::size_t of_head = std::min(answer_sent_, answer_.head.size());
    const std::size_t of_body = answer_sent_ - of_head;
    const std::array<iovec, 2> parts = {
        iovec{answer_.head.data() + of_head, answer_.head.size() - of_head},
        iovec{const_cast<char*>(answer_.body.data()) + of_body, answer_.body.size() - of_body}};
    const net::IoResult written = socket_->Write(parts.data(), static_cast<int>(parts.size()));
    if (written.kind == net::IoResult::Kind::kFailed) return End();
    answer_sent_ += written.bytes;
  }
  AfterAnswer();
}

void HttpConnection::AfterAnswer() {
  const bool close = answer_.close;
  answer_ = HttpAnswer();
  answered_before_ = true;
  if (!close) {
    state_ = State::kReading;
    between_requests_ = true;
    timer_.SetAfter(setting_->keep_alive_timeout);
    return;
  }
  state_ = State::kLingering;
  std::string().swap(held_);
  socket_->ShutdownWrite();
  timer_.SetAfter(kLinger);
  if (socket_->readable()) socket_->RunAgain();
}

void HttpConnection::End() {
  state_ = State::kGone;
  timer_.Cancel();
  setting_->owner->OnEnded(this);
}

}  // namespace viaduct::origin
