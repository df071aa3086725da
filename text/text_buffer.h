#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

namespace viaduct::text {

// Text that is written in place: whoever adds to it asks for room once, writes through a plain pointer and says where
// it ended. A std::string would check, call and end the text for each piece, which of a log line is most of the cost.
//
// Moved, not copied; what was moved from is empty. Not thread-safe.
class TextBuffer {
 public:
  TextBuffer() = default;
  TextBuffer(TextBuffer&& other) noexcept
      : text_(std::move(other.text_)),
        size_(std::exchange(other.size_, 0)),
        capacity_(std::exchange(other.capacity_, 0)) {}
  TextBuffer& operator=(TextBuffer&& other) noexcept {
    text_ = std::move(other.text_);
    size_ = std::exchange(other.size_, 0);
    capacity_ = std::exchange(other.capacity_, 0);
    return *this;
  }

  // The end of the text, behind which `bytes` may be written. Valid until the next call; any call may move the text.
  char* Room(std::size_t bytes) {
    if (capacity_ - size_ < bytes) [[unlikely]] {
      Grow(bytes);
    }
    return text_.get() + size_;
  }
  // What was written up to `end`, in the room asked for last, belongs to the text.
  void EndAt(const char* end) { size_ = static_cast<std::size_t>(end - text_.get()); }

  void Append(std::string_view text);

  bool empty() const { return size_ == 0; }
  std::size_t capacity() const { return capacity_; }
  // Of a text that is not empty.
  char back() const { return text_[size_ - 1]; }
  // Valid until the text is changed.
  std::string_view view() const { return {text_.get(), size_}; }

  // Keeps the memory.
  void Clear() { size_ = 0; }
  // Gives back memory beyond the text.
  void Shrink();

 private:
  void Grow(std::size_t bytes);
  void Reallocate(std::size_t capacity);

  std::unique_ptr<char[]> text_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace viaduct::text
