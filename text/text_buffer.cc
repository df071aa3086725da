#include "text/text_buffer.h"

#include <algorithm>
#include <cstring>

namespace viaduct::text {

void TextBuffer::Append(std::string_view text) {
  char* const at = Room(text.size());
  // An empty view may have a null address, which memcpy does not allow.
  if (!text.empty()) std::memcpy(at, text.data(), text.size());
  size_ += text.size();
}

void TextBuffer::Shrink() {
  if (size_ < capacity_) Reallocate(size_);
}

void TextBuffer::Grow(std::size_t bytes) { Reallocate(std::max(size_ + bytes, 2 * capacity_)); }

void TextBuffer::Reallocate(std::size_t capacity) {
  auto text = capacity > 0 ? std::make_unique_for_overwrite<char[]>(capacity) : nullptr;
  std::copy_n(text_.get(), size_, text.get());
  text_ = std::move(text);
  capacity_ = capacity;
}

}  // namespace viaduct::text
