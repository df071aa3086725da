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
// Reads into a scratch that is the worker's, so that a way which waits for nothing owns no memory. While the sink takes
// no bytes, what was read waits here and the source is not read: at most one read's worth. The payload of a large frame
// goes through a kernel pipe and is never copied, unless one side speaks TLS.
//
// What the frames mean, and when a way ends, is the tunnel's to decide. Belongs to the worker's thread.
class TunnelWay {
 public:
  TunnelWay(net::StreamSocket* source, net::StreamSocket* sink, websocket::Sender sender, websocket::Rsv1 rsv1)
      : may_splice_(source->spliceable() && sink->spliceable()), source_(source), sink_(sink), scanner_(sender, rsv1) {}

  // What one look at the source brought.
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

  // Whether the source may be read: it may have bytes, and the sink has taken all before.
  bool ready() const { return source_->readable() && !source_ended && !backlog_; }
  // Reads once. `scratch` takes at least a control frame and a read besides.
  Input Take(std::span<char> scratch, net::PipePool* pipes, net::Clock::time_point now);
  // Keeps the end of what was taken, an incomplete header or control frame, until more comes.
  void Hold(std::string_view rest) { held_ = std::make_unique<std::string>(rest); }

  // Sends bytes that the way's own counts include; those that the sink does not take wait.
  void Send(std::string_view bytes, net::PipePool* pipes, net::Clock::time_point now);
  // The same for bytes that are no part of what is relayed.
  void SendUncounted(std::string_view bytes, net::PipePool* pipes, net::Clock::time_point now);
  // Sends what waits, as far as the sink takes it.
  void Flush(net::PipePool* pipes, net::Clock::time_point now);
  // Sends FIN, once nothing waits. The owner may leave that to the end of a socket that it lets go in this turn.
  enum class FinBy : std::uint8_t { kShutdown, kClose };
  void Fin(FinBy by);
  // What comes from now on is dropped, and what waits.
  void GiveUpSink(net::PipePool* pipes);

  websocket::FrameScanner& scanner() { return scanner_; }
  std::uint64_t data_frames() const { return scanner_.data_frames(); }
  std::uint64_t bytes() const { return bytes_; }
  // Whether a frame of ours may be sent now.
  bool between_frames() const { return scanner_.at_frame_boundary() && !sink_dead && !sink_closed; }
  bool blocked() const { return backlog_ != nullptr; }
  // While blocked: when the sink last took a byte, or the way became blocked.
  net::Clock::time_point blocked_since() const { return backlog_->since; }

  net::Clock::time_point last_data;         // a data frame, or a part of one
  std::optional<std::uint16_t> close_code;  // a Close frame came this way
  bool source_ended = false;                // FIN or an error
  bool source_done = false;                 // that, or a Close frame, or a broken one: what still comes is dropped
  bool sink_dead = false;                   // writing failed: what comes is dropped
  bool dropped = false;                     // something was
  bool sink_closed = false;                 // our last frame went, or FIN: nothing more may be sent
  bool fin_sent = false;

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

  bool may_splice_;  // here, where it takes no room
  net::StreamSocket* source_;
  net::StreamSocket* sink_;
  websocket::FrameScanner scanner_;
  std::unique_ptr<std::string> held_;
  std::unique_ptr<Backlog> backlog_;
  std::uint64_t bytes_ = 0;
};

// Here is only what most reads find, a short message for a sink that takes it: so it takes no calls but the system's.
inline TunnelWay::Input TunnelWay::Take(std::span<char> scratch, net::PipePool* pipes, net::Clock::time_point now) {
  if (held_ || sink_dead || sink_closed || source_done || scanner_.payload_length() >= kLargeFrame) [[unlikely]]
    return TakeOther(scratch, pipes, now);
  const net::IoResult got = source_->Read(scratch.data(), scratch.size());
  if (!got.done()) [[unlikely]]
    return Ended(got);
  const std::string_view bytes(scratch.data(), got.bytes);
  if (!scanner_.TakeShortMessage(bytes)) return {.kind = Input::Kind::kBytes, .bytes = bytes};
  bytes_ += bytes.size();
  const net::IoResult sent = sink_->Write(bytes.data(), bytes.size());
  if (sent.bytes != bytes.size()) [[unlikely]]
    KeepUnsent(bytes, sent, pipes, now);
  return {.kind = Input::Kind::kMoved};
}

}  // namespace viaduct::sidecar
