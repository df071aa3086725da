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

// The messages that the clients of one room on one worker sent in one turn, as the frames that everyone is to get.
//
// The broadcasts stand back to back in one string, so that who sent nothing gets it all in one write; the echoes stand
// in another. A sender gets the pieces of the first between its own messages, and there its echoes.
// Not thread-safe.
class MessageBatch {
 public:
  struct Entry {
    ChatSession* sender;
    Uuid id;  // the sender's
    bool binary;
    std::size_t bytes;  // of the message as it came
    FramePart part;     // in the plain frames
  };

  // Whether a client of the plain protocol is there to hear it, other than the sender.
  enum class Audience : std::uint8_t { kSenderOnly, kEveryone };

  // Appends a message. Bytes that are not UTF-8, which only a binary message has, become U+FFFD, as when Node.js turns
  // a buffer into a string.
  void Add(ChatSession* sender, const Uuid& id, bool binary, std::string_view message, Audience audience);

  bool empty() const { return entries_.empty(); }
  // What it holds in memory that the next Take hands out.
  std::size_t bytes() const { return frames_.size() + echoes_.size(); }

  struct Taken {
    std::shared_ptr<Publication> publication;  // not ordered yet
    std::vector<Entry> entries;                // in the order of Add
  };
  // Hands out everything; the batch is empty afterwards.
  Taken Take();
  // Gives the storage of `entries` back for reuse.
  void Recycle(std::vector<Entry> entries);

 private:
  std::string frames_;
  std::uint64_t messages_ = 0;
  std::uint64_t payload_bytes_ = 0;
  std::string echoes_;
  std::vector<Entry> entries_;
  std::string json_;  // scratch
};

}  // namespace viaduct::origin
