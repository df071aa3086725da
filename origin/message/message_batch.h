#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "origin/message/publication.h"
#include "origin/message/uuid.h"

namespace viaduct::origin {

class ChatSession;

// The messages that clients of one room on one worker sent in one turn, encoded as the frames that everyone gets.
// The broadcasts lie back to back in one string, so that a client that sent nothing gets all of them in one write; the
// echoes lie in another. A sender gets the broadcasts between its own messages, and its echoes in their places.
// Not thread-safe.
class MessageBatch {
 public:
  struct Entry {
    ChatSession* sender;
    Uuid id;  // of the sender
    bool binary;
    std::size_t bytes;  // of the message as received
    FramePart part;     // in the plain frames
  };

  // The receivers of a message in the plain protocol; kSenderOnly if no other client speaks it.
  enum class Audience : std::uint8_t { kSenderOnly, kEveryone };

  // Appends a message. Invalid UTF-8, which only a binary message can have, becomes U+FFFD, as in Node.js when a buffer
  // is turned into a string. `name` is the sender's, or "".
  void Add(ChatSession* sender, const Uuid& id, bool binary, std::string_view message, Audience audience,
           std::string_view name = "");

  bool empty() const { return entries_.empty(); }
  // Memory of the frames that the next Take returns, in bytes.
  std::size_t bytes() const { return frames_.size() + echoes_.size(); }

  struct Taken {
    std::shared_ptr<Publication> publication;  // not ordered yet
    std::vector<Entry> entries;                // in the order of Add
  };
  // Returns everything and leaves the batch empty.
  Taken Take();
  // Returns the storage of `entries` for reuse.
  void Recycle(std::vector<Entry> entries);

 private:
  std::string frames_;
  std::uint64_t messages_ = 0;
  std::uint64_t payload_bytes_ = 0;
  std::string echoes_;
  std::vector<Entry> entries_;
  std::string json_;       // scratch
  std::string name_json_;  // scratch
};

}  // namespace viaduct::origin
