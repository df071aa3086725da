#include "origin/broker/redis/client/redis_connection.h"

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "text/string_view.h"

namespace viaduct::origin {
namespace {

constexpr std::size_t kReadBytes = 64 * 1024;
// After reading this much, the loop's other sockets get their turn.
constexpr std::size_t kReadBytesPerTurn = 1024 * 1024;

}  // namespace

RedisConnection::RedisConnection(net::EventLoop* loop, const RedisEndpoint& endpoint, Owner* owner)
    : loop_(loop), endpoint_(endpoint), owner_(owner), reader_(endpoint.max_reply_bytes), deadline_(loop, this) {
  deadline_.SetAfter(endpoint_.command_timeout);
  // Begins in the loop, so that the owner hears of a failure from the loop only.
  loop_->AtTurnEnd([this, alive = alive_] {
    if (*alive) Begin();
  });
}

RedisConnection::~RedisConnection() { *alive_ = false; }

void RedisConnection::Begin() {
  const absl::StatusOr<net::SocketAddress> address = net::SocketAddress::Parse(endpoint_.ToString());
  if (address.ok()) {
    addresses_ = {*address};
    ConnectNext();
    return;
  }
  lookup_ = std::make_unique<net::NameLookup>(loop_, endpoint_.host, endpoint_.port,
                                              [this](net::NameLookup::Addresses addresses) {
                                                loop_->Retire(std::move(lookup_));
                                                if (!addresses.ok()) return Fail(addresses.status());
                                                addresses_ = *std::move(addresses);
                                                ConnectNext();
                                              });
}

void RedisConnection::ConnectNext() {
  state_ = State::kConnecting;
  if (socket_ != nullptr) loop_->Retire(std::move(socket_));
  while (next_address_ < addresses_.size()) {
    const net::SocketAddress& address = addresses_[next_address_++];
    net::UniqueFd fd = net::StreamSocket::StartConnect(address);
    const int error = errno;
    if (!fd) {
      last_connect_error_ = absl::StrCat("connecting to ", address.ToString(), ": ", std::strerror(error));
      continue;
    }
    socket_.reset(new net::StreamSocket(loop_, std::move(fd), this));  // a private base: no make_unique
    if (error == 0) {
      socket_->SetConnected();
      OnConnected();
    }
    return;
  }
  Fail(absl::UnavailableError(last_connect_error_));
}

void RedisConnection::OnConnected() {
  if (endpoint_.tls == nullptr) return Enter();
  state_ = State::kShaking;
  socket_->StartTls(*endpoint_.tls);
  Shake();
}

void RedisConnection::Shake() {
  switch (socket_->Handshake()) {
    case net::TlsStream::Handshake::kPending:
      return;
    case net::TlsStream::Handshake::kDone:
      return Enter();
    case net::TlsStream::Handshake::kFailed:
      return Fail(absl::UnavailableError(absl::StrCat("TLS handshake: ", socket_->tls().failure())));
  }
}

void RedisConnection::Enter() {
  state_ = State::kEntering;
  const std::string database = absl::StrCat(endpoint_.database);
  const auto step = [this](const RedisCommand& command, std::string_view name) {
    ++steps_left_;
    Queue(command);
    waiting_.push_back({net::Clock::time_point::max(), [this, name](RedisReply reply) { OnEntered(name, reply); }});
  };
  if (!endpoint_.password.empty()) {
    RedisCommand auth = {"AUTH"};
    if (!endpoint_.username.empty()) auth.push_back(endpoint_.username);
    auth.push_back(endpoint_.password);
    step(auth, "AUTH");
  }
  if (endpoint_.database != 0) step({"SELECT", database}, "SELECT");
  // A Redis that requires a password, or is still loading, reports that here.
  step({"PING"}, "PING");
  Flush();
}

void RedisConnection::OnEntered(std::string_view step, const RedisReply& reply) {
  if (reply.is_error()) {
    return Fail(absl::PermissionDeniedError(absl::StrCat(text::ToAbsl(step), ": ", reply.text)));
  }
  if (--steps_left_ > 0) return;
  state_ = State::kReady;
  SetDeadline();
  owner_->OnRedisReady(this);
}

void RedisConnection::Queue(const RedisCommand& command) {
  AppendRedisCommand(command, &output_);
  if (flush_at_turn_end_) return;
  flush_at_turn_end_ = true;
  loop_->AtTurnEnd([this, alive = alive_] {
    if (!*alive) return;
    flush_at_turn_end_ = false;
    Flush();
  });
}

void RedisConnection::Send(const RedisCommand& command, Done done) {
  if (state_ != State::kReady) return;
  Queue(command);
  waiting_.push_back({loop_->now() + endpoint_.command_timeout, std::move(done)});
  if (waiting_.size() == 1) SetDeadline();
}

void RedisConnection::SendSubscription(const RedisCommand& command) {
  if (state_ != State::kReady) return;
  subscribes_ = true;
  Queue(command);
}

void RedisConnection::Flush() {
  if (state_ != State::kEntering && state_ != State::kReady) return;
  while (sent_ < output_.size() && socket_->writable()) {
    const net::IoResult result = socket_->Write(output_.data() + sent_, output_.size() - sent_);
    if (result.kind == net::IoResult::Kind::kFailed) {
      // What the peer sent before it left, such as a TLS alert, says more: reading finds it, or the end.
      output_.clear();
      sent_ = 0;
      return socket_->RunAgain();
    }
    sent_ += result.bytes;
  }
  if (sent_ < output_.size()) return;
  sent_ = 0;
  // Frees the memory of a burst.
  if (output_.capacity() > 2 * kReadBytesPerTurn) output_ = std::string();
  output_.clear();
}

void RedisConnection::OnSocketReady(net::StreamSocket*) {
  if (state_ == State::kConnecting) {
    const int error = socket_->ConnectError();
    if (error == EINPROGRESS) return;
    if (error != 0) {
      last_connect_error_ =
          absl::StrCat("connecting to ", addresses_[next_address_ - 1].ToString(), ": ", std::strerror(error));
      return ConnectNext();
    }
    OnConnected();
  } else if (state_ == State::kShaking) {
    Shake();
  }
  // Bytes that arrived behind the replies of the handshake are read too: there is no further edge for them.
  if (state_ != State::kEntering && state_ != State::kReady) return;
  Flush();
  ReadAll();
}

void RedisConnection::ReadAll() {
  std::array<char, kReadBytes> buffer;
  std::size_t read = 0;
  while (state_ != State::kFailed && socket_->readable()) {
    if (read >= kReadBytesPerTurn) return socket_->RunAgain();
    const net::IoResult result = socket_->Read(buffer.data(), buffer.size());
    if (result.kind == net::IoResult::Kind::kWouldBlock) return;
    if (result.kind == net::IoResult::Kind::kEnd) return Fail(absl::UnavailableError("Redis closed the connection"));
    if (result.kind == net::IoResult::Kind::kFailed) {
      return Fail(absl::UnavailableError(absl::StrCat("reading: ", Words(result.error))));
    }
    read += result.bytes;
    if (const absl::Status fed = reader_.Feed({buffer.data(), result.bytes}); !fed.ok()) return Fail(fed);
    TakeReplies();
  }
}

void RedisConnection::TakeReplies() {
  while (state_ != State::kFailed) {
    absl::StatusOr<std::optional<RedisReply>> reply = reader_.Next();
    if (!reply.ok()) return Fail(reply.status());
    if (!reply->has_value()) return;
    TakeReply(**std::move(reply));
  }
}

void RedisConnection::TakeReply(RedisReply reply) {
  // In RESP2 a connection is used either for subscriptions or for commands. A subscribed connection can only be pinged,
  // which is answered with "pong".
  const bool push = reply.kind == RedisReply::Kind::kArray && reply.elements.size() >= 3 &&
                    (reply.elements[0].text == "message" || reply.elements[0].text == "subscribe" ||
                     reply.elements[0].text == "unsubscribe");
  if (push && subscribes_) return owner_->OnRedisPush(this, std::move(reply));
  // Pings are never refused, so this is the answer to a subscription.
  if (subscribes_ && reply.is_error()) return Fail(absl::PermissionDeniedError(reply.text));
  if (waiting_.empty()) return Fail(absl::DataLossError("unexpected reply"));
  Done done = std::move(waiting_.front().done);
  waiting_.pop_front();
  if (state_ == State::kReady) {
    if (!waiting_.empty()) waiting_.front().deadline = loop_->now() + endpoint_.command_timeout;
    SetDeadline();
  }
  done(std::move(reply));
}

void RedisConnection::SetDeadline() {
  if (waiting_.empty()) {
    deadline_.Cancel();
  } else {
    deadline_.Set(waiting_.front().deadline);
  }
}

std::string RedisConnection::DuringWhat() const {
  switch (state_) {
    case State::kLookingUp:
      return absl::StrCat("looking up ", endpoint_.host);
    case State::kConnecting:
      return absl::StrCat("connecting to ", addresses_[next_address_ - 1].ToString());
    case State::kShaking:
      return "TLS handshake";
    case State::kEntering:
      return "AUTH, SELECT and PING";
    case State::kReady:
    case State::kFailed:
      return "command";
  }
}

void RedisConnection::OnTimer(net::Timer*) {
  Fail(absl::DeadlineExceededError(absl::StrCat(DuringWhat(), ": no answer in time")));
}

std::string RedisConnection::Words(int error) const {
  const char* const of_tls = socket_->speaks_tls() ? socket_->tls().failure() : "";
  return *of_tls != '\0' ? absl::StrCat("TLS: ", of_tls) : std::strerror(error);
}

void RedisConnection::Abandon() {
  state_ = State::kFailed;
  deadline_.Cancel();
}

void RedisConnection::Fail(absl::Status status) {
  if (state_ == State::kFailed) return;
  Abandon();
  owner_->OnRedisFailed(this, status);
}

}  // namespace viaduct::origin
