#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>

#include "net/stream_socket.h"
#include "sidecar/thread/byte_queue.h"

namespace viaduct::sidecar {

// One side of a session: a socket, the bytes read from it and not yet used, and the bytes that wait to be written to
// it.
//
// Belongs to the socket's thread; must die before the pool of its blocks.
class BufferedSocket {
 public:
  explicit BufferedSocket(BlockPool* blocks) : in_(blocks), out_(blocks) {}

  // Takes over a socket. The queues stay: what waits in out() is written to it.
  void Attach(std::unique_ptr<net::StreamSocket> socket);
  // Gives the socket away and leaves the queues as they are.
  std::unique_ptr<net::StreamSocket> Detach() { return std::move(socket_); }
  bool attached() const { return socket_ != nullptr; }
  net::StreamSocket* socket() const { return socket_.get(); }

  ByteQueue& in() { return in_; }
  ByteQueue& out() { return out_; }

  enum class Fill : std::uint8_t {
    kRead,     // bytes came
    kNothing,  // none are there, or there is no room for them
    kEnded,    // the peer sent FIN
    kFailed,   // the connection is lost
  };
  static constexpr std::size_t kNoLimit = static_cast<std::size_t>(-1);
  // Reads once, at most `limit` bytes, unless the loop has told that nothing is there.
  Fill FillOnce(std::size_t limit = kNoLimit);
  // Reads once whatever the loop has told: what the kernel has now.
  Fill FillNow();
  // Writes once what waits, as far as the kernel takes it. False once writing has failed: what waits is dropped then.
  bool Flush();

  // Whether a byte came since Attach.
  bool received_any() const { return received_any_; }
  // Whether no further byte will come: FIN, or the connection is lost.
  bool ended() const { return ended_; }
  bool write_failed() const { return write_failed_; }
  // Bytes that sockets have taken, of all that were ever attached.
  std::uint64_t written() const { return written_; }

 private:
  Fill Read(std::size_t limit);

  std::unique_ptr<net::StreamSocket> socket_;
  ByteQueue in_;
  ByteQueue out_;
  std::uint64_t written_ = 0;
  bool received_any_ = false;
  bool ended_ = false;
  bool write_failed_ = false;
};

}  // namespace viaduct::sidecar
