#pragma once

#include <sys/uio.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace viaduct::origin {

// A queue of data for one reader: pieces of shared strings, in order, bounded in bytes. A broadcast is encoded once,
// and each reader's queue refers to it. An empty queue owns no memory. Not thread-safe; the strings are shared between
// threads and never change.
class OutboundQueue {
 public:
  enum class Pushed : std::uint8_t { kAccepted, kSlow };

  // At most 4 GiB.
  explicit OutboundQueue(std::size_t max_bytes)
      : max_bytes_(static_cast<std::uint32_t>(std::min<std::size_t>(max_bytes, ~std::uint32_t{0}))) {}

  // Appends `size` bytes of `*text` from `offset`: one or more whole frames. Returns kSlow, and appends nothing, if
  // that
  // would exceed `max_bytes`; but an empty queue takes anything, so that a reader that keeps up is never slow because
  // of
  // the size of one message.
  Pushed Push(std::shared_ptr<const std::string> text, std::size_t offset, std::size_t size);
  // Appends whole frames regardless of the bound; the caller must ensure that few such bytes wait.
  void PushAlways(std::string frames);

  bool empty() const { return bytes_ == 0; }
  std::size_t bytes() const { return bytes_; }
  std::size_t max_bytes() const { return max_bytes_; }

  // Points `parts` at the bytes at the front, as many as fit, and returns how many parts are used. Valid until the next
  // change.
  int Gather(std::span<iovec> parts) const;
  // Removes `size` bytes, at most bytes(), that were sent from the front.
  void Sent(std::size_t size);

  // Drops all frames except one whose first bytes have been sent, so that a Close frame may follow. Returns false, and
  // drops nothing, if the bytes being sent are no frame (but the answer to the handshake).
  bool KeepOnlyBegunFrame();
  void Clear();

 private:
  struct Piece {
    std::shared_ptr<const std::string> text;
    std::size_t offset;  // where the unsent bytes begin
    std::size_t size;    // how many they are
    std::size_t begin;   // where the piece began: at the start of a frame
  };

  void Append(std::shared_ptr<const std::string> text, std::size_t offset, std::size_t size);

  // There may be many idle sessions, so these two share a word. A piece has at least one byte, or is one of few.
  std::uint32_t max_bytes_;
  std::uint32_t front_ = 0;  // of `pieces_`; those before it are sent
  std::size_t bytes_ = 0;
  std::vector<Piece> pieces_;
};

}  // namespace viaduct::origin
