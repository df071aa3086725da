#pragma once

#include <cstddef>
#include <cstdint>

#include "net/io_result.h"
#include "net/tls_context.h"

struct bio_st;
struct bio_method_st;

namespace viaduct::net {

// Speaks TLS over a non-blocking socket that is watched for edges, as the client or server that its context is for.
//
// It remembers the socket's edges, so that it never makes a system call that must fail, and reports its own readiness
// as StreamSocket does for a plain socket. The two differ: bytes may wait here about which the kernel reports nothing
// more, and each direction of TLS may have to wait for the other direction of the socket.
//
// Belongs to its socket's thread. Holds no buffer while nothing is in flight.
class TlsStream {
 public:
  // The edges that the socket has shown.
  struct Edges {
    bool in = false;
    bool out = false;
    bool peer_closed = false;
  };
  // `edges` are those so far. `fd` must outlive the stream.
  TlsStream(const TlsContext& context, int fd, Edges edges);
  ~TlsStream();
  TlsStream(const TlsStream&) = delete;
  TlsStream& operator=(const TlsStream&) = delete;

  // Adds further edges.
  void Note(Edges edges);

  enum class Handshake : std::uint8_t { kDone, kPending, kFailed };
  // Continues the handshake as far as the socket allows. It must be done before anything else.
  Handshake Shake();
  // Returns why the handshake failed, in OpenSSL's words such as "http request" or "certificate has expired", or what
  // TLS broke later, such as "tlsv13 alert certificate required"; "" if nothing did. A fixed text.
  const char* failure() const { return failure_; }
  // True if the peer has sent anything at all.
  bool received_any() const { return received_any_; }

  // Like StreamSocket's. The next write must begin with the first byte that was not taken.
  IoResult Read(char* data, std::size_t size);
  IoResult Write(const char* data, std::size_t size);
  // False if a read, or a write, would certainly return "would block".
  bool readable() const { return read_waits_ == Waits::kNot; }
  bool writable() const { return write_waits_ == Waits::kNot; }

  // Sends close_notify, or as much of it as the socket takes. Returns true when nothing of it is left.
  bool Close();

 private:
  enum class Waits : std::uint8_t { kNot, kForIn, kForOut };

  static bio_method_st* Method();
  static int Receive(bio_st* bio, char* data, int size);
  static int Send(bio_st* bio, const char* data, int size);
  static long Control(bio_st* bio, int command, long number, void* pointer);
  int ReceiveNow(char* data, std::size_t size);

  void Fail();
  IoResult Failed();

  TlsContext::Connection connection_;
  int fd_;
  Edges edges_;  // in and out: what the socket may still be able to do
  std::size_t max_record_ = 16 * 1024;
  std::size_t unsent_record_ = 0;  // the size of the record that the socket did not take completely
  std::size_t ahead_ = 0;          // bytes of the next writes that are already in that record
  Waits read_waits_ = Waits::kForIn;
  Waits write_waits_ = Waits::kForOut;
  bool received_any_ = false;
  bool starved_ = false;  // the last operation asked the socket for more than it had
  bool at_end_ = false;   // the socket is at its end
  int error_ = 0;         // the socket's error
  const char* failure_ = "";
};

}  // namespace viaduct::net
