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
#include "net/send_watch.h"
#include "net/system_calls.h"
#include "net/tls_context.h"
#include "net/tls_stream.h"
#include "net/unique_fd.h"

namespace viaduct::net {

// A connected (or connecting) stream socket on a loop, without buffers of its own.
//
// It remembers the edges that the kernel reported: `readable()` and `writable()` stay true until an operation finds
// otherwise. So an owner that works while they are true never misses data and never makes a call that must fail.
//
// It may switch to TLS at any byte. For its owner this only means that the socket cannot be spliced any more.
//
// Belongs to the loop's thread. Must die before the loop; closes its descriptor.
class StreamSocket final : private EventLoop::Handler {
 public:
  // Is notified whenever readability or writability may have changed. Called from the loop, never from Read or Write.
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

  // Starts to connect. Returns an empty descriptor, with errno, when that fails at once (no route, no such socket).
  // Otherwise errno is 0 if it is connected already, as on one machine, or EINPROGRESS: then ConnectError returns the
  // result once `writable()`.
  static UniqueFd StartConnect(const SocketAddress& address);
  // Returns 0 once connected, an errno if connecting failed, EINPROGRESS before either.
  int ConnectError() const;
  // Marks a socket that StartConnect connected at once as ready for use, before the kernel reports it.
  void SetConnected() {
    connect_error_ = 0;
    writable_ = true;
  }

  void set_owner(Owner* owner) { owner_ = owner; }
  bool readable() const { return readable_; }
  bool writable() const { return writable_; }
  // Switches to TLS. Handshake must return kDone before anything is read or written.
  void StartTls(const TlsContext& context);
  bool speaks_tls() const { return tls_ != nullptr; }
  // Continues the handshake. After kPending the owner is notified when it may continue.
  TlsStream::Handshake Handshake();
  // Returns the TLS stream. Only for a socket that speaks TLS.
  const TlsStream& tls() const { return *tls_; }

  // Returns what the peer's kernel has done with the bytes written so far.
  SendProgress Progress() const { return SendProgress::Of(fd_.get()); }
  // Returns true if the peer's kernel has everything that was written, FIN included.
  bool AllDelivered() const { return Progress().waiting == 0 && !tls_closing_; }
  // True if the kernel reported that the peer has gone or closed its side; there may still be bytes to read.
  bool peer_closed() const { return peer_closed_; }

  // Reads up to `size` bytes. `size` is at least 1: an owner without room does not read.
  IoResult Read(char* data, std::size_t size);
  // Writes what the kernel takes now; fewer bytes than asked mean that it is full. Takes at most IOV_MAX parts, with at
  // least one byte in them. The next write must begin with the first byte that was not taken.
  IoResult Write(const char* data, std::size_t size);
  IoResult Write(const iovec* parts, int count);
  // Like Write, for bytes that another write follows at once: the kernel may wait for it to fill a segment.
  IoResult WriteMore(const char* data, std::size_t size);

  // True if SpliceTo and SpliceFrom may be called.
  bool spliceable() const { return tls_ == nullptr; }
  // Moves up to `size` bytes, at least 1, into an empty `pipe`; returns as Read does. Fewer bytes than asked do not
  // mean that the socket is empty.
  IoResult SpliceTo(Pipe* pipe, std::size_t size);
  // Moves some of the content of `pipe`, which must not be empty; returns as Write does, but fewer bytes than all do
  // not mean that the socket is full. Raises SIGPIPE unless that is ignored or blocked.
  IoResult SpliceFrom(Pipe* pipe);

  // Sends FIN after what was written, with TLS after a close_notify. The peer may continue to send.
  void ShutdownWrite();
  // Makes the close (by destruction) an RST: the peer's unread bytes are dropped, and the peer learns this at once.
  void ResetOnClose();
  // Notifies the owner again in the next turn although nothing changed. For owners that stop early to be fair.
  void RunAgain() { loop_->RunAgain(this); }

  int fd() const { return fd_.get(); }

 private:
  void OnReady(std::uint32_t events) override;
  IoResult Send(const char* data, std::size_t size, int flags);
  // Sends with a system call that takes up to `size` bytes.
  template <typename Call>
  IoResult SendBy(Call call, std::size_t size);
  // Returns the result of a call that failed with errno, and clears `*ready`, which the call disproved.
  static IoResult Failed(bool* ready);
  void NoteTlsEdges(std::uint32_t events);
  IoResult ReadTls(char* data, std::size_t size);
  IoResult WriteTls(const char* data, std::size_t size);
  IoResult WriteTls(const iovec* parts, int count);
  void CloseTls();

  EventLoop* loop_;
  Owner* owner_;
  UniqueFd fd_;
  // These members share a word, since there are two sockets for each tunnel.
  mutable std::uint8_t connect_error_ = EINPROGRESS;  // the kernel reports it once; Linux's errnos end at 133
  bool readable_ = false;
  bool writable_ = false;
  bool peer_closed_ : 1 = false;
  bool tls_closing_ : 1 = false;  // FIN waits until the close_notify is sent
  std::unique_ptr<TlsStream> tls_;
};

// Read and Send are inline so that a relayed message makes no function call around each system call.
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
