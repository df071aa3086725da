#include "net/tls_stream.h"

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <limits>

#include "net/system_calls.h"

namespace viaduct::net {
namespace {

// The number of records without data that one read may take before others get their turn.
constexpr int kRecordsPerRead = 16;

int IntSize(std::size_t size) { return static_cast<int>(std::min<std::size_t>(size, std::numeric_limits<int>::max())); }

}  // namespace

TlsStream::TlsStream(const TlsContext& context, int fd, Edges edges) : connection_(context.NewConnection()), fd_(fd) {
  Note(edges);
  BIO* bio = connection_ == nullptr ? nullptr : BIO_new(Method());
  if (bio == nullptr) {
    error_ = ENOMEM;
    return;
  }
  BIO_set_data(bio, this);
  BIO_set_init(bio, 1);
  SSL_set_bio(connection_.get(), bio, bio);
}

TlsStream::~TlsStream() = default;

bio_method_st* TlsStream::Method() {
  static BIO_METHOD* const kMethod = [] {
    BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "viaduct stream");
    BIO_meth_set_read(method, Receive);
    BIO_meth_set_write(method, Send);
    BIO_meth_set_ctrl(method, Control);
    return method;
  }();
  return kMethod;
}

int TlsStream::Receive(bio_st* bio, char* data, int size) {
  auto* stream = static_cast<TlsStream*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const int got = stream->ReceiveNow(data, static_cast<std::size_t>(size));
  if (got < 0 && stream->error_ == 0) BIO_set_retry_read(bio);
  return got;
}

// Returns -1 and leaves error_ at 0 when there is nothing now.
int TlsStream::ReceiveNow(char* data, std::size_t size) {
  if (at_end_) return 0;
  while (edges_.in) {
    const ssize_t got = ReceiveCall(fd_, data, size);
    if (got > 0) {
      received_any_ = true;
      // Like StreamSocket::Read: a short read has emptied the socket, unless a FIN waits whose edge came already.
      if (static_cast<std::size_t>(got) < size && !edges_.peer_closed) edges_.in = false;
      return static_cast<int>(got);
    }
    if (got == 0) {
      at_end_ = true;
      return 0;
    }
    if (errno == EINTR) continue;
    edges_.in = false;
    if (errno != EAGAIN) error_ = errno;
  }
  starved_ = true;
  return -1;
}

int TlsStream::Send(bio_st* bio, const char* data, int size) {
  auto* stream = static_cast<TlsStream*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  while (stream->edges_.out) {
    const ssize_t sent = SendCall(stream->fd_, data, static_cast<std::size_t>(size), MSG_NOSIGNAL);
    if (sent >= 0) {
      if (sent < size) stream->edges_.out = false;
      return static_cast<int>(sent);
    }
    if (errno == EINTR) continue;
    stream->edges_.out = false;
    if (errno != EAGAIN) {
      stream->error_ = errno;
      return -1;
    }
  }
  BIO_set_retry_write(bio);
  return -1;
}

long TlsStream::Control(bio_st* bio, int command, long, void*) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return static_cast<TlsStream*>(BIO_get_data(bio))->at_end_ ? 1 : 0;
  return 0;
}

void TlsStream::Note(Edges edges) {
  edges_.peer_closed |= edges.peer_closed;
  if (edges.in) {
    edges_.in = true;
    if (read_waits_ == Waits::kForIn) read_waits_ = Waits::kNot;
    if (write_waits_ == Waits::kForIn) write_waits_ = Waits::kNot;
  }
  if (edges.out) {
    edges_.out = true;
    if (read_waits_ == Waits::kForOut) read_waits_ = Waits::kNot;
    if (write_waits_ == Waits::kForOut) write_waits_ = Waits::kNot;
  }
}

TlsStream::Handshake TlsStream::Shake() {
  while (error_ == 0) {
    ERR_clear_error();
    starved_ = false;
    const int result = SSL_do_handshake(connection_.get());
    if (result == 1) {
      // The client's first bytes may have come with the last bytes of its handshake.
      read_waits_ = edges_.in || SSL_has_pending(connection_.get()) == 1 ? Waits::kNot : Waits::kForIn;
      write_waits_ = edges_.out ? Waits::kNot : Waits::kForOut;
      // RFC 6066 section 4: a client may want smaller records, of 2^(8 + n) bytes.
      const int exponent = SSL_SESSION_get_max_fragment_length(SSL_get0_session(connection_.get()));
      if (exponent > 0) max_record_ = std::size_t{1} << (8 + exponent);
      return Handshake::kDone;
    }
    const int error = SSL_get_error(connection_.get(), result);
    if (error == SSL_ERROR_WANT_READ && starved_) return Handshake::kPending;
    if (error == SSL_ERROR_WANT_WRITE && !edges_.out) return Handshake::kPending;
    if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) break;
  }
  Fail();
  return Handshake::kFailed;
}

void TlsStream::Fail() {
  const long verdict = connection_ == nullptr ? X509_V_OK : SSL_get_verify_result(connection_.get());
  const char* reason = ERR_reason_error_string(ERR_peek_error());
  if (verdict != X509_V_OK) {
    failure_ = X509_verify_cert_error_string(verdict);
  } else if (reason != nullptr) {
    failure_ = reason;
  } else {
    failure_ = error_ != 0 ? "connection reset" : "connection closed";
  }
  ERR_clear_error();
}

IoResult TlsStream::Failed() {
  const char* const reason = ERR_reason_error_string(ERR_peek_error());
  if (reason != nullptr) failure_ = reason;
  return {.kind = IoResult::Kind::kFailed, .error = error_ != 0 ? error_ : EPROTO};
}

IoResult TlsStream::Read(char* data, std::size_t size) {
  read_waits_ = Waits::kNot;
  for (int records = 0; records < kRecordsPerRead; ++records) {
    ERR_clear_error();
    starved_ = false;
    const int got = SSL_read(connection_.get(), data, IntSize(size));
    if (got > 0) {
      if (!edges_.in && !at_end_ && SSL_has_pending(connection_.get()) == 0) read_waits_ = Waits::kForIn;
      return {.kind = IoResult::Kind::kDone, .bytes = static_cast<std::size_t>(got)};
    }
    switch (SSL_get_error(connection_.get(), got)) {
      case SSL_ERROR_WANT_READ:
        if (!starved_) continue;  // that was a record of TLS's own
        read_waits_ = Waits::kForIn;
        return {.kind = IoResult::Kind::kWouldBlock};
      case SSL_ERROR_WANT_WRITE:
        if (edges_.out) continue;
        read_waits_ = Waits::kForOut;
        return {.kind = IoResult::Kind::kWouldBlock};
      case SSL_ERROR_ZERO_RETURN:
        read_waits_ = Waits::kForIn;
        return {.kind = IoResult::Kind::kEnd};
      default:
        read_waits_ = Waits::kForIn;
        return Failed();
    }
  }
  return {.kind = IoResult::Kind::kWouldBlock};  // and still readable
}

IoResult TlsStream::Write(const char* data, std::size_t size) {
  std::size_t taken = std::min(ahead_, size);
  ahead_ -= taken;
  while (taken < size) {
    ERR_clear_error();
    // A record that the socket did not take is complete in OpenSSL's buffer. OpenSSL wants its size again but does not
    // look at the bytes: there may be fewer by now.
    const std::size_t record = unsent_record_ > 0 ? unsent_record_ : std::min(size - taken, max_record_);
    const int sent = SSL_write(connection_.get(), data + taken, static_cast<int>(record));
    if (sent > 0) {
      const std::size_t asked = std::min(record, size - taken);
      ahead_ = record - asked;
      taken += asked;
      unsent_record_ = 0;
      continue;
    }
    const int error = SSL_get_error(connection_.get(), sent);
    if (error != SSL_ERROR_WANT_WRITE && error != SSL_ERROR_WANT_READ) {
      write_waits_ = Waits::kForOut;
      return Failed();
    }
    unsent_record_ = record;
    write_waits_ = error == SSL_ERROR_WANT_WRITE ? Waits::kForOut : Waits::kForIn;
    if (taken == 0) return {.kind = IoResult::Kind::kWouldBlock};
    break;
  }
  return {.kind = IoResult::Kind::kDone, .bytes = taken};
}

bool TlsStream::Close() {
  ERR_clear_error();
  // 0 means that our close_notify is sent and the peer's has not arrived.
  const int result = SSL_shutdown(connection_.get());
  return result >= 0 || SSL_get_error(connection_.get(), result) != SSL_ERROR_WANT_WRITE;
}

}  // namespace viaduct::net
