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

// The protocol that a client of the chat speaks.
enum class Dialect : std::uint8_t {
  kPlain,     // welcome, echo and broadcast only
  kResuming,  // the client gave `since`: positions, message ids and presence as well
};

// The encoding of a session's frames. A value.
struct FrameFormat {
  Dialect dialect = Dialect::kPlain;
  std::uint8_t window_bits = 0;  // window bits for compressed messages; 0: not compressed
  bool operator==(const FrameFormat&) const = default;
};

// The place of one message's frames among those of many messages.
struct FramePart {
  // Offsets in the string of the broadcasts and in that of the echoes. The broadcast is empty if nobody was there to
  // receive it.
  std::size_t broadcast_begin = 0;
  std::size_t broadcast_end = 0;
  std::size_t echo_begin = 0;
  std::size_t echo_end = 0;
  // Payload bytes of the two frames; 0 if there is no broadcast.
  std::size_t broadcast_payload = 0;
  std::size_t echo_payload = 0;
  // Number and payload bytes of the broadcasts before this one.
  std::uint64_t messages_before = 0;
  std::uint64_t payload_before = 0;
};

// The position of one message in its room's history, and its id.
struct NamedPlace {
  std::string position;  // "" while unknown
  std::string id;
};

// The positions of messages in their room's history, and their ids.
struct Places {
  // Given by the hub: "EPOCH-first", "EPOCH-(first + 1)" and so on, which are also the ids.
  std::uint64_t epoch = 0;
  std::uint64_t first = 0;
  // Given by a broker: one for each message.
  std::vector<NamedPlace> named = {};

  // Writes "EPOCH-NUMBER" to `out`, the epoch as 16 hexadecimal digits, and returns a view of it.
  using Buffer = std::array<char, 40>;
  static std::string_view Write(std::uint64_t epoch, std::uint64_t number, Buffer* out);
};

// Messages encoded for resuming clients.
struct PositionedFrames {
  std::string broadcasts;
  std::string echoes;
  std::vector<FramePart> parts;
  std::uint64_t payload_bytes = 0;  // of the broadcasts
};

// Messages for everyone in a room: whole frames, back to back, encoded once and shared by all readers.
//
// Immutable, and so thread-safe, once it is shared.
struct Publication {
  // For clients of the plain protocol.
  std::string frames = {};
  std::uint64_t messages = 0;       // frames in `frames`
  std::uint64_t payload_bytes = 0;  // `frames` without their headers
  // All messages as echoes of the plain protocol, including those that are not in `frames` because no client of that
  // protocol was there to receive them. Histories keep this form, and all others are made from it. Null for a message
  // of an operator: then all clients get `frames`, but resuming ones get `notice` if there is one.
  std::shared_ptr<const std::string> echoes = nullptr;
  std::uint64_t count = 0;  // frames in `echoes`
  std::string notice = {};
  std::uint64_t notice_payload_bytes = 0;
  // Set when the messages are ordered.
  Places places = {};
  // The sender of each message and its part of the plain frames. Only for messages that a broker ordered: the worker
  // that delivers the others received them itself.
  struct Sent {
    Uuid sender;
    FramePart part;
  };
  std::vector<Sent> sent = {};

  // Memory of its strings in bytes, for bounds.
  std::size_t bytes() const {
    return sizeof(Publication) + frames.size() + notice.size() + (echoes == nullptr ? 0 : echoes->size());
  }
  // Position and id of message `i`; views `out` or this object.
  MessagePlace PlaceOf(std::uint64_t i, Places::Buffer* out) const;
  // The messages encoded for resuming clients; made on the first call. Not for a message of an operator.
  const PositionedFrames& Positioned() const;

  // Returns `frames` or Positioned().broadcasts compressed for `format`; `deflater` does it on the first call of any
  // thread.
  const DeflatedFrames& Deflated(FrameFormat format, FrameDeflater* deflater) const;
  // The same; the call above must have been made before.
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

// A message of an operator for everyone: one frame, sent as it is. Resuming clients get the frame `notice` instead, if
// it is not empty.
SharedPublication OperatorPublication(std::string frame, std::uint64_t payload_bytes, std::string notice = {},
                                      std::uint64_t notice_payload_bytes = 0);

// A publication's broadcasts, encoded in one format. Views the publication.
struct Broadcasts {
  const std::string* frames;
  std::uint64_t messages;
  std::uint64_t payload_bytes;               // before compression
  const DeflatedFrames* deflated = nullptr;  // null if not compressed
};
// Compresses with `deflater` if necessary; without one, this format must have been asked for before.
Broadcasts BroadcastsOf(const Publication& publication, FrameFormat format, FrameDeflater* deflater = nullptr);

// The frames of BroadcastsOf, and the echoes, as references that keep the publication alive.
std::shared_ptr<const std::string> FramesOf(const SharedPublication& publication, FrameFormat format);
std::shared_ptr<const std::string> EchoesOf(const SharedPublication& publication, Dialect dialect);

}  // namespace viaduct::origin
