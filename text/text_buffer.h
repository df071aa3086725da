#pragma once

#include <cstddef>
#include <memory>
#include <string_view>
#include <utility>

namespace viaduct::text {

// A text that is written in place: a caller requests room once, writes through a plain pointer and says where it
// stopped. For each piece of a log line, a std::string would check its capacity, call a function and terminate the
// text, which is most of the cost.
//
// Not thread-safe. Can be moved but not copied; a moved-from buffer is empty.
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

  // Returns the end of the text, where `bytes` may be written. Valid until the next call; any call may move the text.
  char* Room(std::size_t bytes) {
    if (capacity_ - size_ < bytes) [[unlikely]] {
      Grow(bytes);
    }
    return text_.get() + size_;
  }
  // Adds the bytes written up to `end`, in the room requested last, to the text.
  void EndAt(const char* end) { size_ = static_cast<std::size_t>(end - text_.get()); }

  void Append(std::string_view text);

  bool empty() const { return size_ == 0; }
  std::size_t capacity() const { return capacity_; }
  // The last character; the text must not be empty.
  char back() const { return text_[size_ - 1]; }
  // Valid until the text is changed.
  std::string_view view() const { return {text_.get(), size_}; }

  // Empties the text and keeps the memory.
  void Clear() { size_ = 0; }
  // Keeps only the first `size` bytes.
  void Cut(std::size_t size) { size_ = size; }
  // Frees the memory beyond the text.
  void Shrink();

 private:
  void Grow(std::size_t bytes);
  void Reallocate(std::size_t capacity);

  std::unique_ptr<char[]> text_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;
};

}  // namespace viaduct::text
