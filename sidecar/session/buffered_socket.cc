#include "sidecar/session/buffered_socket.h"

#include <algorithm>
#include <string_view>
#include <utility>

namespace viaduct::sidecar {

void BufferedSocket::Attach(std::unique_ptr<net::StreamSocket> socket) {
  socket_ = std::move(socket);
  received_any_ = ended_ = write_failed_ = false;
}

BufferedSocket::Fill BufferedSocket::FillOnce(std::size_t limit) {
  if (ended_ || !socket_->readable()) return Fill::kNothing;
  return Read(limit);
}

BufferedSocket::Fill BufferedSocket::FillNow() { return Read(kNoLimit); }

BufferedSocket::Fill BufferedSocket::Read(std::size_t limit) {
  std::size_t room;
  char* data = in_.Prepare(&room);
  if (data == nullptr) return Fill::kNothing;
  const net::IoResult result = socket_->Read(data, std::min(room, limit));
  in_.Commit(result.bytes);
  switch (result.kind) {
    case net::IoResult::Kind::kDone:
      received_any_ = true;
      received_ += result.bytes;
      return Fill::kRead;
    case net::IoResult::Kind::kWouldBlock:
      return Fill::kNothing;
    case net::IoResult::Kind::kEnd:
      ended_ = true;
      return Fill::kEnded;
    case net::IoResult::Kind::kFailed:
      break;
  }
  ended_ = true;
  return Fill::kFailed;
}

bool BufferedSocket::Write() {
  const std::string_view bytes = out_.view();
  const net::IoResult result = socket_->Write(bytes.data(), bytes.size());
  if (result.kind == net::IoResult::Kind::kFailed) {
    write_failed_ = true;
    out_.Clear();
    return false;
  }
  out_.Consume(result.bytes);
  written_ += result.bytes;
  return true;
}

}  // namespace viaduct::sidecar
