#include "net/stream_socket.h"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include <cerrno>
#include <utility>

namespace viaduct::net {

StreamSocket::StreamSocket(EventLoop* loop, UniqueFd fd, Owner* owner)
    : loop_(loop), owner_(owner), fd_(std::move(fd)) {
  if (!loop_->Watch(fd_.get(), this)) {
    // Without edges nothing would ever happen here, so the next operation must find the closed socket.
    ::shutdown(fd_.get(), SHUT_RDWR);
    readable_ = writable_ = peer_closed_ = true;
    loop_->RunAgain(this);
  }
}

StreamSocket::~StreamSocket() { loop_->Forget(this); }

UniqueFd StreamSocket::StartConnect(const SocketAddress& address) {
  UniqueFd fd(::socket(address.family(), SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd) return fd;
  if (!address.is_unix()) {
    const int on = 1;
    ::setsockopt(fd.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    KeepQueueShort(fd.get());
  }
  const int error = ::connect(fd.get(), address.data(), address.size()) == 0 ? 0 : errno;
  if (error != 0 && error != EINPROGRESS) fd.Reset();
  errno = error;
  return fd;
}

int StreamSocket::ConnectError() const {
  if (connect_error_ != EINPROGRESS || (!writable_ && !peer_closed_)) return connect_error_;
  int error = 0;
  // The kernel reports a failure with EPOLLERR and EPOLLHUP.
  if (peer_closed_) {
    socklen_t size = sizeof error;
    if (::getsockopt(fd_.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0) error = errno;
  }
  connect_error_ = static_cast<std::uint8_t>(error);
  return error;
}

void StreamSocket::OnReady(std::uint32_t events) {
  if (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) readable_ = true;
  if (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) writable_ = true;
  if (events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR)) peer_closed_ = true;
  if (tls_ != nullptr) [[unlikely]]
    NoteTlsEdges(events);
  owner_->OnSocketReady(this);
}

IoResult StreamSocket::Failed(bool* ready) {
  *ready = false;
  if (errno == EAGAIN) return {.kind = IoResult::Kind::kWouldBlock};
  return {.kind = IoResult::Kind::kFailed, .error = errno};
}

IoResult StreamSocket::Write(const iovec* parts, int count) {
  if (tls_ != nullptr) [[unlikely]]
    return WriteTls(parts, count);
  std::size_t wanted = 0;
  for (int i = 0; i < count; ++i) wanted += parts[i].iov_len;
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts);
  message.msg_iovlen = static_cast<std::size_t>(count);
  return SendBy([&] { return ::sendmsg(fd_.get(), &message, MSG_NOSIGNAL); }, wanted);
}

void StreamSocket::StartTls(const TlsContext& context) {
  tls_ = std::make_unique<TlsStream>(context, fd_.get(),
                                     TlsStream::Edges{.in = readable_, .out = writable_, .peer_closed = peer_closed_});
  readable_ = writable_ = false;
}

TlsStream::Handshake StreamSocket::Handshake() {
  const TlsStream::Handshake result = tls_->Shake();
  if (result == TlsStream::Handshake::kDone) {
    readable_ = tls_->readable();
    writable_ = tls_->writable();
  }
  return result;
}

// The kernel's edges describe the socket, not the TLS stream in it.
void StreamSocket::NoteTlsEdges(std::uint32_t events) {
  tls_->Note({.in = (events & (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR)) != 0,
              .out = (events & (EPOLLOUT | EPOLLHUP | EPOLLERR)) != 0,
              .peer_closed = peer_closed_});
  readable_ = tls_->readable();
  writable_ = tls_->writable();
  if (tls_closing_) CloseTls();
}

IoResult StreamSocket::ReadTls(char* data, std::size_t size) {
  const IoResult result = tls_->Read(data, size);
  readable_ = tls_->readable();
  if (result.kind == IoResult::Kind::kEnd) peer_closed_ = true;
  if (result.kind == IoResult::Kind::kWouldBlock && readable_) loop_->RunAgain(this);
  return result;
}

IoResult StreamSocket::WriteTls(const char* data, std::size_t size) {
  const IoResult result = tls_->Write(data, size);
  writable_ = tls_->writable();
  return result;
}

IoResult StreamSocket::WriteTls(const iovec* parts, int count) {
  IoResult all{.kind = IoResult::Kind::kDone};
  for (int i = 0; i < count; ++i) {
    if (parts[i].iov_len == 0) continue;
    const IoResult one = WriteTls(static_cast<const char*>(parts[i].iov_base), parts[i].iov_len);
    if (!one.done()) return all.bytes > 0 && one.kind == IoResult::Kind::kWouldBlock ? all : one;
    all.bytes += one.bytes;
    if (one.bytes < parts[i].iov_len) break;
  }
  return all;
}

void StreamSocket::CloseTls() {
  tls_closing_ = !tls_->Close();
  if (!tls_closing_) ::shutdown(fd_.get(), SHUT_WR);
}

IoResult StreamSocket::SpliceTo(Pipe* pipe, std::size_t size) {
  for (;;) {
    const ssize_t got = ::splice(fd_.get(), nullptr, pipe->write_end(), nullptr, size, SPLICE_F_NONBLOCK);
    if (got > 0) {
      // Fewer bytes than asked prove nothing: the pipe may have no slot left for another page.
      pipe->Added(static_cast<std::size_t>(got));
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

IoResult StreamSocket::SpliceFrom(Pipe* pipe) {
  for (;;) {
    const ssize_t sent =
        ::splice(pipe->read_end(), nullptr, fd_.get(), nullptr, pipe->size(), SPLICE_F_NONBLOCK | SPLICE_F_MOVE);
    if (sent >= 0) {
      pipe->Removed(static_cast<std::size_t>(sent));
      return {.kind = IoResult::Kind::kDone, .bytes = static_cast<std::size_t>(sent)};
    }
    if (errno != EINTR) return Failed(&writable_);
  }
}

void StreamSocket::ShutdownWrite() {
  if (tls_ != nullptr) [[unlikely]] {
    CloseTls();
  } else {
    ::shutdown(fd_.get(), SHUT_WR);
  }
}

void StreamSocket::ResetOnClose() {
  const linger reset{.l_onoff = 1, .l_linger = 0};
  ::setsockopt(fd_.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
}

}  // namespace viaduct::net
