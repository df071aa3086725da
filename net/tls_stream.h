#pragma once

#include <cstddef>
#include <cstdint>

#include "net/io_result.h"
#include "net/tls_context.h"

struct bio_st;
struct bio_method_st;

namespace viaduct::net {

// TLS over a non-blocking socket that is watched for edges, on the side that its context is for.
//
// It keeps what the edges said of the socket, so that it never makes a system call that must fail, and tells of itself
// what StreamSocket tells of a plain one. The two differ: bytes may wait here that the kernel will tell no more about,
// and each direction of TLS may have to wait for the other one of the socket.
//
// Belongs to its socket's thread. Holds no buffer while nothing is on its way.
class TlsStream {
 public:
  // Of a socket with these edges so far. `fd` must outlive it.
  struct Edges {
    bool in = false;
    bool out = false;
    bool peer_closed = false;
  };
  TlsStream(const TlsContext& context, int fd, Edges edges);
  ~TlsStream();
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  // Adds further edges.
  void Note(Edges edges);

  enum class Handshake : std::uint8_t { kDone, kPending, kFailed };
  // Goes on with it as far as the socket lets it; must be done before anything else.
  Handshake Shake();
  // Why it failed, in OpenSSL's words such as "http request" or "certificate has expired": a fixed text.
  const char* failure() const { return failure_; }
  // Whether the peer has sent anything at all.
  bool received_any() const { return received_any_; }

  // As StreamSocket's. A byte that a write did not take must be the first of the next one.
  IoResult Read(char* data, std::size_t size);
  IoResult Write(const char* data, std::size_t size);
  // Whether a read, or a write, may find otherwise than "would block".
  bool readable() const { return read_waits_ == Waits::kNot; }
  bool writable() const { return write_waits_ == Waits::kNot; }

  // Sends close_notify, or as much of it as the socket takes: true when nothing of it is left.
  bool Close();

 private:
  enum class Waits : std::uint8_t { kNot, kForIn, kForOut };

  static bio_method_st* Method();
  static int Receive(bio_st* bio, char* data, int size);
  static int Send(bio_st* bio, const char* data, int size);
  static long Control(bio_st* bio, int command, long number, void* pointer);
  int ReceiveNow(char* data, std::size_t size);

  void Fail();
  IoResult Failed() const;

  TlsContext::Connection connection_;
  int fd_;
  Edges edges_;  // in and out: what the socket may still do
  std::size_t max_record_ = 16 * 1024;
  std::size_t unsent_record_ = 0;  // the size of the record that the socket did not take
  std::size_t ahead_ = 0;          // bytes of the next writes that went out with it
  Waits read_waits_ = Waits::kForIn;
  Waits write_waits_ = Waits::kForOut;
  bool received_any_ = false;
  bool starved_ = false;  // the last operation asked the socket for more than it had
  bool at_end_ = false;   // the socket's
  int error_ = 0;         // the socket's
  const char* failure_ = "";
};

}  // namespace viaduct::net
