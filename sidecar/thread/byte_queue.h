#pragma once

#include <cstddef>
#include <cstring>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

namespace viaduct::sidecar {

// Blocks of one size for one worker, kept for the next user instead of being freed. Not thread-safe.
class BlockPool {
 public:
  explicit BlockPool(std::size_t block_size) : block_size_(block_size) {}

  std::size_t block_size() const { return block_size_; }
  std::unique_ptr<char[]> Take() {
    if (free_.empty()) return std::make_unique_for_overwrite<char[]>(block_size_);
    std::unique_ptr<char[]> block = std::move(free_.back());
    free_.pop_back();
    return block;
  }
  void Give(std::unique_ptr<char[]> block) {
    if (free_.size() < kMaxKept) free_.push_back(std::move(block));
  }

 private:
  static constexpr std::size_t kMaxKept = 64;

  std::size_t block_size_;
  std::vector<std::unique_ptr<char[]>> free_;
};

// A queue of bytes that holds at most one block of a pool, and none while it is empty, so that an idle connection uses
// no memory. A settled queue holds only the memory of its bytes. Not thread-safe; must die before its pool.
class ByteQueue {
 public:
  explicit ByteQueue(BlockPool* pool) : pool_(pool) {}
  ~ByteQueue() { Clear(); }
  ByteQueue(const ByteQueue&) = delete;
  ByteQueue& operator=(const ByteQueue&) = delete;

  bool empty() const { return begin_ == end_; }
  std::size_t size() const { return end_ - begin_; }
  // Returns the queued bytes; valid until the next non-const call.
  std::string_view view() const { return {block_.get() + begin_, size()}; }
  // The number of bytes that may be appended.
  std::size_t room() const { return pool_->block_size() - size(); }

  // Returns room for `*size` bytes, at least one, behind the queued bytes; nullptr if the queue is full. Commit says
  // how many were written there.
  char* Prepare(std::size_t* size) {
    if (!block_ || settled_) TakeBlock();
    if (begin_ > 0) {
      std::memmove(block_.get(), block_.get() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    *size = pool_->block_size() - end_;
    return *size > 0 ? block_.get() + end_ : nullptr;
  }
  void Commit(std::size_t size) {
    end_ += size;
    if (empty()) Clear();
  }
  // Appends `bytes`, which must fit into room().
  void Append(std::string_view bytes) {
    if (bytes.empty()) return;
    std::size_t room;
    std::memcpy(Prepare(&room), bytes.data(), bytes.size());
    end_ += bytes.size();
  }
  void Consume(std::size_t size) {
    begin_ += size;
    if (empty()) Clear();
  }
  void Clear() {
    begin_ = end_ = 0;
    if (block_ && !settled_) pool_->Give(std::move(block_));
    block_.reset();
    settled_ = false;
  }
  // Gives the block back if few bytes wait, and keeps them in memory of their size.
  void Settle() {
    if (settled_ || empty() || size() > pool_->block_size() / 2) return;
    auto kept = std::make_unique_for_overwrite<char[]>(size());
    Replace(std::move(kept), /*settled=*/true);
  }

 private:
  void TakeBlock() { Replace(pool_->Take(), /*settled=*/false); }
  // Moves the bytes to other memory.
  void Replace(std::unique_ptr<char[]> memory, bool settled) {
    const std::size_t bytes = size();
    if (bytes > 0) std::memcpy(memory.get(), block_.get() + begin_, bytes);
    std::swap(block_, memory);
    if (memory && !settled_) pool_->Give(std::move(memory));
    settled_ = settled;
    begin_ = 0;
    end_ = bytes;
  }

  BlockPool* pool_;
  std::unique_ptr<char[]> block_;
  bool settled_ = false;  // block_ is not of the pool
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
};

}  // namespace viaduct::sidecar
