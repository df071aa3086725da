#include "sidecar/tunnel/tunnel_way.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace viaduct::sidecar {
namespace {

// The smallest rest of a large frame that is worth a pipe's calls.
constexpr std::uint64_t kMinSplice = 4 * 1024;
// The most bytes that go through the pipe in one step, and wait in memory if the sink accepts none: as many as in a
// read.
constexpr std::uint64_t kMaxSplice = 64 * 1024;

// A read of a source whose bytes take long to handle.
constexpr std::size_t kSmallRead = 8 * 1024;

}  // namespace

TunnelWay::Input TunnelWay::TakeOther(std::span<char> scratch, net::WorkerPipe* pipe, net::Clock::time_point now) {
  if (held_ || sink_failed_ || small_reads_ || !may_splice_) {
    return Read(scratch, small_reads_ ? kSmallRead : scratch.size());
  }
  if (scanner_.payload_remaining() >= kMinSplice) {
    const Input input = Splice(pipe, now);
    if (input.kind != Input::Kind::kBytes) return input;
    return Read(scratch, scratch.size());  // no pipe is available
  }
  // The next frame is probably as large, so this reads no further than its header: its payload can go through a pipe.
  return Read(scratch, static_cast<std::size_t>(scanner_.payload_remaining()) + websocket::kMaxFrameHeaderBytes);
}

TunnelWay::Input TunnelWay::Ended(const net::IoResult& result) {
  switch (result.kind) {
    case net::IoResult::Kind::kEnd:
      return {.kind = Input::Kind::kEnded};
    case net::IoResult::Kind::kFailed:
      return {.kind = Input::Kind::kFailed};
    default:
      return {};
  }
}

TunnelWay::Input TunnelWay::Read(std::span<char> scratch, std::size_t limit) {
  const std::size_t held = held_ ? held_->copy(scratch.data(), scratch.size()) : 0;
  const net::IoResult result = source_->Read(scratch.data() + held, std::min(limit, scratch.size() - held));
  if (!result.done()) return Ended(result);
  if (held > 0) held_.reset();
  return {.kind = Input::Kind::kBytes, .bytes = {scratch.data(), held + result.bytes}};
}

TunnelWay::Input TunnelWay::Splice(net::WorkerPipe* worker_pipe, net::Clock::time_point now) {
  net::Pipe* const pipe = worker_pipe->Get();
  if (pipe == nullptr) return {.kind = Input::Kind::kBytes};
  const auto wanted = static_cast<std::size_t>(std::min(scanner_.payload_remaining(), kMaxSplice));
  const net::IoResult result = source_->SpliceTo(pipe, wanted);
  if (!result.done()) return Ended(result);
  scanner_.SkipPayload(result.bytes);
  bytes_ += result.bytes;
  last_data_ = now;
  if (!WritePipe(pipe)) {
    sink_failed_ = true;
    worker_pipe->Close();
  } else if (!pipe->empty()) {
    backlog_ = std::make_unique<Backlog>();
    pipe->MoveTo(&backlog_->text);
  }
  return {.kind = Input::Kind::kMoved};
}

// Returns false if writing failed.
bool TunnelWay::WritePipe(net::Pipe* pipe) {
  while (!pipe->empty() && sink_->writable()) {
    const net::IoResult result = sink_->SpliceFrom(pipe);
    if (result.kind == net::IoResult::Kind::kFailed) return false;
    if (result.kind == net::IoResult::Kind::kWouldBlock) break;
  }
  return true;
}

websocket::FrameScanner::Piece TunnelWay::Scan(std::string_view bytes, net::Clock::time_point now) {
  const websocket::FrameScanner::Piece piece = scanner_.Next(bytes);
  if (piece.kind == websocket::FrameScanner::Piece::Kind::kData) last_data_ = now;
  return piece;
}

void TunnelWay::Send(std::string_view bytes) {
  if (bytes.empty() || sink_failed_) return;
  bytes_ += bytes.size();
  SendUncounted(bytes);
}

void TunnelWay::SendUncounted(std::string_view bytes) {
  if (backlog_) {
    backlog_->text.append(bytes);
    return;
  }
  const bool more = scanner_.payload_length() >= kLargeFrame && may_splice_ &&
                    scanner_.payload_remaining() >= kMinSplice && source_->readable();
  const net::IoResult result =
      more ? sink_->WriteMore(bytes.data(), bytes.size()) : sink_->Write(bytes.data(), bytes.size());
  if (result.bytes != bytes.size()) KeepUnsent(bytes, result);
}

void TunnelWay::KeepUnsent(std::string_view bytes, const net::IoResult& result) {
  if (result.kind == net::IoResult::Kind::kFailed) {
    GiveUpSink();
  } else {
    backlog_ = std::make_unique<Backlog>(Backlog{.text = std::string(bytes.substr(result.bytes))});
  }
}

void TunnelWay::Flush() {
  if (!backlog_ || !sink_->writable()) return;
  const std::string_view rest = std::string_view(backlog_->text).substr(backlog_->sent);
  const net::IoResult result = sink_->Write(rest.data(), rest.size());
  if (result.kind == net::IoResult::Kind::kFailed) {
    GiveUpSink();
  } else if (result.bytes == rest.size()) {
    backlog_.reset();
  } else {
    backlog_->sent += result.bytes;
  }
}

void TunnelWay::Fin(FinBy by) {
  // Closing a socket sends no close_notify.
  if (by == FinBy::kShutdown || sink_->speaks_tls()) sink_->ShutdownWrite();
}

void TunnelWay::GiveUpSink() {
  sink_failed_ = true;
  backlog_.reset();
}

}  // namespace viaduct::sidecar
