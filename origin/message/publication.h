#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "net/mutex.h"
#include "origin/message/chat_frames.h"
#include "origin/message/frame_deflater.h"
#include "origin/message/uuid.h"

namespace viaduct::origin {

// What a client of the chat understands.
enum class Dialect : std::uint8_t {
  kPlain,     // the plain protocol: welcome, echo and broadcast, and nothing else
  kResuming,  // it gave `since`: positions, message ids and presence besides
};

// In what form a session gets broadcasts.
struct FrameFormat {
  Dialect dialect = Dialect::kPlain;
  std::uint8_t window_bits = 0;  // compressed for a window of so many bits; 0: not
  bool operator==(const FrameFormat&) const = default;
};

// One message's frames within those of many.
struct FramePart {
  // Where they begin and end, in the string of the broadcasts and in that of the echoes. The broadcast's are equal if
  // there was no one to hear it.
  std::size_t broadcast_begin = 0;
  std::size_t broadcast_end = 0;
  std::size_t echo_begin = 0;
  std::size_t echo_end = 0;
  // Payloads of the two frames; the broadcast's is 0 if there is none.
  std::size_t broadcast_payload = 0;
  std::size_t echo_payload = 0;
  // Broadcasts of the messages before this one, and their payloads.
  std::uint64_t messages_before = 0;
  std::uint64_t payload_before = 0;
};

// Where one message stands in its room's history, and its id.
struct NamedPlace {
  std::string position;  // "" while unknown
  std::string id;
};

// Where messages stand in their room's history, and their ids.
struct Places {
  // By the hub: "EPOCH-first", "EPOCH-(first + 1)" and so on, which also are the ids.
  std::uint64_t epoch = 0;
  std::uint64_t first = 0;
  // By a broker: one for each message.
  std::vector<NamedPlace> named = {};

  // Writes "EPOCH-NUMBER", the epoch as 16 hexadecimal digits, and views it in `out`.
  using Buffer = std::array<char, 40>;
  static std::string_view Write(std::uint64_t epoch, std::uint64_t number, Buffer* out);
};

// Messages as resuming clients get them.
struct PositionedFrames {
  std::string broadcasts;
  std::string echoes;
  std::vector<FramePart> parts;
  std::uint64_t payload_bytes = 0;  // of the broadcasts
};

// Messages on their way to everyone in a room: whole frames, back to back, encoded once and shared by all readers.
//
// Never changes once it is shared; then thread-safe.
struct Publication {
  // For clients of the plain protocol.
  std::string frames = {};
  std::uint64_t messages = 0;       // frames in `frames`
  std::uint64_t payload_bytes = 0;  // `frames` without their headers
  // All of the messages as echoes of the plain protocol, also those that are not in `frames` since no client of it was
  // there to hear them: the form that histories keep and from which all others are made. Null for what an operator
  // sends: then all clients get `frames`.
  std::shared_ptr<const std::string> echoes = nullptr;
  std::uint64_t count = 0;  // frames in `echoes`
  // Set when they are ordered.
  Places places = {};
  // Who sent each and its part in the plain frames. Only of messages that a broker ordered: others are delivered by
  // the worker that they came from, which knows.
  struct Sent {
    Uuid sender;
    FramePart part;
  };
  std::vector<Sent> sent = {};

  // What its strings take in memory, for bounds.
  std::size_t bytes() const { return sizeof(Publication) + frames.size() + (echoes == nullptr ? 0 : echoes->size()); }
  // Where the message with an index stands; a number's text is written to `out`.
  MessagePlace PlaceOf(std::uint64_t i, Places::Buffer* out) const;
  // The messages as resuming clients get them; made when first asked for. Not for what an operator sends.
  const PositionedFrames& Positioned() const;

  // `frames`, or Positioned, compressed for windows of `window_bits`: by `deflater`, when first asked for by any
  // thread.
  const DeflatedFrames& Deflated(FrameFormat format, FrameDeflater* deflater) const;
  // The same, which must have been asked for.
  const DeflatedFrames& Deflated(FrameFormat format) const;

  Publication() = default;
  Publication(const Publication&) = delete;
  Publication& operator=(const Publication&) = delete;

 private:
  mutable std::once_flag once_;
  mutable PositionedFrames positioned_;

  struct FormattedFrames {
    FrameFormat format;
    DeflatedFrames frames;
  };
  FrameFormat Canonical(FrameFormat format) const;
  const DeflatedFrames* Find(FrameFormat format) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(deflate_mutex_);
  mutable net::Mutex deflate_mutex_;
  mutable std::vector<std::unique_ptr<const FormattedFrames>> deflated_ ABSL_GUARDED_BY(deflate_mutex_);
};

// Whole frames for one client.
struct ClientFrames {
  std::string text = {};
  std::uint64_t messages = 0;
  std::uint64_t payload_bytes = 0;
};

using SharedPublication = std::shared_ptr<const Publication>;

// What an operator sends to everyone: one frame, as it is.
SharedPublication OperatorPublication(std::string frame, std::uint64_t payload_bytes);

// Its broadcasts for clients of one form.
struct Broadcasts {
  const std::string* frames;
  std::uint64_t messages;
  std::uint64_t payload_bytes;               // before it was compressed
  const DeflatedFrames* deflated = nullptr;  // if it is
};
// Compresses with `deflater` if need be; without one, what is asked for must have been compressed before.
Broadcasts BroadcastsOf(const Publication& publication, FrameFormat format, FrameDeflater* deflater = nullptr);

// The frames of BroadcastsOf, and the echoes, keeping the whole alive.
std::shared_ptr<const std::string> FramesOf(const SharedPublication& publication, FrameFormat format);
std::shared_ptr<const std::string> EchoesOf(const SharedPublication& publication, Dialect dialect);

}  // namespace viaduct::origin
