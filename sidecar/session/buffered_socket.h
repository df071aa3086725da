#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "net/send_watch.h"
#include "net/stream_socket.h"
#include "sidecar/thread/byte_queue.h"

namespace viaduct::sidecar {

// One side of a session: a socket, the bytes read from it but not yet used, and the bytes that wait to be written to
// it.
//
// Belongs to the socket's thread; must die before the pool of its blocks.
class BufferedSocket {
 public:
  explicit BufferedSocket(BlockPool* blocks) : in_(blocks), out_(blocks) {}

  // Takes over a socket and keeps the queues: bytes that wait in out() are written to it.
  void Attach(std::unique_ptr<net::StreamSocket> socket);
  // Gives up the socket and leaves the queues unchanged.
  std::unique_ptr<net::StreamSocket> Detach() { return std::move(socket_); }
  bool attached() const { return socket_ != nullptr; }
  net::StreamSocket* socket() const { return socket_.get(); }

  ByteQueue& in() { return in_; }
  const ByteQueue& in() const { return in_; }
  ByteQueue& out() { return out_; }
  const ByteQueue& out() const { return out_; }

  enum class Fill : std::uint8_t {
    kRead,     // bytes arrived
    kNothing,  // no bytes, or no room for them
    kEnded,    // the peer sent FIN
    kFailed,   // the connection is lost
  };
  static constexpr std::size_t kNoLimit = static_cast<std::size_t>(-1);
  // Reads once, at most `limit` bytes; does nothing if the socket is known to be empty.
  Fill FillOnce(std::size_t limit = kNoLimit);
  // Reads once, even if the loop has not reported any bytes yet.
  Fill FillNow();
  // Writes once as many waiting bytes as the kernel accepts. Once that fails, drops them and returns false.
  bool Flush() {
    if (out_.empty() || write_failed_ || !socket_->writable()) return !write_failed_;
    return Write();
  }

  // True if a byte has arrived since Attach.
  bool received_any() const { return received_any_; }
  // True if no further byte will arrive: after FIN, or when the connection is lost.
  bool ended() const { return ended_; }
  bool write_failed() const { return write_failed_; }
  // The number of bytes written to, and read from, all sockets that were ever attached.
  std::uint64_t written() const { return written_; }
  std::uint64_t received() const { return received_; }
  // How far the peer's kernel has come; nothing without a socket.
  net::SendProgress Progress() const { return attached() ? socket_->Progress() : net::SendProgress(); }

 private:
  Fill Read(std::size_t limit);
  bool Write();

  std::unique_ptr<net::StreamSocket> socket_;
  ByteQueue in_;
  ByteQueue out_;
  std::uint64_t written_ = 0;
  std::uint64_t received_ = 0;
  bool received_any_ = false;
  bool ended_ = false;
  bool write_failed_ = false;
};

}  // namespace viaduct::sidecar
