#include "sidecar/tunnel/tunnel_way.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace viaduct::sidecar {
namespace {

// The smallest rest of a large frame that is worth a pipe's calls.
constexpr std::uint64_t kMinSplice = 4 * 1024;
// The most bytes that go through a pipe in one step.
constexpr std::uint64_t kMaxSplice = 512 * 1024;

}  // namespace

TunnelWay::Input TunnelWay::TakeOther(std::span<char> scratch, net::PipePool* pipes, net::Clock::time_point now) {
  if (held_ || sink_failed_ || !may_splice_) return Read(scratch, scratch.size());
  if (scanner_.payload_remaining() >= kMinSplice) {
    const Input input = Splice(pipes, now);
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

TunnelWay::Input TunnelWay::Splice(net::PipePool* pipes, net::Clock::time_point now) {
  std::optional<net::Pipe> pipe = pipes->Take();
  if (!pipe.has_value()) return {.kind = Input::Kind::kBytes};
  const auto wanted = static_cast<std::size_t>(std::min(scanner_.payload_remaining(), kMaxSplice));
  const net::IoResult result = source_->SpliceTo(&*pipe, wanted);
  if (!result.done()) {
    pipes->Give(*std::move(pipe));
    return Ended(result);
  }
  scanner_.SkipPayload(result.bytes);
  bytes_ += result.bytes;
  last_data_ = now;
  if (!WritePipe(&*pipe)) {
    sink_failed_ = true;
  } else if (pipe->empty()) {
    pipes->Give(*std::move(pipe));
  } else {
    backlog_ = std::make_unique<Backlog>(Backlog{.pipe = std::move(pipe), .text = {}});
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

void TunnelWay::Send(std::string_view bytes, net::PipePool* pipes) {
  if (bytes.empty() || sink_failed_) return;
  bytes_ += bytes.size();
  SendUncounted(bytes, pipes);
}

void TunnelWay::SendUncounted(std::string_view bytes, net::PipePool* pipes) {
  if (backlog_) {
    backlog_->text.append(bytes);
    return;
  }
  const bool more = scanner_.payload_length() >= kLargeFrame && may_splice_ &&
                    scanner_.payload_remaining() >= kMinSplice && source_->readable();
  const net::IoResult result =
      more ? sink_->WriteMore(bytes.data(), bytes.size()) : sink_->Write(bytes.data(), bytes.size());
  if (result.bytes != bytes.size()) KeepUnsent(bytes, result, pipes);
}

void TunnelWay::KeepUnsent(std::string_view bytes, const net::IoResult& result, net::PipePool* pipes) {
  if (result.kind == net::IoResult::Kind::kFailed) {
    GiveUpSink(pipes);
  } else {
    backlog_ =
        std::make_unique<Backlog>(Backlog{.pipe = std::nullopt, .text = std::string(bytes.substr(result.bytes))});
  }
}

void TunnelWay::Flush(net::PipePool* pipes) {
  if (!backlog_ || !sink_->writable()) return;
  if (backlog_->pipe.has_value()) {
    if (!WritePipe(&*backlog_->pipe)) {
      GiveUpSink(pipes);
      return;
    }
    if (backlog_->pipe->empty()) {
      pipes->Give(*std::move(backlog_->pipe));
      backlog_->pipe.reset();
    }
  }
  if (!backlog_->pipe.has_value() && !backlog_->text.empty() && sink_->writable()) {
    const net::IoResult result = sink_->Write(backlog_->text.data(), backlog_->text.size());
    if (result.kind == net::IoResult::Kind::kFailed) {
      GiveUpSink(pipes);
      return;
    }
    backlog_->text.erase(0, result.bytes);
  }
  if (backlog_->size() == 0) backlog_.reset();
}

void TunnelWay::Fin(FinBy by) {
  // Closing a socket sends no close_notify.
  if (by == FinBy::kShutdown || sink_->speaks_tls()) sink_->ShutdownWrite();
}

void TunnelWay::GiveUpSink(net::PipePool* pipes) {
  sink_failed_ = true;
  if (backlog_ && backlog_->pipe.has_value()) pipes->Give(*std::move(backlog_->pipe));
  backlog_.reset();
}

}  // namespace viaduct::sidecar
