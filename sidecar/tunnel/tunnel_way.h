#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "net/event_loop.h"
#include "net/pipe.h"
#include "net/stream_socket.h"
#include "websocket/frame_header.h"
#include "websocket/frame_scanner.h"

namespace viaduct::sidecar {

// One direction of a tunnel: from a source socket to a sink socket, with the frame boundaries known.
//
// Reads into a scratch buffer that the connections of a thread share, so that an idle way owns no memory. While the
// sink accepts no bytes, unsent bytes wait here, at most one read's worth, and the source is not read. The payload of a
// large frame goes through the worker's pipe; only what the sink does not accept at once is copied, or all of it if one
// side speaks TLS.
//
// The tunnel decides what the frames mean and when a way ends. Belongs to the thread of its sockets.
class TunnelWay {
 public:
  // Owns the source; the sink, which is the source of the other way, must outlive it.
  TunnelWay(std::unique_ptr<net::StreamSocket> source, net::StreamSocket* sink, websocket::Sender sender,
            websocket::Rsv1 rsv1, net::Clock::time_point now)
      : may_splice_(source->spliceable() && sink->spliceable()),
        source_(std::move(source)),
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
      kFailed,   // the source failed, and nothing can be written to it either
    };
    Kind kind = Kind::kNothing;
    std::string_view bytes = {};  // in the scratch
  };

  net::StreamSocket* source() const { return source_.get(); }

  // True if the source may have bytes, and the sink has accepted all earlier ones.
  bool ready() const { return source_->readable() && !backlog_; }
  // Reads once. `scratch` has room for a control frame and a read.
  Input Take(std::span<char> scratch, net::WorkerPipe* pipe, net::Clock::time_point now);
  // The same, but sends nothing to the sink: the result is never kMoved.
  Input TakeUnsent(std::span<char> scratch) { return Read(scratch, scratch.size()); }
  // Calls FrameScanner::Next for the bytes taken; a piece of data updates last_data.
  websocket::FrameScanner::Piece Scan(std::string_view bytes, net::Clock::time_point now);
  // Reads little at a time from now on, or as much as there is room for. For a source whose bytes take long to handle.
  void ReadLittle(bool little) { small_reads_ = little; }
  bool reads_little() const { return small_reads_; }
  // Keeps the end of the bytes taken, an incomplete header or control frame, until more bytes arrive.
  void Hold(std::string_view rest) { held_ = std::make_unique<std::string>(rest); }

  // Sends and counts bytes. Bytes that the sink does not accept wait. After a failed write all are dropped.
  void Send(std::string_view bytes);
  // The same for bytes that are not relayed, so that they do not count.
  void SendUncounted(std::string_view bytes);
  // Sends as many waiting bytes as the sink accepts.
  void Flush();
  // Sends FIN; no bytes may be waiting. With kClose, closing the sink sends it, which the owner does in this turn.
  enum class FinBy : std::uint8_t { kShutdown, kClose };
  void Fin(FinBy by);
  // Acts as after a failed write: drops waiting bytes, and all bytes from now on.
  void GiveUpSink();

  std::uint64_t data_frames() const { return scanner_.data_frames(); }
  // Sets data_frames back to an earlier value: the frames since were not sent.
  void RestoreDataFrames(std::uint64_t earlier) { scanner_.RestoreDataFrames(earlier); }
  std::uint64_t bytes() const { return bytes_; }
  // The time of the last data frame, or a part of one; before the first, the time of construction.
  net::Clock::time_point last_data() const { return last_data_; }
  // True if the bytes sent end with a whole frame, so that a frame of ours may follow.
  bool between_frames() const { return scanner_.at_frame_boundary(); }
  // True if the sink accepts no more bytes.
  bool sink_failed() const { return sink_failed_; }
  // True if bytes wait for the sink.
  bool blocked() const { return backlog_ != nullptr; }
  // The number of waiting bytes.
  std::size_t backlog_bytes() const { return backlog_ ? backlog_->size() : 0; }

 private:
  // The bytes that wait for the sink: `text` behind its first `sent` bytes.
  struct Backlog {
    std::string text;
    std::size_t sent = 0;
    std::size_t size() const { return text.size() - sent; }
  };

  // Frames with at least this payload go through a pipe, whose calls cost about as much as copying that many bytes.
  static constexpr std::uint64_t kLargeFrame = 32 * 1024;

  static Input Ended(const net::IoResult& result);
  Input TakeOther(std::span<char> scratch, net::WorkerPipe* pipe, net::Clock::time_point now);
  Input Read(std::span<char> scratch, std::size_t limit);
  // Keeps the bytes that a write did not accept.
  void KeepUnsent(std::string_view bytes, const net::IoResult& result);
  Input Splice(net::WorkerPipe* pipe, net::Clock::time_point now);
  bool WritePipe(net::Pipe* pipe);

  bool may_splice_;
  bool sink_failed_ = false;
  bool small_reads_ = false;
  std::unique_ptr<net::StreamSocket> source_;
  net::StreamSocket* sink_;
  websocket::FrameScanner scanner_;
  std::unique_ptr<std::string> held_;
  std::unique_ptr<Backlog> backlog_;
  std::uint64_t bytes_ = 0;
  net::Clock::time_point last_data_;
};

// Handles inline only the usual case, a short message that the sink accepts, so that it costs no function calls except
// the system's.
inline TunnelWay::Input TunnelWay::Take(std::span<char> scratch, net::WorkerPipe* pipe, net::Clock::time_point now) {
  if (held_ || sink_failed_ || small_reads_ || scanner_.payload_length() >= kLargeFrame) [[unlikely]]
    return TakeOther(scratch, pipe, now);
  const net::IoResult got = source_->Read(scratch.data(), scratch.size());
  if (!got.done()) [[unlikely]]
    return Ended(got);
  const std::string_view bytes(scratch.data(), got.bytes);
  if (!scanner_.TakeShortMessage(bytes)) return {.kind = Input::Kind::kBytes, .bytes = bytes};
  last_data_ = now;
  bytes_ += bytes.size();
  const net::IoResult sent = sink_->Write(bytes.data(), bytes.size());
  if (sent.bytes != bytes.size()) [[unlikely]]
    KeepUnsent(bytes, sent);
  return {.kind = Input::Kind::kMoved};
}

}  // namespace viaduct::sidecar
