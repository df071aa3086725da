#pragma once

#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/base/macros.h"
#include "net/address.h"
#include "net/event_loop.h"
#include "net/io_result.h"
#include "net/pipe.h"
#include "net/system_calls.h"
#include "net/tls_context.h"
#include "net/tls_stream.h"
#include "net/unique_fd.h"

namespace viaduct::net {

// A connected (or connecting) stream socket on a loop, without buffers of its own.
//
// It remembers the edges the kernel told: `readable()` and `writable()` stay true until an operation finds otherwise,
// so an owner that works while they are true never misses data and never makes a call that must fail.
//
// It may speak TLS from any byte on; nothing else changes for its owner, but that it cannot be spliced.
//
// Belongs to the loop's thread. Must die before the loop; closes its descriptor.
class StreamSocket final : private EventLoop::Handler {
 public:
  // Told whenever readability or writability may have changed, from the loop only: never from inside Read or Write.
  class Owner {
   public:
    virtual void OnSocketReady(StreamSocket* socket) = 0;

   protected:
    ~Owner() = default;
  };

  // Takes over a non-blocking socket.
  StreamSocket(EventLoop* loop, UniqueFd fd, Owner* owner);
  ~StreamSocket();
  StreamSocket(const StreamSocket&) = delete;
  StreamSocket& operator=(const StreamSocket&) = delete;

  // Starts to connect; returns an empty descriptor, with errno, when that fails at once (no route, no such socket).
  // errno is 0 if it is connected already, as on one machine, and EINPROGRESS if not: then, once `writable()`,
  // ConnectError tells how it went.
  static UniqueFd StartConnect(const SocketAddress& address);
  // 0 once connected, an errno when connecting failed, EINPROGRESS before either.
  int ConnectError() const;
  // For one that StartConnect connected: it may be used before the kernel says so once more.
  void SetConnected() {
    connect_error_ = 0;
    writable_ = true;
  }

  void set_owner(Owner* owner) { owner_ = owner; }
  bool readable() const { return readable_; }
  bool writable() const { return writable_; }
  // From here on everything is TLS. Handshake must say kDone before anything is read or written.
  void StartTls(const TlsContext& context);
  bool speaks_tls() const { return tls_ != nullptr; }
  // Goes on with the handshake; the owner is called when it may go on after kPending.
  TlsStream::Handshake Handshake();
  // Of a socket that speaks TLS.
  const TlsStream& tls() const { return *tls_; }

  // Whether the peer's kernel has all that was written, FIN included.
  bool AllDelivered() const;
  // Whether the kernel told that the peer has gone or closed its side; there may still be bytes to read.
  bool peer_closed() const { return peer_closed_; }

  // Reads up to `size` bytes, at least one: an owner without room for any does not read.
  IoResult Read(char* data, std::size_t size);
  // Writes what the kernel takes now; less than asked means that it is full. At most IOV_MAX parts, with at least one
  // byte in them. A byte that was not taken must be the first of the next write.
  IoResult Write(const char* data, std::size_t size);
  IoResult Write(const iovec* parts, int count);
  // The same, for bytes that the next write follows at once: the kernel may wait for it to fill a segment.
  IoResult WriteMore(const char* data, std::size_t size);

  // Whether the next two may be called.
  bool spliceable() const { return tls_ == nullptr; }
  // Moves up to `size` bytes, at least one, into an empty `pipe`; answers as Read does. Less than asked says nothing.
  IoResult SpliceTo(Pipe* pipe, std::size_t size);
  // Moves some of what `pipe` holds, which must not be empty; answers as Write does, but less than all says nothing.
  // Raises SIGPIPE where that is not ignored or blocked.
  IoResult SpliceFrom(Pipe* pipe);

  // Sends FIN, with TLS behind a close_notify, after what was written. The peer may go on sending.
  void ShutdownWrite();
  // Makes the close (by destruction) an RST: the peer's unread bytes are dropped and it learns so at once.
  void ResetOnClose();
  // Calls the owner again in the next turn although nothing changed: for owners that stop early to be fair.
  void RunAgain() { loop_->RunAgain(this); }

  int fd() const { return fd_.get(); }

 private:
  void OnReady(std::uint32_t events) override;
  IoResult Send(const char* data, std::size_t size, int flags);
  // By a system call that sends up to `size` bytes.
  template <typename Call>
  IoResult SendBy(Call call, std::size_t size);
  // What a call that failed with errno comes to; `*ready` is what it proved wrong.
  static IoResult Failed(bool* ready);
  void NoteTlsEdges(std::uint32_t events);
  IoResult ReadTls(char* data, std::size_t size);
  IoResult WriteTls(const char* data, std::size_t size);
  IoResult WriteTls(const iovec* parts, int count);
  void CloseTls();

  EventLoop* loop_;
  Owner* owner_;
  UniqueFd fd_;
  // There are two for each tunnel: these share a word.
  mutable std::uint8_t connect_error_ = EINPROGRESS;  // the kernel tells it once; Linux's errnos end at 133
  bool readable_ = false;
  bool writable_ = false;
  bool peer_closed_ : 1 = false;
  bool tls_closing_ : 1 = false;  // FIN waits for the end of the close_notify
  std::unique_ptr<TlsStream> tls_;
};

// These two stand here so that a relayed message takes no calls for what is one system call each.
inline IoResult StreamSocket::Read(char* data, std::size_t size) {
  ABSL_HARDENING_ASSERT(size > 0);  // the kernel's answer would pass for the peer's end
  if (tls_ != nullptr) [[unlikely]]
    return ReadTls(data, size);
  for (;;) {
    const ssize_t got = ReceiveCall(fd_.get(), data, size);
    if (got > 0) [[likely]] {
      // A short read has emptied the socket: the next byte makes a new edge. A FIN already seen does not.
      if (static_cast<std::size_t>(got) < size && !peer_closed_) readable_ = false;
      return {.kind = IoResult::Kind::kDone, .bytes = static_cast<std::size_t>(got)};
    }
    if (got == 0) {
      readable_ = false;
      peer_closed_ = true;
      return {.kind = IoResult::Kind::kEnd};
    }
    if (errno != EINTR) return Failed(&readable_);
  }
}

template <typename Call>
IoResult StreamSocket::SendBy(Call call, std::size_t size) {
  for (;;) {
    const ssize_t sent = call();
    if (sent >= 0) [[likely]] {
      if (static_cast<std::size_t>(sent) < size) writable_ = false;
      return {.kind = IoResult::Kind::kDone, .bytes = static_cast<std::size_t>(sent)};
    }
    if (errno != EINTR) return Failed(&writable_);
  }
}

inline IoResult StreamSocket::Send(const char* data, std::size_t size, int flags) {
  if (tls_ != nullptr) [[unlikely]]
    return WriteTls(data, size);
  return SendBy([&] { return SendCall(fd_.get(), data, size, MSG_NOSIGNAL | flags); }, size);
}

inline IoResult StreamSocket::Write(const char* data, std::size_t size) { return Send(data, size, 0); }

inline IoResult StreamSocket::WriteMore(const char* data, std::size_t size) { return Send(data, size, MSG_MORE); }

}  // namespace viaduct::net
