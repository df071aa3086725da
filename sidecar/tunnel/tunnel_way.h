#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "net/event_loop.h"
#include "net/pipe.h"
#include "net/stream_socket.h"
#include "websocket/frame_header.h"
#include "websocket/frame_scanner.h"

namespace viaduct::sidecar {

// One way through a tunnel: from a source socket to a sink socket, with the frame boundaries known.
//
// Reads into a scratch that the connections of a thread share, so that a way with nothing to send owns no memory. While
// the sink takes no bytes, what was read waits here, at most one read's worth, and the source is not read. The payload
// of a large frame goes through a kernel pipe and is never copied, unless one side speaks TLS.
//
// The tunnel decides what the frames mean and when a way ends. Belongs to the thread of its sockets.
class TunnelWay {
 public:
  // Both sockets must outlive it.
  TunnelWay(net::StreamSocket* source, net::StreamSocket* sink, websocket::Sender sender, websocket::Rsv1 rsv1,
            net::Clock::time_point now)
      : may_splice_(source->spliceable() && sink->spliceable()),
        source_(source),
        sink_(sink),
        scanner_(sender, rsv1),
        last_data_(now) {}

  // The result of one read from the source.
  struct Input {
    enum class Kind : std::uint8_t {
      kBytes,    // `bytes`: the next ones of the stream, to be scanned and sent
      kMoved,    // data went to the sink as it is: a short message, or a part of a large frame's payload
      kNothing,  //
      kEnded,    // the source ended
      kFailed,   // and nothing can be written to it either
    };
    Kind kind = Kind::kNothing;
    std::string_view bytes = {};  // in the scratch
  };

  // The source may have bytes, and the sink has taken all that came before them.
  bool ready() const { return source_->readable() && !backlog_; }
  // Reads once. `scratch` has room for a control frame and a read.
  Input Take(std::span<char> scratch, net::PipePool* pipes, net::Clock::time_point now);
  // The same, but the sink gets nothing: the answer is never kMoved.
  Input TakeUnsent(std::span<char> scratch) { return Read(scratch, scratch.size()); }
  // FrameScanner::Next for what was taken; a piece of data counts for last_data.
  websocket::FrameScanner::Piece Scan(std::string_view bytes, net::Clock::time_point now);
  // Keeps the end of what was taken, an incomplete header or control frame, until more comes.
  void Hold(std::string_view rest) { held_ = std::make_unique<std::string>(rest); }

  // Sends bytes, which count for `bytes`. Those that the sink does not take wait. After a failed write all are dropped.
  void Send(std::string_view bytes, net::PipePool* pipes, net::Clock::time_point now);
  // The same for bytes that are not part of what is relayed.
  void SendUncounted(std::string_view bytes, net::PipePool* pipes, net::Clock::time_point now);
  // Sends what waits, as much as the sink takes.
  void Flush(net::PipePool* pipes, net::Clock::time_point now);
  // Sends FIN; nothing may wait. With kClose the close of the sink, which the owner lets go in this turn, sends it.
  enum class FinBy : std::uint8_t { kShutdown, kClose };
  void Fin(FinBy by);
  // Counts as a failed write: what waits is dropped, and all that comes from now on.
  void GiveUpSink(net::PipePool* pipes);

  std::uint64_t data_frames() const { return scanner_.data_frames(); }
  std::uint64_t bytes() const { return bytes_; }
  // The last data frame, or a part of one; at first, the begin.
  net::Clock::time_point last_data() const { return last_data_; }
  // What was sent ends with a whole frame, so a frame of ours may follow.
  bool between_frames() const { return scanner_.at_frame_boundary(); }
  // The sink takes no bytes any more.
  bool sink_failed() const { return sink_failed_; }
  // Bytes wait for the sink.
  bool blocked() const { return backlog_ != nullptr; }
  // While blocked: when the sink last took a byte, or the way became blocked.
  net::Clock::time_point blocked_since() const { return backlog_->since; }

 private:
  // What waits for the sink: first the pipe's bytes, then `text`.
  struct Backlog {
    std::optional<net::Pipe> pipe;
    std::string text;
    net::Clock::time_point since;
  };

  // Frames of this payload go through a pipe: its calls cost about as much as copying so many bytes.
  static constexpr std::uint64_t kLargeFrame = 32 * 1024;

  static Input Ended(const net::IoResult& result);
  Input TakeOther(std::span<char> scratch, net::PipePool* pipes, net::Clock::time_point now);
  Input Read(std::span<char> scratch, std::size_t limit);
  // What is left of `bytes` after a write that did not take all of them waits.
  void KeepUnsent(std::string_view bytes, const net::IoResult& result, net::PipePool* pipes,
                  net::Clock::time_point now);
  Input Splice(net::PipePool* pipes, net::Clock::time_point now);
  bool WritePipe(net::Pipe* pipe);

  bool may_splice_;
  bool sink_failed_ = false;
  net::StreamSocket* source_;
  net::StreamSocket* sink_;
  websocket::FrameScanner scanner_;
  std::unique_ptr<std::string> held_;
  std::unique_ptr<Backlog> backlog_;
  std::uint64_t bytes_ = 0;
  net::Clock::time_point last_data_;
};

// Handles here only what most reads find, a short message for a sink that takes it, so that it costs no calls but the
// system's.
inline TunnelWay::Input TunnelWay::Take(std::span<char> scratch, net::PipePool* pipes, net::Clock::time_point now) {
  if (held_ || sink_failed_ || scanner_.payload_length() >= kLargeFrame) [[unlikely]]
    return TakeOther(scratch, pipes, now);
  const net::IoResult got = source_->Read(scratch.data(), scratch.size());
  if (!got.done()) [[unlikely]]
    return Ended(got);
  const std::string_view bytes(scratch.data(), got.bytes);
  if (!scanner_.TakeShortMessage(bytes)) return {.kind = Input::Kind::kBytes, .bytes = bytes};
  last_data_ = now;
  bytes_ += bytes.size();
  const net::IoResult sent = sink_->Write(bytes.data(), bytes.size());
  if (sent.bytes != bytes.size()) [[unlikely]]
    KeepUnsent(bytes, sent, pipes, now);
  return {.kind = Input::Kind::kMoved};
}

}  // namespace viaduct::sidecar
