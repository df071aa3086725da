#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "http/head.h"
#include "net/address.h"
#include "net/event_loop.h"
#include "net/stream_socket.h"
#include "origin/http/http_answer.h"
#include "origin/http/room_query.h"
#include "origin/http/upgrade_request.h"

namespace viaduct::origin {

// One connection while it speaks HTTP/1.1, from accept until it becomes a WebSocket or ends.
// Requests are answered in order; the next one is read when the previous answer is with the kernel. No request body is
// read. An answer that ends the connection is followed by FIN and a short wait for the peer's FIN, so that the answer
// is
// not lost to an RST.
//
// Belongs to one loop's thread; must die before the loop. Holds no buffer between requests.
class HttpConnection final : private net::StreamSocket::Owner, private net::Timer::Owner {
 public:
  class Owner {
   public:
    virtual HttpSituation Situation() = 0;
    // A valid handshake with `key` for the room in `query` was received; `early` are the bytes behind it. The views are
    // valid during the call. Unless the owner refuses it, the owner takes the socket and retires the connection, which
    // does nothing more.
    virtual std::optional<UpgradeRefusal> OnUpgrade(HttpConnection* connection, const http::RequestHead& head,
                                                    std::string_view key, const RoomQuery& query,
                                                    std::span<char> early) = 0;
    virtual void OnUpgradeRefused(UpgradeRefusal refusal) = 0;
    virtual void OnBadHead(http::HeadError error) = 0;
    // The connection has ended and must be retired; it does nothing more.
    virtual void OnEnded(HttpConnection* connection) = 0;

   protected:
    ~Owner() = default;
  };

  // Shared by all connections of a worker; outlives them.
  struct Setting {
    net::EventLoop* loop;
    Owner* owner;
    std::span<const PageFile> files;
    http::HeadLimits limits;
    std::chrono::nanoseconds request_head_timeout;
    std::chrono::nanoseconds keep_alive_timeout;
    // Receive and parse buffers, used by one connection at a time. At least `limits.max_head_bytes` and
    // `limits.max_fields` long.
    std::span<char> read_buffer;
    std::span<http::Field> fields;
  };

  enum class Admission : std::uint8_t { kServed, kOverLimit };

  // `socket` has just been accepted. With kOverLimit it is above the limit, and is answered so.
  HttpConnection(const Setting* setting, net::UniqueFd socket, const net::SocketAddress& peer, Admission admission);
  HttpConnection(const HttpConnection&) = delete;
  HttpConnection& operator=(const HttpConnection&) = delete;

  const net::SocketAddress& peer() const { return peer_; }
  Admission admission() const { return admission_; }
  // For OnUpgrade.
  std::unique_ptr<net::StreamSocket> TakeSocket() { return std::move(socket_); }
  // Ends the connection soon if no request has begun; otherwise after its answer.
  void Drain();

  // For the worker: its index of the connection.
  std::size_t slot = 0;

 private:
  enum class State : std::uint8_t {
    kReading,    // a head, or the time before one
    kWriting,    // an answer that the kernel did not take at once
    kLingering,  // the last answer and FIN are sent; received bytes are dropped
    kGone,       // upgraded or ended
  };

  void OnSocketReady(net::StreamSocket* socket) override;
  void OnTimer(net::Timer* timer) override;
  void Read();
  void ProcessHeld();
  // Answers the requests in `bytes`, the next bytes of the stream, which lie in the shared buffer or in `held_`.
  // Returns how many are done with.
  std::size_t Process(std::span<char> bytes);
  // Answers one request and returns its size; 0 if its head is not complete.
  std::size_t TakeRequest(std::span<char> bytes);
  void Handle(const http::RequestHead& head, std::span<char> rest);
  void Discard();
  void Respond(HttpAnswer answer);
  void WriteAnswer();
  void AfterAnswer();
  void End();

  const Setting* setting_;
  std::unique_ptr<net::StreamSocket> socket_;
  net::SocketAddress peer_;
  net::Timer timer_;
  http::HeadFinder finder_;
  std::string held_;  // received bytes that are not consumed
  HttpAnswer answer_;
  std::size_t answer_sent_ = 0;  // of head and body together
  Admission admission_;
  State state_ = State::kReading;
  bool answered_before_ = false;
  bool between_requests_ = false;  // none has begun since the last answer
};

}  // namespace viaduct::origin
